// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// Answers inquiries about the node by reading it: /proc, statvfs(3), the CNI directories. It writes nothing
/// and runs nothing.
///
/// Each answer blocks its caller, a socket's holders for about ``Limits/time`` at most; a statvfs(3) on a
/// dead network file system can block longer. Safe to share between threads.
public struct NodeInspector: Sendable {
    /// Bounds of one answer.
    public struct Limits: Hashable, Sendable {
        /// Processes that are looked at.
        public var processes: Int
        /// Descriptors that are looked at, over all processes.
        public var descriptors: Int
        /// Holders that are told.
        public var holders: Int
        /// How long descriptors are looked through.
        public var time: Duration
        /// The process whose mount namespace is the node's.
        public var host: Int32

        /// Makes bounds; the defaults are out of reach for a node with 250 pods (`kernel.pid_max` is often
        /// 32,768).
        public init(
            processes: Int = 32_768, descriptors: Int = 262_144, holders: Int = 16,
            time: Duration = .seconds(1), host: Int32 = 1
        ) {
            self.processes = processes
            self.descriptors = descriptors
            self.holders = holders
            self.time = time
            self.host = host
        }
    }

    /// Where CNI plugins are installed: upstream, Debian, Fedora, k3s. A runtime with another `bin_dir` needs
    /// it here.
    public static let cniPluginDirectories = [
        "/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni", "/var/lib/rancher/k3s/data/cni",
        "/var/lib/rancher/k3s/data/current/bin",
    ]

    /// Where binaries are looked for: systemd's own default (systemd.exec(5), "PATH"), and Flatcar's.
    public static let binaryDirectories = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/opt/bin",
    ]

    private let files: Files
    private let limits: Limits
    private let pluginDirectories: [String]

    /// Makes an inspector of the node below `root`, which tests replace.
    public init(
        root: String = "/", limits: Limits = Limits(),
        cniPluginDirectories: [String] = NodeInspector.cniPluginDirectories
    ) {
        files = Files(root: root)
        self.limits = limits
        pluginDirectories = cniPluginDirectories
    }

    /// The answer, or nil for what the node cannot tell: a probe, a unit, an address that is none.
    public func answer(_ inquiry: Inquiry) -> NodeReport? {
        switch inquiry {
        case .probe, .unit: nil
        case .tcpListener(let address): tcpListener(address)
        case .unixListener(let path):
            .unixListener(path: path, holders: holders(SocketTable(files: files).listeners(onPath: path)))
        case .process(let pid): .process(pid: pid, identity: processes.identity(pid))
        case .fileSystems(let paths): .fileSystems(paths.prefix(64).compactMap(usage))
        case .resources(let paths, let units):
            .resources(ResourceTable(files: files).read(paths.prefix(32), units: units.prefix(16)))
        case .cni(let directory):
            .cni(CNIDirectory(files: files, pluginDirectories: pluginDirectories).read(directory))
        case .binary(let name): .binary(name: name, path: binary(name))
        case .binaries(let unit, let pid, let execStart):
            .binaries(
                BinaryTable(files: files, processes: processes).report(
                    unit: unit, pid: pid, execStart: execStart))
        case .containerProcesses:
            .containerProcesses(ContainerTable(files: files, processes: processes).scan())
        case .runtimeConfiguration:
            CRIOConfigurationFiles(files: files).read().map { .runtimeConfiguration($0) }
        case .tcpListeners: .tcpListeners(tcpListeners)
        case .changes(let known): ChangeReader(files: files).read(known: known).map { .changes($0) }
        case .scopes, .ociRuntimes, .containerLog, .previousShutdown, .kubelet: nil
        }
    }

    private var processes: ProcessTable { ProcessTable(files: files, limits: limits) }

    private func holders(_ inodes: Set<UInt64>) -> [ProcessIdentity] { processes.holders(ofSockets: inodes) }

    private func tcpListener(_ address: String) -> NodeReport? {
        guard let parsed = SocketAddress(address) else { return nil }
        return .tcpListener(
            address: address, holders: holders(SocketTable(files: files).listeners(on: parsed)))
    }

    private var tcpListeners: [TCPListener] {
        let listening = SocketTable(files: files).listening()
        let holders = processes.holders(bySocket: Set(listening.map(\.inode)))
        return listening.prefix(512).map {
            TCPListener(address: $0.address, holders: holders[$0.inode] ?? [])
        }
    }

    /// Of the path, or of the nearest directory above it that exists: there it would be made.
    private func usage(_ path: String) -> FileSystemUsage? {
        guard path.hasPrefix("/") else { return nil }
        var components = path.split(separator: "/")
        while true {
            let existing = "/" + components.joined(separator: "/")
            if let usage = try? files.usage(existing, as: path) { return usage }
            guard components.popLast() != nil else { return nil }
        }
    }

    private func binary(_ name: String) -> String? {
        if name.hasPrefix("/") { return files.isExecutable(name) ? name : nil }
        guard !name.isEmpty, !name.contains("/") else { return nil }
        return Self.binaryDirectories.map { "\($0)/\(name)" }.first(where: files.isExecutable)
    }
}
