public import HealthModel

/// What the engine wants done.
public enum Effect: Hashable, Sendable {
    /// Ask the node, and feed the answer back.
    case inquire(Inquiry)
    /// An incident opened, changed or was resolved.
    case transition(Transition)
}

/// Everything that the engine carries over a restart of the daemon.
public struct EngineState: Hashable, Codable, Sendable {
    var facts = NodeFacts()
    var book = IncidentBook()
    var conditions = ConditionTable()

    /// Nothing known.
    public init() {}
}

/// The diagnosis of one node: takes observations, keeps what follows from them, says what changed and what it wants to
/// know next.
///
/// A pure value: no clock, no I/O, no threads, no randomness. The same observations give the same incidents, so a
/// recording replays to the same verdict. Time passes only by ``Observation/at``; feed `.tick` at ``nextDeadline``.
public struct Engine: Sendable {
    private var rules: SignalRules
    private let configuration: EngineConfiguration
    private var diagnoses: [any Diagnosis]
    private var advisor: Advisor
    /// All that a restart must not forget. Plain data: copy it on the engine's queue, encode it elsewhere.
    private(set) public var state: EngineState
    private var inquiries = InquiryBook()
    private var statistics = Statistics()

    /// Makes an engine, new or with what an earlier one knew.
    public init(
        rules: SignalRules, configuration: EngineConfiguration = EngineConfiguration(),
        restoring state: EngineState = EngineState(), advisories: AdvisoryTable = .embedded
    ) {
        self.rules = rules
        self.configuration = configuration
        self.state = state
        advisor = Advisor(advisories)
        diagnoses = Self.diagnoses(rules, advisories)
    }

    /// Goes on with other rules; what is open stays open, and totals go on.
    public mutating func replace(rules: SignalRules) {
        self.rules = rules
        diagnoses = Self.diagnoses(rules, advisor.table)
    }

    private static func diagnoses(_ rules: SignalRules, _ advisories: AdvisoryTable) -> [any Diagnosis] {
        [
            RuntimeSwitched(), OrphanedContainers(), AddressInUse(), ShutdownNotGraceful(),
            RuntimeDown(), CRIVersionUnsupported(), StatusBlocked(advisories: advisories),
            UpgradeIncomplete(),
            NetworkNotReady(), CreateFailing(), ContainerStuck(), MonitoringImpaired(),
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

    /// When time alone would change something: feed a `.tick` then. Nil: nothing is pending.
    public var nextDeadline: MonotonicTime? {
        let now = state.facts.now.monotonic
        let ripening = state.book.entries.values.filter { !$0.shown }.map {
            $0.since + configuration.stopGrace
        }
        let asked = diagnoses.compactMap { $0.nextDeadline(state.facts, configuration) }
        return (ripening + asked).filter { $0 > now }.min()
    }

    /// Takes one observation in; what is to be done about it comes back.
    public mutating func receive(_ observation: Observation) -> [Effect] {
        statistics.observations += 1
        return absorb(observation) ? diagnose() : []
    }

    // MARK: Learning

    /// False when nothing changed that a diagnosis reads: most lines of a busy runtime.
    private mutating func absorb(_ observation: Observation) -> Bool {
        let at = observation.at
        var matters = true
        switch observation.event {
        case .started(let start): begin(start, at)
        case .journal(let entry): matters = read(entry)
        case .unit(let unit):
            for index in state.facts.runtimes.indices where state.facts.runtimes[index].unit.name == unit.name
            {
                state.facts.runtimes[index].unit.take(unit, at: at)
            }
        case .probe(let report):
            state.facts.update(report.endpoint) { $0.take(report, at: at) }
            statistics.count(report)
        case .node(let report):
            state.facts.answers.take(report, at: at)
            state.facts.containers.take(report, at: at)
        case .daemon(let report):
            state.facts.monitoring.take(report, at: at)
            if case .blind = report { statistics.blindWindows += 1 }
        case .tick: break
        }
        if at.monotonic > state.facts.now.monotonic, !isHistory(observation.event) { state.facts.now = at }
        if matters { state.facts.reconcile(after: observation.event) }
        return matters
    }

    /// An entry of an earlier boot, read after this one began: its monotonic stamp says nothing now.
    private func isHistory(_ event: Observation.Event) -> Bool {
        guard case .journal(let entry) = event, let boot = entry.bootID else { return false }
        return !state.facts.bootID.isEmpty && boot != state.facts.bootID
    }

    private mutating func begin(_ start: DaemonStart, _ at: Moment) {
        let isSameBoot = state.facts.bootID == start.bootID
        if !isSameBoot {
            let lastSeen = state.facts.now.wall
            state.facts.now = at
            if !state.facts.bootID.isEmpty {
                for index in state.facts.runtimes.indices { state.facts.runtimes[index].reboot() }
                state.book.reboot(at: at, lastSeen: lastSeen)
            }
            state.facts.signals.clear()
            state.facts.answers = NodeAnswers()
            state.facts.containers.reboot(at: at)
            state.facts.shuttingDownSince = nil
        }
        state.facts.bootID = start.bootID
        state.facts.hostname = start.hostname
        state.facts.version = start.version
        state.facts.startedAt = at
        state.facts.monitoring = state.facts.monitoring.restarted(sameBoot: isSameBoot)
        let known = Set(start.endpoints.map(\.socketPath))
        state.facts.runtimes.removeAll { !known.contains($0.endpoint.socketPath) }
        for endpoint in start.endpoints { state.facts.update(endpoint) { $0.endpoint = endpoint } }
        state.facts.labelRuntimes()
    }

    private mutating func read(_ entry: JournalEntry) -> Bool {
        var matters = entry.messageID != nil
        state.facts.containers.take(entry)
        if isHistory(.journal(entry)) { return false }
        if entry.messageID == MessageID.shutdown, entry.unit == "systemd-logind.service" {
            state.facts.shuttingDownSince = entry.at
        }
        if entry.messageID == MessageID.journalDropped { notice(dropped: entry) }
        for index in state.facts.runtimes.indices where state.facts.runtimes[index].unit.name == entry.unit {
            guard !state.facts.isShuttingDown else { continue }
            state.facts.runtimes[index].unit.take(entry)
            if state.facts.runtimes[index].api.answered(since: entry.at.monotonic) {
                state.facts.runtimes[index].unit.recovered()
            }
        }
        for signal in rules.recognize(entry) {
            statistics.signals[signal.rule, default: 0] += 1
            if signal.name == .benign { continue }
            matters = matters || signal.name != .noted
            state.facts.signals.take(signal)
            state.facts.learn(signal)
            if signal.name == .createSucceeded,
                let index = state.facts.runtimes.firstIndex(where: { $0.unit.name == signal.unit })
            {
                state.facts.runtimes[index].networkWasReady = true
            }
            fold(signal)
        }
        return matters
    }

    private mutating func notice(dropped entry: JournalEntry) {
        state.facts.monitoring.take(
            .blind(
                BlindWindow(
                    reason: .suppressed, from: nil, to: entry.at.wall, unit: entry.unit,
                    entries: entry.fields["N_DROPPED"].flatMap { UInt64($0) })), at: entry.at)
        statistics.blindWindows += 1
    }

    // MARK: Judging

    private mutating func diagnose() -> [Effect] {
        var effects: [Effect] = []
        var wanted: [Inquiry] = []
        var spoken: Set<String> = []
        let now = state.facts.now
        for diagnosis in diagnoses {
            for (subject, assessment) in diagnosis.assess(state.facts, configuration) {
                spoken.insert(IncidentBook.id(diagnosis.kind(of: subject), subject))
                switch assessment {
                case .holds(let finding): wanted += finding.inquiries
                case .unknown(let inquiries): wanted += inquiries
                case .cleared, .expired: break
                case .explained(let cause, let other, let summary):
                    state.book.fold(
                        diagnosis.kind(of: subject), summary, under: IncidentBook.id(cause, other), at: now)
                }
                let transition = state.book.take(
                    assessment, kind: diagnosis.kind(of: subject), subject: subject, at: now, configuration)
                guard let transition else { continue }
                if transition.change == .opened { foldEarlier(transition.incident) }
                effects.append(.transition(current(transition)))
            }
        }
        effects += forget(spoken, now)
        statistics.incidentsOpened = state.book.opened
        advisor.update(state.facts)
        state.conditions.update(state.facts, state.book, advisor.advice, at: now)
        return effects
            + inquiries.due(wanted, at: now.monotonic, every: configuration.inquiryInterval).map {
                .inquire($0)
            }
    }

    /// Kinds whose diagnosis has a word on every subject that it knows.
    private static let speakOfAll: Set<IncidentKind> = [
        .runtimeDown, .networkNotReady, .createFailing, .containerStuck, .monitoringImpaired,
    ]

    /// Incidents that nobody speaks of any more, some time after a start: their endpoint, listener or rule is gone, or
    /// what they rested on ended with the boot. They would stay for ever.
    private mutating func forget(_ spoken: Set<String>, _ now: Moment) -> [Effect] {
        guard let started = state.facts.startedAt,
            now.monotonic - started.monotonic >= configuration.settleTime
        else { return [] }
        let elsewhere = Set(diagnoses.map { type(of: $0).kind }).subtracting(Self.speakOfAll)
        let silent = state.book.open.filter { !spoken.contains($0.id) && !elsewhere.contains($0.kind) }
        return silent.compactMap { incident in
            state.book.take(
                .expired("nothing that is watched now speaks of \(incident.subject)"), kind: incident.kind,
                subject: incident.subject, at: now, configuration
            ).map { .transition($0) }
        }
    }

    private func current(_ transition: Transition) -> Transition {
        guard let incident = state.book.entries[transition.incident.id]?.incident else { return transition }
        return Transition(at: transition.at, change: transition.change, incident: incident)
    }

    // MARK: Symptoms

    /// Puts a symptom that just arrived under the open incident that explains it.
    private mutating func fold(_ signal: Signal) {
        guard let symptom = SymptomTable.symptom(signal) else { return }
        for kind in SymptomTable.causes(of: signal.name) {
            for incident in state.book.open(kind) where state.book.fold(symptom, under: incident.id) {
                return
            }
        }
    }

    /// Puts the symptoms of the last minutes under the incident that just opened.
    private mutating func foldEarlier(_ incident: Incident) {
        let limit = state.facts.now.monotonic - configuration.symptomWindow
        for name in SymptomTable.names where SymptomTable.causes(of: name).contains(incident.kind) {
            for signal in state.facts.signals.all(name, unit: nil, since: limit) {
                guard let symptom = SymptomTable.symptom(signal) else { continue }
                _ = state.book.fold(symptom, under: incident.id)
            }
        }
    }

    // MARK: Showing

    /// The node at this instant. `moment` dates the snapshot; it does not advance the engine.
    public func snapshot(at moment: Moment) -> Snapshot {
        SnapshotBuilder(
            facts: state.facts, book: state.book, conditions: state.conditions, statistics: statistics,
            advice: advisor.advice
        )
        .snapshot(at: moment)
    }
}

extension MonotonicTime {
    /// The point `d` earlier.
    static func - (t: Self, d: Duration) -> Self { t + (.zero - d) }
}

extension Statistics {
    /// Counts one answer of the probe ladder.
    fileprivate mutating func count(_ report: ProbeReport) {
        let index: Int
        if let known = probes.firstIndex(where: { $0.endpoint == report.endpoint && $0.rung == report.rung })
        {
            index = known
        } else {
            probes.append(Probe(endpoint: report.endpoint, rung: report.rung))
            index = probes.count - 1
        }
        switch report.outcome {
        case .failed: probes[index].failed += 1
        case .broken: probes[index].broken += 1
        case .reached, .version, .status, .pods, .containers: probes[index].succeeded += 1
        }
        probes[index].latency += report.latency
        probes[index].childCPU += report.childCPU
    }
}
