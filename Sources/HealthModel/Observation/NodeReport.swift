// SPDX-License-Identifier: Apache-2.0

/// A process, as far as /proc shows it to anybody: its argv, where people put secrets, is left out.
public struct ProcessIdentity: Hashable, Codable, Sendable {
    /// Process id.
    public var pid: Int32
    /// `comm`.
    public var name: String
    /// State letter of /proc/PID/stat (`R`, `S`, `D`, `T`, `Z`); nil when unknown.
    public var state: String?
    /// The systemd unit by its cgroup; nil when unknown.
    public var unit: String?
    /// The container it belongs to by its cgroup (64 hex digits); nil when none.
    public var containerID: String?

    /// Makes an identity.
    public init(
        pid: Int32, name: String, state: String? = nil, unit: String? = nil,
        containerID: String? = nil
    ) {
        self.pid = pid
        self.name = name
        self.state = state
        self.unit = unit
        self.containerID = containerID
    }

    /// `socat (pid 216, porthog.service)`.
    public var label: String {
        "\(name) (pid \(pid)" + (unit.map { ", \($0)" } ?? "") + ")"
    }
}

/// What the node itself shows; each case answers the ``Inquiry`` of the same name.
public enum NodeReport: Hashable, Codable, Sendable {
    /// Who listens on this TCP address (`127.0.0.1:1338`, `[::]:10010`); empty: nobody that we can see.
    case tcpListener(address: String, holders: [ProcessIdentity])
    /// Who listens on this unix socket path; empty: nobody that we can see.
    case unixListener(path: String, holders: [ProcessIdentity])
    /// One process; nil: it is gone.
    case process(pid: Int32, identity: ProcessIdentity?)
    /// Space of the file systems under these paths.
    case fileSystems([FileSystemUsage])
    /// What the node itself has left.
    case resources(NodeResources)
    /// The CNI configuration directory.
    case cni(CNIConfiguration)
    /// Whether this binary can be found.
    case binary(name: String, path: String?)
    /// The containers whose processes are alive.
    case containerProcesses(ContainerScan)
    /// The scopes of containers, as systemd holds them.
    case scopes([ScopeState])
    /// Versions of OCI runtimes.
    case ociRuntimes([OCIRuntimeVersion])
    /// CRI-O's configuration of OCI runtimes.
    case runtimeConfiguration(RuntimeConfiguration)
    /// Everything that listens on TCP in the node's own network.
    case tcpListeners([TCPListener])
    /// The end of a container's log.
    case containerLog(ContainerLog)
    /// How the boot before this one ended.
    case previousShutdown(PreviousShutdown)
    /// Which binary a unit runs, and which it would run next.
    case binaries(RuntimeBinaries)
    /// The kubelet that runs; nil: none does.
    case kubelet(KubeletProcess?)
    /// What package managers, files and the kernel tell of changes.
    case changes(ChangeReport)
}

/// statvfs(3) of one path.
public struct FileSystemUsage: Hashable, Codable, Sendable {
    /// The path that was asked about.
    public var path: String
    /// Size of the file system, in bytes.
    public var totalBytes: UInt64
    /// Free for unprivileged writers, in bytes.
    public var availableBytes: UInt64
    /// Free inodes; nil where the file system has no fixed number of them.
    public var availableInodes: UInt64?

    /// Makes a usage.
    public init(path: String, totalBytes: UInt64, availableBytes: UInt64, availableInodes: UInt64? = nil) {
        self.path = path
        self.totalBytes = totalBytes
        self.availableBytes = availableBytes
        self.availableInodes = availableInodes
    }
}

/// What a CNI configuration directory holds.
public struct CNIConfiguration: Hashable, Codable, Sendable {
    /// One file that a runtime would read (`.conf`, `.conflist`, `.json`).
    public struct File: Hashable, Codable, Sendable {
        /// Its name in the directory.
        public var name: String
        /// Modification time.
        public var modifiedAt: WallTime
        /// What is wrong with it; nil: it is JSON and names its plugins.
        public var problem: String?
        /// `type` of each plugin.
        public var plugins: [String]

        /// Makes a file.
        public init(name: String, modifiedAt: WallTime, problem: String?, plugins: [String]) {
            self.name = name
            self.modifiedAt = modifiedAt
            self.problem = problem
            self.plugins = plugins
        }
    }

    /// The directory.
    public var directory: String
    /// errno of opening it (ENOENT: it is not there); nil when it was read.
    public var errno: Int32?
    /// The files, in the order in which runtimes read them (by name).
    public var files: [File]
    /// Plugins that are named and not found in the plugin directories.
    public var missingPlugins: [String]

    /// Makes a configuration.
    public init(directory: String, errno: Int32? = nil, files: [File], missingPlugins: [String]) {
        self.directory = directory
        self.errno = errno
        self.files = files
        self.missingPlugins = missingPlugins
    }
}
