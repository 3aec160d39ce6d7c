// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthModel
import Node
import Systemd

/// Owns the engine: takes observations from every source in, and carries out what follows from them.
///
/// ## Concurrency
/// The engine and all that is decided about it is confined to one serial queue. The outlets are called there;
/// they hand on and return. Journal entries are taken in synchronously, so that a storm waits in the journal,
/// not in memory.
final class EngineHost: Sendable {
    /// Where effects go.
    struct Outlets: Sendable {
        /// A new snapshot for readers.
        var publish: @Sendable (Snapshot) -> Void
        /// A question to the node.
        var inquire: @Sendable (Inquiry) -> Void
        /// A change of an incident.
        var transition: @Sendable (Transition) -> Void
        /// A checkpoint to be saved.
        var checkpoint: @Sendable (Checkpoint) -> Void
        /// Something is open or suspected now, or no longer.
        var alert: @Sendable (Bool) -> Void
        /// Each observation, before the engine sees it.
        var observed: @Sendable (Observation) -> Void = { _ in }
        /// An observation that told something.
        var record: @Sendable (Observation) -> Void = { _ in }
        /// Completes a snapshot with what the engine cannot know.
        var decorate: @Sendable (inout Snapshot) -> Void = { _ in }
    }

    /// Time as the engine is to see it.
    struct Timekeeper: Sendable {
        /// The instant.
        var now: @Sendable () -> Moment
        /// How many seconds of it pass in a real one; 0: it stands still.
        var speed: @Sendable () -> Double = { 1 }
    }

    private struct State {
        var engine: Engine
        var bootID = ""
        var position: JournalPosition?
        /// By path.
        var logFiles: [String: FollowedLogFile]
        var publishPace = PublishPace()
        var checkpointPace = CheckpointPace()
        var armed: MonotonicTime?
        var alert = false
        var lastTurn: MonotonicTime
    }

    /// How long the engine is left alone when it asks for nothing earlier: once to twice that.
    static let tickInterval: Duration = .seconds(1)

    private let state: Confined<State>
    private let outlets: Outlets
    private let time: Timekeeper

    /// Makes a host; nothing happens before ``begin(_:)``.
    init(
        engine: Engine, position: JournalPosition?, logFiles: [FollowedLogFile] = [], time: Timekeeper,
        outlets: Outlets
    ) {
        let files = Dictionary(logFiles.map { ($0.source.path, $0) }, uniquingKeysWith: { first, _ in first })
        let start = State(
            engine: engine, position: position, logFiles: files, lastTurn: time.now().monotonic)
        state = Confined(label: "crihealthd.engine", start)
        self.outlets = outlets
        self.time = time
    }

    /// The first observations, in one turn; time passes from here on. `reports` come before all that the start sets in
    /// motion: a question that it raises may be answered at once.
    func begin(_ start: DaemonStart, reports: [SelfReport] = []) {
        let now = time.now()
        let events = [.started(start)] + reports.map(Observation.Event.daemon)
        state.submit { state in
            state.bootID = start.bootID
            self.take(events.map { Observation(at: now, event: $0) }, &state)
        }
        startClock()
    }

    /// Lets time pass.
    func startClock() {
        state.beat(every: Self.tickInterval) { state in
            // The endpoint of a node at rest answers about once a second, which serves as well.
            if let last = state.engine.diagnosedAt, self.time.now().monotonic - last < Self.tickInterval {
                return
            }
            self.tick(&state)
        }
    }

    /// Takes an observation in, soon.
    func observe(_ event: Observation.Event, at moment: Moment? = nil) {
        let moment = moment ?? time.now()
        state.submit { self.take([Observation(at: moment, event: event)], &$0) }
    }

    /// Takes observations in, and returns when that is done. `position` is how far the journal is handled with them:
    /// from the same turn on it is part of every checkpoint.
    func absorb(_ observations: [Observation], upTo position: JournalPosition? = nil) {
        state.read { state in
            state.position = position ?? state.position
            guard !observations.isEmpty else { return }
            self.take(observations, &state)
        }
    }

    /// Takes lines of a log file in, and returns when that is done: from the same turn on how far it is handled is part
    /// of every checkpoint.
    func absorb(_ observations: [Observation], of file: FollowedLogFile) {
        state.read { state in
            state.logFiles[file.source.path] = file
            guard !observations.isEmpty else { return }
            self.take(observations, &state)
        }
    }

    /// A checkpoint could not be written; another is made soon.
    func checkpointFailed() { state.submit { $0.checkpointPace.failed() } }

    /// Goes on with other rules; what is open stays open.
    func replaceRules(_ rules: SignalRules) {
        state.submit { state in
            state.engine.replace(rules: rules)
            self.take([Observation(at: self.time.now(), event: .tick)], &state)
        }
    }

    /// Publishes the snapshot of this instant, and returns when that is done.
    func publish() { state.read { self.outlets.publish(self.snapshot($0)) } }

    /// When the engine's queue last did something: proof of life for the watchdog.
    var lastTurn: MonotonicTime { state.read { $0.lastTurn } }

    /// The snapshot and the checkpoint of this instant.
    var latest: (snapshot: Snapshot, checkpoint: Checkpoint) {
        state.read { (snapshot: self.snapshot($0), checkpoint: self.checkpoint($0)) }
    }

    /// The engine as it is now.
    var engine: Engine { state.read { $0.engine } }

    /// The endpoints that answer.
    var upEndpoints: [Endpoint] { state.read { $0.engine.upEndpoints } }

    /// Ends the passing of time.
    func stop() { state.stop() }

    // MARK: On the queue

    private func tick(_ state: inout State) {
        guard time.speed() > 0 else { return }
        take([Observation(at: time.now(), event: .tick)], &state)
    }

    private func take(_ observations: [Observation], _ state: inout State) {
        var transitioned = false
        for observation in observations {
            outlets.observed(observation)
            let effects = state.engine.receive(observation)
            if state.engine.tookNotice { outlets.record(observation) }
            for effect in effects {
                switch effect {
                case .inquire(let inquiry): outlets.inquire(inquiry)
                case .transition(let transition):
                    transitioned = true
                    outlets.transition(transition)
                }
            }
        }
        state.lastTurn = Moment.now().monotonic
        settle(&state, transitioned)
    }

    private func settle(_ state: inout State, _ transitioned: Bool) {
        let now = state.lastTurn
        if state.engine.isAlert != state.alert {
            state.alert.toggle()
            outlets.alert(state.alert)
        }
        switch state.publishPace.changed(at: now, transition: transitioned) {
        case .now: outlets.publish(snapshot(state))
        case .waiting: break
        case .later(let delay):
            self.state.submit(after: delay) { state in
                guard state.publishPace.fired(at: Moment.now().monotonic) else { return }
                self.outlets.publish(self.snapshot(state))
            }
        }
        if state.checkpointPace.due(at: now, cursor: state.position?.cursor, transition: transitioned) {
            outlets.checkpoint(checkpoint(state))
        }
        arm(&state)
    }

    /// Lets time pass at the instant that the engine waits for, when the next tick would be too late.
    private func arm(_ state: inout State) {
        let speed = time.speed()
        guard speed > 0, let deadline = state.engine.nextDeadline, deadline != state.armed else { return }
        let wait = (deadline - time.now().monotonic) / speed
        guard wait < Self.tickInterval * 2 else { return }
        state.armed = deadline
        self.state.submit(after: max(.zero, wait)) { state in
            // A timer that is a hair early must be set again.
            if state.armed == deadline { state.armed = nil }
            self.tick(&state)
        }
    }

    private func snapshot(_ state: State) -> Snapshot {
        var snapshot = state.engine.snapshot(at: time.now())
        outlets.decorate(&snapshot)
        return snapshot
    }

    private func checkpoint(_ state: State) -> Checkpoint {
        Checkpoint(
            bootID: state.bootID, version: Release.version, writtenAt: Moment.now().wall,
            position: state.position,
            logFiles: state.logFiles.values.sorted { $0.source.path < $1.source.path },
            engine: state.engine.state)
    }
}
