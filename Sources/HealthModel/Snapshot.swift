// SPDX-License-Identifier: Apache-2.0

/// The node as the daemon knows it at one instant: immutable, and all that a request ever reads.
public struct Snapshot: Hashable, Codable, Sendable {
    /// One word about the node.
    public enum Verdict: String, Hashable, Codable, Sendable, CaseIterable {
        /// Known to be well.
        case healthy
        /// Something is hurt; the node still works.
        case degraded
        /// The node cannot do its work.
        case unhealthy
        /// Not known (yet).
        case unknown
    }

    /// When it was taken.
    public var at: Moment
    /// Version of crihealthd.
    public var version: String
    /// Name of the node.
    public var hostname: String
    /// When this run of the daemon began.
    public var startedAt: WallTime
    /// One word.
    public var verdict: Verdict
    /// The verdict in one sentence.
    public var headline: String
    /// Open incidents, worst first.
    public var open: [Incident]
    /// Resolved incidents, latest first; bounded.
    public var resolved: [Incident]
    /// All conditions, in order.
    public var conditions: [Condition]
    /// The watched runtimes.
    public var runtimes: [RuntimeView]
    /// How well the daemon sees.
    public var monitoring: MonitoringView
    /// Running totals of the engine.
    public var statistics: Statistics
    /// What is worth knowing of the versions that run, worst first. Never changes ``verdict``.
    public var advice: [Advice]
    /// Versions of what runs beside the runtimes.
    public var versions: NodeVersions
    /// What can be open on this node, whether or not it ever was.
    public var possible: [PossibleIncident]
    /// Error lines that no rule knows. Never change ``verdict``; nothing that is said above them is certain.
    public var unexplained: UnexplainedLines
    /// What changed on the node, oldest first; bounded. Never changes ``verdict``.
    public var changes: [Change]

    /// Makes a snapshot.
    public init(
        at: Moment, version: String, hostname: String, startedAt: WallTime, verdict: Verdict,
        headline: String,
        open: [Incident], resolved: [Incident], conditions: [Condition], runtimes: [RuntimeView],
        monitoring: MonitoringView, statistics: Statistics, advice: [Advice] = [],
        versions: NodeVersions = NodeVersions(), possible: [PossibleIncident] = [],
        unexplained: UnexplainedLines = UnexplainedLines(), changes: [Change] = []
    ) {
        self.at = at
        self.version = version
        self.hostname = hostname
        self.startedAt = startedAt
        self.verdict = verdict
        self.headline = headline
        self.open = open
        self.resolved = resolved
        self.conditions = conditions
        self.runtimes = runtimes
        self.monitoring = monitoring
        self.statistics = statistics
        self.advice = advice
        self.versions = versions
        self.possible = possible
        self.unexplained = unexplained
        self.changes = changes
    }
}

/// One watched runtime, as it was last seen.
public struct RuntimeView: Hashable, Codable, Sendable {
    /// Its endpoint.
    public var endpoint: Endpoint
    /// Its version; nil until it answered once.
    public var version: RuntimeVersion?
    /// Its unit; nil until the bus or the journal told.
    public var unit: UnitState?
    /// The last result of each rung.
    public var rungs: [RungView]
    /// Whether it answered on this boot, and nothing that could be asked last has failed since.
    public var isUp: Bool
    /// Pods when last listed; nil when never.
    public var pods: Int?
    /// Containers by state when last listed; empty when never.
    public var containers: [String: Int]

    /// Makes a view.
    public init(
        endpoint: Endpoint, version: RuntimeVersion? = nil, unit: UnitState? = nil, rungs: [RungView] = [],
        isUp: Bool = false, pods: Int? = nil, containers: [String: Int] = [:]
    ) {
        self.endpoint = endpoint
        self.version = version
        self.unit = unit
        self.rungs = rungs
        self.isUp = isUp
        self.pods = pods
        self.containers = containers
    }
}

/// The last result of one rung.
public struct RungView: Hashable, Codable, Sendable {
    /// Which rung.
    public var rung: ProbeReport.Rung
    /// When it was last asked.
    public var at: WallTime
    /// Whether it was answered well.
    public var succeeded: Bool
    /// How long it took.
    @Milliseconds public var latency: Duration
    /// Why it failed, in a few words; nil when it did not.
    public var problem: String?
    /// Whether it could not be asked at all, which says nothing about the runtime.
    public var isBroken: Bool

    /// Makes a result.
    public init(
        rung: ProbeReport.Rung, at: WallTime, succeeded: Bool, latency: Duration, problem: String?,
        isBroken: Bool = false
    ) {
        self.isBroken = isBroken
        self.rung = rung
        self.at = at
        self.succeeded = succeeded
        self.latency = latency
        self.problem = problem
    }
}

/// How well the daemon sees.
public struct MonitoringView: Hashable, Codable, Sendable {
    /// The journal was opened and its backlog read at least once.
    public var journalReady: Bool
    /// Every endpoint was asked at least once (a broken probe counts as asked).
    public var probesReady: Bool
    /// State of the follower; nil before it spoke.
    public var journal: JournalHealth?
    /// What could not be seen, latest last; bounded.
    public var blindWindows: [BlindWindow]
    /// What is wrong with the daemon's own senses, in plain words.
    public var problems: [String]

    /// Makes a view; by default of a daemon that has seen nothing yet.
    public init(
        journalReady: Bool = false, probesReady: Bool = false, journal: JournalHealth? = nil,
        blindWindows: [BlindWindow] = [], problems: [String] = []
    ) {
        self.journalReady = journalReady
        self.probesReady = probesReady
        self.journal = journal
        self.blindWindows = blindWindows
        self.problems = problems
    }
}

/// Totals since this run of the daemon began.
public struct Statistics: Hashable, Codable, Sendable {
    /// Calls of one rung of one endpoint.
    public struct Probe: Hashable, Codable, Sendable {
        /// Which endpoint.
        public var endpoint: Endpoint
        /// Which rung.
        public var rung: ProbeReport.Rung
        /// Calls that were answered well.
        public var succeeded: UInt64
        /// Calls that failed.
        public var failed: UInt64
        /// Calls that could not be made.
        public var broken: UInt64
        /// Sum of wall times.
        @Milliseconds public var latency: Duration
        /// Sum of the children's CPU times.
        @Milliseconds public var childCPU: Duration

        /// Makes a row of zeros.
        public init(endpoint: Endpoint, rung: ProbeReport.Rung) {
            self.endpoint = endpoint
            self.rung = rung
            succeeded = 0
            failed = 0
            broken = 0
            latency = .zero
            childCPU = .zero
        }
    }

    /// Observations that the engine took in.
    public var observations: UInt64 = 0
    /// Journal entries that the follower read, whether or not anybody cared.
    public var journalEntries: UInt64 = 0
    /// Errors of libsystemd that the follower healed.
    public var journalErrors: UInt64 = 0
    /// Times the journal was reopened.
    public var journalReopens: UInt64 = 0
    /// Declared blind windows.
    public var blindWindows: UInt64 = 0
    /// Error lines that no rule knew.
    public var unexplainedLines: UInt64 = 0
    /// Signals by rule id.
    public var signals: [String: UInt64] = [:]
    /// Incidents opened, by kind.
    public var incidentsOpened: [String: UInt64] = [:]
    /// Probe calls.
    public var probes: [Probe] = []
    /// Changes that became known, by ``Change/What``.
    public var changes: [String: UInt64] = [:]

    /// All zeros.
    public init() {}
}
