// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// What the engine wants done.
public enum Effect: Hashable, Sendable {
    /// Ask the node, and feed the answer back.
    case inquire(Inquiry)
    /// An incident opened, changed or was resolved.
    case transition(Transition)
}

/// The diagnosis of one node: takes observations, keeps what follows from them, says what changed and what it wants to
/// know next.
///
/// A pure value: no clock, no I/O, no threads, no randomness. The same observations give the same incidents, so a
/// recording replays to the same verdict. Time passes only by ``Observation/at``; feed `.tick` at ``nextDeadline``.
public struct Engine: Sendable {
    var rules: SignalRules
    let configuration: EngineConfiguration
    var diagnoses: [any Diagnosis]
    var advisor: Advisor
    /// What can open here, by the diagnoses and the rules.
    private var possible: [PossibleIncident]
    /// All that a restart must not forget. Plain data: copy it on the engine's queue, encode it elsewhere.
    internal(set) public var state: EngineState
    var inquiries = InquiryBook()
    /// By socket; not part of ``state``: after a restart nothing is late any more.
    var chronicles: [String: RuntimeChronicle] = [:]
    /// The same of units that serve no endpoint, by their name.
    var serviceChronicles: [String: Chronicle<ServiceUnit>] = [:]
    /// Names of runtimes that were watched until just now.
    var departed: [String] = []
    /// Sockets that are watched no more: answers that were under way say nothing.
    var unwatched: Set<String> = []
    /// While what the journal has of this boot is read.
    var backlog: Backlog?
    /// What was known when the daemon started, until something else is observed.
    var beginning: Beginning?
    /// Since when the machine goes down, as the chronicles know it.
    var heldFrom: Moment?
    var statistics = Statistics()
    /// What diagnoses said of which nothing follows, and what was learned since.
    var quiet: QuietKinds
    var news = News()
    /// Remembers nothing: every diagnosis has its say on each line, as tests compare it with.
    var judgesAll = false
    /// Whether the last observation told anything: one that did not can be left out of a recording.
    internal(set) public var tookNotice = false
    /// The engine's time when its diagnoses last had their say; nil before the first.
    private(set) public var diagnosedAt: MonotonicTime?

    /// Makes an engine, new or with what an earlier one knew.
    public init(
        rules: SignalRules, configuration: EngineConfiguration = EngineConfiguration(),
        restoring state: EngineState = EngineState(), advisories: AdvisoryTable = .embedded
    ) {
        self.rules = rules
        self.configuration = configuration
        self.state = state
        self.state.book.forgetTotals()
        advisor = Advisor(advisories)
        diagnoses = Self.diagnoses(rules, advisories)
        quiet = QuietKinds(diagnoses)
        possible = PossibleIncident.all(rules)
    }

    /// Goes on with other rules; what is open stays open, and totals go on.
    public mutating func replace(rules: SignalRules) {
        self.rules = rules
        diagnoses = Self.diagnoses(rules, advisor.table)
        quiet = QuietKinds(diagnoses)
        possible = PossibleIncident.all(rules)
    }

    private static func diagnoses(_ rules: SignalRules, _ advisories: AdvisoryTable) -> [any Diagnosis] {
        [
            NodeFault(), RuntimeSwitched(), OrphanedContainers(), AddressInUse(), ShutdownNotGraceful(),
            RuntimeDown(), CRIVersionUnsupported(), KubeletDown(), PLEGUnhealthy(),
            StatusBlocked(advisories: advisories),
            UpgradeIncomplete(),
            NetworkNotReady(), PodNetworkFailing(), CreateFailing(), ImagePullFailing(), StorageDamaged(),
            ContainerStuck(), MonitoringImpaired(),
            RuleIncidents(rules: rules),
        ]
    }

    /// Whether something is suspected, or opened lately: look more often.
    public var isAlert: Bool {
        let now = state.facts.now.monotonic
        if state.book.isAlert(at: now, within: configuration.alertWindow) { return true }
        return state.facts.runtimes.contains { runtime in
            runtime.api.failing.map { now - $0.since.monotonic < configuration.alertWindow } ?? false
        }
    }

    /// The endpoints whose runtimes answer.
    public var upEndpoints: [Endpoint] { state.facts.runtimes.filter { $0.api.isUp }.map(\.endpoint) }

    /// When time alone would change something: feed a `.tick` then. Nil: nothing is pending.
    public var nextDeadline: MonotonicTime? {
        if backlog != nil { return nil }
        let now = state.facts.now.monotonic
        let ripening = state.book.ripening.values.map { $0.since + $0.grace }
        // What changed and was not judged yet can change them.
        let touched = quiet.readers(of: news, state.facts.signals.news)
        let asked = diagnoses.enumerated().compactMap { place, diagnosis in
            if let word = quiet.word(place, touched: touched, at: now) { return word.due }
            return diagnosis.nextDeadline(state.facts, configuration)
        }
        return (ripening + asked).filter { $0 > now }.min()
    }

    /// Takes one observation in; what is to be done about it comes back.
    public mutating func receive(_ observation: Observation) -> [Effect] {
        statistics.observations.increment()
        tookNotice = false
        let matters = readsBacklog(observation) ? catchUp(observation) : learn(observation)
        guard matters else { return [] }
        defer { diagnosedAt = state.facts.now.monotonic }
        return diagnose()
    }

    /// False when nothing changed that a diagnosis reads.
    mutating func learn(_ observation: Observation) -> Bool {
        let matters = absorb(observation)
        tookNotice = tookNotice || matters
        return matters
    }

    // MARK: Showing

    /// The node at this instant. `moment` dates the snapshot; it does not advance the engine.
    public func snapshot(at moment: Moment) -> Snapshot {
        SnapshotBuilder(
            facts: state.facts, book: state.book, conditions: state.conditions, statistics: statistics,
            advice: advisor.advice, possible: possible, changes: state.changes.told
        )
        .snapshot(at: moment)
    }
}

extension MonotonicTime {
    /// The point `d` earlier.
    static func - (t: Self, d: Duration) -> Self { t + (.zero - d) }
}
