// SPDX-License-Identifier: Apache-2.0

/// Versions of what runs on the node beside its CRI runtimes, as each names itself; nil: nobody has told it.
public struct NodeVersions: Hashable, Codable, Sendable {
    /// A program and its version.
    public struct Named: Hashable, Codable, Sendable {
        /// `runc`, `crun`.
        public var name: String
        /// As it names itself.
        public var version: String

        /// Makes one.
        public init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    /// The OCI runtimes of what runs, each once.
    public var ociRuntimes: [Named]
    /// Of the kubelet, from its last start on this boot.
    public var kubelet: String?
    /// Of cri-tools.
    public var crictl: String?
    /// Of the libsystemd that this process has loaded: the library's own number (`0.35.0`), not systemd's.
    public var libsystemd: String?

    /// Makes a set; by default nothing is known.
    public init(
        ociRuntimes: [Named] = [], kubelet: String? = nil, crictl: String? = nil, libsystemd: String? = nil
    ) {
        self.ociRuntimes = ociRuntimes
        self.kubelet = kubelet
        self.crictl = crictl
        self.libsystemd = libsystemd
    }
}
