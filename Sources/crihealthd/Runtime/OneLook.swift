// SPDX-License-Identifier: Apache-2.0
import CRI
import Diagnosis
import Dispatch
import HealthModel
import Logging
import Node
import Synchronization
import Systemd

/// One look at the node: the daemon's sources and engine, without its endpoint and its memory.
///
/// ## Concurrency
/// ``take()`` blocks its caller until every source has answered or its time is up.
struct OneLook {
    /// How long each source may take.
    struct Patience: Sendable {
        /// To the end of the journal.
        var journal: Duration = .seconds(20)
        /// To the state of every unit.
        var units: Duration = .seconds(3)
        /// For answers to what the engine then asks, and for what only time can tell.
        var questions: Duration = .seconds(2)
        /// Within which a runtime that errs is asked again: one error is a suspicion only.
        var errors: Duration = .seconds(10)
        /// Between two such askings.
        var pause: Duration = .milliseconds(300)
    }

    private let configuration: Configuration
    private let surroundings: Daemon.Surroundings
    private let logger: Logger
    private let patience: Patience

    /// Makes a look at this node, or at what a test puts in its place.
    init(
        configuration: Configuration, surroundings: Daemon.Surroundings = .init(), logger: Logger,
        patience: Patience = .init()
    ) {
        self.configuration = configuration
        self.surroundings = surroundings
        self.logger = logger
        self.patience = patience
    }

    /// Looks.
    func take() throws(DaemonError) -> Snapshot { try look { _ in [] }.snapshot }

    /// Looks, asks what `more` wants to know of what was learned, twice, and gives the engine.
    func engine(asking more: (Engine) -> [Inquiry]) throws(DaemonError) -> Engine { try look(more).engine }

    private func look(_ more: (Engine) -> [Inquiry]) throws(DaemonError) -> (
        snapshot: Snapshot, engine: Engine
    ) {
        var reports: [SelfReport] = []
        let rules = try Daemon.rules(configuration, &reports, logger)
        let asker = LocalAsker(configuration, root: surroundings.root)
        let endpoints = try Daemon.endpoints(configuration, surroundings, asker, logger)
        let units = WatchedUnits.all(endpoints: endpoints, configured: configuration.journal.units)
        let relay = Relay()
        let probes = DispatchQueue(label: "crihealthd.look")
        let inquirer = Inquirer(
            answer: { asker.answer($0) },
            probe: { endpoint, rung in
                probes.async { Self.climb(endpoint, from: rung, asker, relay) }
            }, unit: { _ in }, report: { relay.observe(.node($0), at: $1) })
        let host = EngineHost(
            engine: Engine(
                rules: rules,
                advisories: CurrentRules.advisories(besideRules: configuration.rulesDirectory, logger)),
            position: nil, time: .init(now: { Moment.now() }),
            outlets: .init(
                publish: { _ in }, inquire: { inquirer.ask($0) }, transition: { _ in }, checkpoint: { _ in },
                alert: { _ in }))
        relay.attach(host)
        let boot = BootIdentity.current(root: surroundings.root)
        host.begin(
            DaemonStart(
                bootID: boot.bootID, version: Release.version, hostname: boot.hostname, endpoints: endpoints),
            // As in the daemon: a start that was over long ago is not judged by today's clock.
            reports: [.journal(.catchingUp)])
        for report in reports { host.observe(.daemon(report)) }
        for inquiry in [Inquiry.kubelet, .changes(known: nil)] {
            if let answer = asker.answer(inquiry) { host.observe(.node(answer)) }
        }
        let follower = follow(units, rules, relay)
        let watcher = watch(units, relay)
        for endpoint in endpoints { ask(endpoint, asker, relay) }
        Pause.wait(patience.questions)
        probes.sync {}
        for _ in 0..<2 {
            for inquiry in more(host.engine) {
                if let answer = asker.answer(inquiry) { host.observe(.node(answer)) }
            }
        }
        let engine = host.engine
        var snapshot = host.latest.snapshot
        snapshot.statistics.journalEntries = follower.counters.entriesRead
        host.stop()
        watcher?.stop()
        follower.stop()
        relay.detach()
        return (snapshot, engine)
    }

    /// Reads this boot's journal to its end.
    private func follow(_ units: [String], _ rules: SignalRules, _ relay: Relay) -> JournalFollower {
        let ended = DispatchSemaphore(value: 0)
        let follower = JournalFollower(
            configuration: Daemon.journal(configuration, units), prefilter: { rules.wants($0) }
        ) { event in
            relay.journal(event)
            switch event {
            case .caughtUp, .health(.failed): ended.signal()
            case .entries, .health, .blind: break
            }
        }
        follower.start()
        if ended.wait(timeout: .now() + patience.journal.dispatch) == .timedOut {
            logger.error(
                "the journal was not read to its end", metadata: ["limit": "\(patience.journal.brief)"])
        }
        return follower
    }

    /// Reads the units' states; nil without a bus.
    private func watch(_ units: [String], _ relay: Relay) -> UnitWatcher? {
        guard surroundings.usesBus else { return nil }
        let told = Mutex(Set<String>())
        let ended = DispatchSemaphore(value: 0)
        let watcher = UnitWatcher(units: units) { event in
            relay.unit(event)
            switch event {
            case .state(let state):
                if told.withLock({ $0.insert(state.name).inserted && $0.count == units.count }) {
                    ended.signal()
                }
            case .problem(let problem): if problem != nil { ended.signal() }
            }
        }
        watcher.start()
        if ended.wait(timeout: .now() + patience.units.dispatch) == .timedOut {
            logger.error("systemd did not report the state of every unit in time")
        }
        return watcher
    }

    /// Climbs the ladder, and again while it ends in an error: as often as the engine wants to hear of one.
    private func ask(_ endpoint: Endpoint, _ asker: LocalAsker, _ relay: Relay) {
        let end = Moment.now().monotonic + patience.errors
        for _ in 0..<3 {
            guard case .failed = Self.climb(endpoint, from: .socket, asker, relay),
                Moment.now().monotonic + patience.pause < end
            else { return }
            Pause.wait(patience.pause)
        }
    }

    /// The last answer.
    @discardableResult
    private static func climb(
        _ endpoint: Endpoint, from rung: ProbeReport.Rung, _ asker: LocalAsker, _ relay: Relay
    ) -> ProbeReport.Outcome? {
        let reports = asker.ladder.probe(endpoint, from: rung)
        for report in reports { relay.observe(.probe(report)) }
        return reports.last?.outcome
    }
}
