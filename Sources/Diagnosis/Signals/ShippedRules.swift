/// The rule files of `Rules/`, embedded by the package's `embedInCode`.
enum ShippedRules {
    static var documents: [RuleDocument] {
        files.map { RuleDocument(name: $0.name, text: String(decoding: $0.bytes, as: UTF8.self)) }
    }

    /// What says more about a line comes first: its signals do, too.
    private static var files: [(name: String, bytes: [UInt8])] {
        [
            ("systemd.toml", PackageResources.systemd_toml),
            ("containerd.toml", PackageResources.containerd_toml),
            ("cri-o.toml", PackageResources.cri_o_toml),
            ("conmon.toml", PackageResources.conmon_toml),
            ("runtime.toml", PackageResources.runtime_toml),
            ("cni.toml", PackageResources.cni_toml),
            ("kubelet.toml", PackageResources.kubelet_toml),
            ("distributions.toml", PackageResources.distributions_toml),
            ("kernel.toml", PackageResources.kernel_toml),
            ("other.toml", PackageResources.other_toml),
        ]
    }
}
