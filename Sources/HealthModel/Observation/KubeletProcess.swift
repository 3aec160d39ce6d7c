// SPDX-License-Identifier: Apache-2.0

/// The kubelet that runs on this node, whichever program it is part of, and what it was told.
public struct KubeletProcess: Hashable, Codable, Sendable {
    /// What one setting is, and who says so.
    public struct Setting: Hashable, Codable, Sendable {
        /// As it is written; at most 512 bytes.
        public var value: String
        /// The file that sets it, or the flag (`--cgroup-driver`).
        public var origin: String

        /// Makes a setting.
        public init(value: String, origin: String) {
            self.value = value
            self.origin = origin
        }
    }

    /// The fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1) that are kept, with the flag that sets each, and
    /// what only a flag sets.
    public enum Key: String, Hashable, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
        /// `--container-runtime-endpoint`: the CRI socket.
        case containerRuntimeEndpoint
        /// `--cgroup-driver`: `cgroupfs` or `systemd`.
        case cgroupDriver
        /// `--cgroup-root`.
        case cgroupRoot
        /// `--fail-swap-on`: refuse to start with swap.
        case failSwapOn
        /// `--cpu-manager-policy`.
        case cpuManagerPolicy
        /// `--static-pod-path` (`--pod-manifest-path`).
        case staticPodPath
        /// Where container logs are written.
        case podLogsDir
        /// `--root-dir`: where the kubelet keeps pods' volumes; a flag only.
        case rootDirectory
        /// `--kubeconfig`: how it reaches the API server; a flag only.
        case kubeconfig
        /// `--pod-infra-container-image`: the sandbox image that its garbage collection spares, or dockershim's own; a
        /// flag only.
        case podInfraContainerImage
    }

    /// Process id.
    public var pid: Int32
    /// Its program by its name: `kubelet`, `k3s-server`, `kubelite`, …
    public var program: String
    /// The unit that it runs in: its own, or of the program that embeds it; nil when it is in none.
    public var unit: String?
    /// The container that it runs in, as RKE1's does; nil: none.
    public var containerID: String?
    /// `--config`; nil: none.
    public var configFile: String?
    /// What it was told: flags win over drop-ins, they over the file (kubernetes.io, "Set Kubelet Parameters Via A
    /// Configuration File").
    public var settings: [Key: Setting]
    /// Names of the flags that it was started with, without dashes and values, sorted; nil: they are not known.
    public var flags: [String]?

    /// Most ``flags`` that are kept.
    public static let flagLimit = 128

    /// Makes a kubelet.
    public init(
        pid: Int32, program: String, unit: String?, containerID: String? = nil, configFile: String? = nil,
        settings: [Key: Setting] = [:], flags: [String]? = nil
    ) {
        self.pid = pid
        self.program = program
        self.unit = unit
        self.containerID = containerID
        self.configFile = configFile
        self.settings = settings
        self.flags = flags
    }

    /// The value of a setting; nil: nothing that was read sets it, and the kubelet's own default holds.
    public func value(_ key: Key) -> String? { settings[key]?.value }
}
