// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthModel

/// Runs an engine over recorded observations, with time passing as it did.
struct Replayer {
    private(set) var engine: Engine
    private(set) var transitions: [Transition] = []
    private(set) var last: Moment?

    init(rules: SignalRules) { engine = Engine(rules: rules) }

    /// Goes on with what an earlier run knew, as the daemon does with its checkpoint.
    init(rules: SignalRules, restoring state: EngineState, after earlier: Replayer) {
        engine = Engine(rules: rules, restoring: state)
        transitions = earlier.transitions
        last = earlier.last
    }

    /// Takes one observation; before it, time passes to its instant, with a tick wherever the engine asked for one.
    mutating func receive(_ observation: Observation) {
        pass(to: observation.at)
        take(engine.receive(observation))
        last = observation.at
    }

    /// Lets time pass to `moment`.
    mutating func pass(to moment: Moment) {
        guard var previous = last else { return }
        for _ in 0..<10_000 {
            guard let due = engine.nextDeadline, due <= moment.monotonic, due > previous.monotonic else {
                return
            }
            previous = Moment(wall: previous.wall + (due - previous.monotonic), monotonic: due)
            take(engine.receive(Observation(at: previous, event: .tick)))
        }
    }

    private mutating func take(_ effects: [Effect]) {
        for case .transition(let transition) in effects { transitions.append(transition) }
    }

    /// Replays all of `observations`, or those up to `limit`; `progress` is told how many are done.
    static func replay(
        _ observations: [Observation], rules: SignalRules, until limit: WallTime? = nil,
        progress: (Int) -> Void = { _ in }
    ) -> Replayer {
        var replayer = Replayer(rules: rules)
        for (index, observation) in observations.enumerated() {
            if let limit, observation.at.wall > limit { break }
            replayer.receive(observation)
            if index % 256 == 0 { progress(index) }
        }
        if let limit, let last = replayer.last, limit > last.wall {
            replayer.pass(to: Moment(wall: limit, monotonic: last.monotonic + (limit - last.wall)))
        }
        return replayer
    }

    /// Everything that was ever shown, in the order of opening.
    var incidents: [Incident] {
        let snapshot = engine.snapshot(
            at: last ?? Moment(wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0)))
        return (snapshot.open + snapshot.resolved).sorted { ($0.openedAt, $0.id) < ($1.openedAt, $1.id) }
    }
}
