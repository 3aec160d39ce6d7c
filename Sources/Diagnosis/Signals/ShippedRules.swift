// SPDX-License-Identifier: Apache-2.0

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
            ("creates.toml", PackageResources.creates_toml),
            ("pulls.toml", PackageResources.pulls_toml),
            ("class-workload.toml", PackageResources.class_workload_toml),
            ("class-node.toml", PackageResources.class_node_toml),
            ("class-storage.toml", PackageResources.class_storage_toml),
            ("class-creates.toml", PackageResources.class_creates_toml),
            ("class-pulls.toml", PackageResources.class_pulls_toml),
            ("runtime.toml", PackageResources.runtime_toml),
            ("cni.toml", PackageResources.cni_toml),
            ("kubelet.toml", PackageResources.kubelet_toml),
            ("distributions.toml", PackageResources.distributions_toml),
            ("kernel.toml", PackageResources.kernel_toml),
            ("node.toml", PackageResources.node_toml),
            ("stop.toml", PackageResources.stop_toml),
            ("network.toml", PackageResources.network_toml),
            ("class-network.toml", PackageResources.class_network_toml),
            ("class-stuck.toml", PackageResources.class_stuck_toml),
            ("other.toml", PackageResources.other_toml),
            ("runtime-start.toml", PackageResources.runtime_start_toml),
            ("kubelet-start.toml", PackageResources.kubelet_start_toml),
            ("class-runtime-start.toml", PackageResources.class_runtime_start_toml),
            ("class-kubelet.toml", PackageResources.class_kubelet_toml),
        ]
    }
}
