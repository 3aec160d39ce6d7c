// SPDX-License-Identifier: Apache-2.0

/// Where one runtime keeps and finds its things, by its own word.
public struct RuntimePlaces: Hashable, Codable, Sendable {
    /// One OCI runtime that pods can be given to.
    public struct Handler: Hashable, Codable, Sendable {
        /// Its name: what a RuntimeClass calls it.
        public var name: String
        /// Its shim (`io.containerd.runc.v2`); nil where it has none (CRI-O).
        public var type: String?
        /// Its binary (`BinaryName`, `runtime_path`); nil: found on PATH by its usual name.
        public var path: String?
        /// Where it keeps its containers' state; nil: at its default.
        public var root: String?
        /// Whether systemd makes its control groups (`SystemdCgroup`); nil where nobody says so.
        public var usesSystemd: Bool?

        /// Makes a handler.
        public init(
            name: String, type: String? = nil, path: String? = nil, root: String? = nil,
            usesSystemd: Bool? = nil
        ) {
            self.name = name
            self.type = type
            self.path = path
            self.root = root
            self.usesSystemd = usesSystemd
        }
    }

    /// What must outlive a reboot: images, snapshots, metadata.
    public var root: String?
    /// What must not: sockets and processes of the containers that run.
    public var state: String?
    /// Where CNI configurations are read from.
    public var cniConfDir: String?
    /// Where CNI plugins are looked for.
    public var cniBinDirs: [String]
    /// The image of a sandbox's first container (pause).
    public var sandboxImage: String?
    /// `overlayfs`, `native`, …
    public var snapshotter: String?
    /// The handlers, by name.
    public var handlers: [Handler]
    /// The handler of pods without a RuntimeClass.
    public var defaultHandler: String?
    /// Who makes control groups, where one setting says so for all handlers: `systemd` or `cgroupfs`.
    public var cgroupManager: String?

    /// Most handlers that are kept.
    public static let handlerLimit = 32

    /// Makes places.
    public init(
        root: String? = nil, state: String? = nil, cniConfDir: String? = nil, cniBinDirs: [String] = [],
        sandboxImage: String? = nil, snapshotter: String? = nil, handlers: [Handler] = [],
        defaultHandler: String? = nil, cgroupManager: String? = nil
    ) {
        self.root = root
        self.state = state
        self.cniConfDir = cniConfDir
        self.cniBinDirs = cniBinDirs
        self.sandboxImage = sandboxImage
        self.snapshotter = snapshotter
        self.handlers = handlers
        self.defaultHandler = defaultHandler
        self.cgroupManager = cgroupManager
    }

    /// The cgroup driver of pods without a RuntimeClass, as the kubelet names it; nil: nobody says so.
    public var cgroupDriver: String? {
        if let cgroupManager { return cgroupManager }
        let handler = handlers.first { $0.name == defaultHandler }
        return handler?.usesSystemd.map { $0 ? "systemd" : "cgroupfs" }
    }

    /// Where it writes.
    public var directories: [String] { [root, state].compactMap(\.self) }
}

extension Endpoint {
    /// Where a runtime writes by its distribution's defaults, for one that has not said so itself.
    public var usualDirectories: [String] {
        switch runtime {
        case .crio: ["/var/lib/containers/storage", "/run/containers/storage"]
        case .criDockerd: ["/var/lib/docker", "/run/docker"]
        case .containerd, .other: usualContainerdDirectories
        }
    }

    /// Where a runtime reads CNI configurations by its distribution's defaults.
    public var usualCNIDirectory: String {
        switch (socketPath, unit?.hasPrefix("rke2")) {
        // rke2 has the usual one; its template says so.
        case ("/run/k3s/containerd/containerd.sock", true): "/etc/cni/net.d"
        case ("/run/k3s/containerd/containerd.sock", _): "/var/lib/rancher/k3s/agent/etc/cni/net.d"
        case ("/var/snap/microk8s/common/run/containerd.sock", _):
            "/var/snap/microk8s/current/args/cni-network"
        default: "/etc/cni/net.d"
        }
    }

    private var usualContainerdDirectories: [String] {
        switch socketPath {
        case "/run/k3s/containerd/containerd.sock":
            let product = unit?.hasPrefix("rke2") == true ? "rke2" : "k3s"
            return ["/var/lib/rancher/\(product)/agent/containerd", "/run/k3s/containerd"]
        case "/var/snap/microk8s/common/run/containerd.sock":
            return [
                "/var/snap/microk8s/common/var/lib/containerd", "/var/snap/microk8s/common/run/containerd",
            ]
        case "/run/k0s/containerd.sock": return ["/var/lib/k0s/containerd", "/run/k0s/containerd"]
        default: return ["/var/lib/containerd", "/run/containerd"]
        }
    }
}
