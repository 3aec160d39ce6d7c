// SPDX-License-Identifier: Apache-2.0

/// One thing that the daemon learned: when, from where, what. Everything the engine ever sees is one of these, so a
/// stream of them is a recording that replays to the same verdict.
public struct Observation: Hashable, Codable, Sendable {
    /// From where, and what.
    public enum Event: Hashable, Codable, Sendable {
        /// The daemon (or the recording) starts: on which boot, with which endpoints.
        case started(DaemonStart)
        /// A journal entry that concerns a watched unit.
        case journal(JournalEntry)
        /// A unit's state, by the bus.
        case unit(UnitState)
        /// An answer of the probe ladder.
        case probe(ProbeReport)
        /// Something of the node.
        case node(NodeReport)
        /// Something of the daemon itself.
        case daemon(SelfReport)
        /// Time passed.
        case tick
    }

    /// When it happened (journal entries: when they were logged).
    public var at: Moment
    /// What.
    public var event: Event

    /// Makes an observation.
    public init(at: Moment, event: Event) {
        self.at = at
        self.event = event
    }
}

/// How a run of the daemon begins.
public struct DaemonStart: Hashable, Codable, Sendable {
    /// `/proc/sys/kernel/random/boot_id`, without dashes.
    public var bootID: String
    /// Version of crihealthd.
    public var version: String
    /// Name of the node.
    public var hostname: String
    /// The endpoints that are watched.
    public var endpoints: [Endpoint]

    /// Makes a start.
    public init(bootID: String, version: String, hostname: String, endpoints: [Endpoint]) {
        self.bootID = bootID
        self.version = version
        self.hostname = hostname
        self.endpoints = endpoints
    }
}

/// What the engine wants to know next. The list is closed: the daemon asks the node nothing else.
public enum Inquiry: Hashable, Codable, Sendable {
    /// Ask this endpoint again, from this rung upwards, now.
    case probe(Endpoint, from: ProbeReport.Rung)
    /// Read this unit's state now.
    case unit(String)
    /// Who listens on this TCP address?
    case tcpListener(address: String)
    /// Who listens on this unix socket?
    case unixListener(path: String)
    /// What is this process?
    case process(pid: Int32)
    /// How much space is there?
    case fileSystems(paths: [String])
    /// What has the node left where these paths are, and these units?
    case resources(paths: [String], units: [String])
    /// What does the CNI directory hold?
    case cni(directory: String)
    /// Where is this binary?
    case binary(name: String)
    /// Which containers have processes that live?
    case containerProcesses
    /// What does systemd hold of these containers' scopes? At most 64 are answered at once.
    case scopes(containers: [String])
    /// Which versions are these OCI runtimes? At most 8 are answered at once.
    case ociRuntimes(paths: [String])
    /// What does CRI-O's configuration say of OCI runtimes?
    case runtimeConfiguration
    /// Who listens on TCP?
    case tcpListeners
    /// What did this container say last?
    case containerLog(Endpoint, id: String)
    /// How did the boot before this one end?
    case previousShutdown
    /// Which kubelet runs, and what was it told?
    case kubelet
    /// Which binary does this unit's main process run, and which would the unit start next? `execStart` is what systemd
    /// has loaded.
    case binaries(unit: String, pid: Int32, execStart: String?)
    /// What has changed since the look with this digest?
    case changes(known: UInt64?)
}
