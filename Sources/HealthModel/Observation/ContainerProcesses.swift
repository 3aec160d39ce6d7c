// SPDX-License-Identifier: Apache-2.0

/// The processes of one container that are alive on the node, whatever its runtime says of it.
public struct ContainerProcesses: Hashable, Codable, Sendable {
    /// Whose container it is, by the names of its cgroup or monitor.
    public enum Manager: String, Hashable, Codable, Sendable {
        /// CRI-O: `crio-ID.scope`, `crio-conmon-ID.scope`, a conmon with CRI-O's exit directory.
        case crio
        /// containerd's CRI plugin: `cri-containerd-ID.scope`, a shim of the namespace `k8s.io`.
        case containerd
        /// A pod's cgroup with a bare id: the cgroupfs driver of either.
        case kubepods
    }

    /// 64 hex digits; for a shim and an infra container the sandbox' id.
    public var id: String
    /// Whose it is.
    public var manager: Manager
    /// Its conmon or shim; nil when none was seen.
    public var monitor: Monitor?
    /// Processes in its cgroup, lowest pid first, at most ``pidLimit``.
    public var pids: [Int32]
    /// `comm` of the first of ``pids``; empty without one.
    public var command: String
    /// Start of the oldest of its processes, as far as that could be read.
    public var startedAt: WallTime?

    /// Most pids that are told of one container.
    public static let pidLimit = 32

    /// Makes a group.
    public init(
        id: String, manager: Manager, monitor: Monitor? = nil, pids: [Int32] = [], command: String = "",
        startedAt: WallTime? = nil
    ) {
        self.id = id
        self.manager = manager
        self.monitor = monitor
        self.pids = pids
        self.command = command
        self.startedAt = startedAt
    }
}

/// The process that looks after a container: conmon (CRI-O) or a shim (containerd).
public struct Monitor: Hashable, Codable, Sendable {
    /// Process id.
    public var pid: Int32
    /// `comm`: `conmon`, `containerd-shim`.
    public var name: String
    /// The OCI runtime that made the container (conmon's `-r`); nil when the argv does not say.
    public var runtimePath: String?
    /// Where that runtime keeps the container's state (`--root`); nil when the argv does not say.
    public var runtimeRoot: String?
    /// The pod's container by its CRI name (conmon's `-n k8s_…`); nil when the argv does not say.
    public var pod: PodContainerName?

    /// Makes a monitor.
    public init(
        pid: Int32, name: String, runtimePath: String? = nil, runtimeRoot: String? = nil,
        pod: PodContainerName? = nil
    ) {
        self.pid = pid
        self.name = name
        self.runtimePath = runtimePath
        self.runtimeRoot = runtimeRoot
        self.pod = pod
    }
}

/// `k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT`, the name that CRI-O and cri-dockerd give a container
/// (cri-o `internal/factory/container/container.go`, v1.30.6). None of the parts can hold an underscore.
public struct PodContainerName: Hashable, Codable, Sendable {
    /// Name in the pod.
    public var container: String
    /// Pod name.
    public var pod: String
    /// Pod namespace.
    public var namespace: String
    /// Pod UID.
    public var uid: String

    /// Makes a name.
    public init(container: String, pod: String, namespace: String, uid: String) {
        self.container = container
        self.pod = pod
        self.namespace = namespace
        self.uid = uid
    }

    /// Reads the joined form; nil for anything else.
    public init?(joined text: some StringProtocol) {
        let parts = text.split(separator: "_", maxSplits: 8, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "k8s", !parts[1].isEmpty, !parts[2].isEmpty,
            text.utf8.count <= 1024
        else { return nil }
        self.init(
            container: String(parts[1]), pod: String(parts[2]), namespace: String(parts[3]),
            uid: String(parts[4]))
    }

    /// `namespace/pod/container`.
    public var label: String { "\(namespace)/\(pod)/\(container)" }
}

/// One look through all processes for those of containers.
public struct ContainerScan: Hashable, Codable, Sendable {
    /// What lives, by id.
    public var containers: [ContainerProcesses]
    /// Whether every process was looked at: only then does absence mean anything.
    public var complete: Bool

    /// Most containers that one look tells.
    public static let limit = 1024

    /// Makes a scan.
    public init(containers: [ContainerProcesses], complete: Bool) {
        self.containers = containers
        self.complete = complete
    }
}

/// What systemd holds of one container's scope (systemd.scope(5), org.freedesktop.systemd1(5)).
public struct ScopeState: Hashable, Codable, Sendable {
    /// `crio-ID.scope`.
    public var name: String
    /// `libcontainer container ID` (runc) or `libcrun container` (crun).
    public var description: String
    /// `DefaultDependencies`; nil when it was not read.
    public var defaultDependencies: Bool?
    /// Whether `Conflicts` or `Before` name `shutdown.target`; nil when they were not read.
    public var ordersShutdown: Bool?

    /// Makes a state.
    public init(
        name: String, description: String, defaultDependencies: Bool? = nil, ordersShutdown: Bool? = nil
    ) {
        self.name = name
        self.description = description
        self.defaultDependencies = defaultDependencies
        self.ordersShutdown = ordersShutdown
    }

    /// The container, if the name is that of a container's own scope.
    public var containerID: String? { Self.containerID(ofScope: name) }

    /// The id in `crio-ID.scope`; nil for any other unit, conmon's scope too.
    public static func containerID(ofScope unit: String) -> String? { id(in: unit, after: "crio-") }

    /// The id in `crio-conmon-ID.scope`, where the container's monitor runs; nil for any other unit.
    public static func containerID(ofMonitorScope unit: String) -> String? {
        id(in: unit, after: "crio-conmon-")
    }

    private static func id(in unit: String, after prefix: String) -> String? {
        guard unit.hasPrefix(prefix), unit.hasSuffix(".scope") else { return nil }
        let id = unit.dropFirst(prefix.utf8.count).dropLast(6)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
        guard id.utf8.count == 64, id.utf8.allSatisfy({ digits.contains($0) || letters.contains($0) })
        else { return nil }
        return String(id)
    }
}

/// A TCP address that somebody listens on, and who.
public struct TCPListener: Hashable, Codable, Sendable {
    /// `127.0.0.1:9099`, `[::]:18080`.
    public var address: String
    /// Who holds it; empty: nobody that we can see.
    public var holders: [ProcessIdentity]

    /// Makes a listener.
    public init(address: String, holders: [ProcessIdentity]) {
        self.address = address
        self.holders = holders
    }
}

/// The last lines of a container's log.
public struct ContainerLog: Hashable, Codable, Sendable {
    /// The container.
    public var id: String
    /// Its last lines, oldest first, at most ``lineLimit`` of 512 bytes; nil when they could not be read.
    public var lines: [String]?

    /// Most lines that are kept.
    public static let lineLimit = 40

    /// Makes a log.
    public init(id: String, lines: [String]?) {
        self.id = id
        self.lines = lines
    }

    /// The last lines of what was printed, each cut to 512 bytes.
    public init(id: String, text: some StringProtocol) {
        let lines = text.suffix(64 << 10).split(whereSeparator: \.isNewline).suffix(Self.lineLimit)
        self.init(id: id, lines: lines.map { String(decoding: $0.utf8.prefix(512), as: UTF8.self) })
    }
}
