// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthModel
import Synchronization

/// The daemon's own engine on a node whose only runtime is containerd, told what the journal tells and nothing else.
final class DiagnosingEngine: Sendable {
    private struct State {
        var engine: Engine
        var hasStarted = false
    }

    private let state: Mutex<State>

    init(_ rules: SignalRules) { state = Mutex(State(engine: Engine(rules: rules))) }

    /// Has it take a line in.
    func receive(_ entry: JournalEntry) {
        state.withLock { state in
            if !state.hasStarted {
                state.hasStarted = true
                let containerd = Endpoint(
                    socketPath: "/run/containerd/containerd.sock", runtime: .containerd,
                    unit: "containerd.service")
                let start = DaemonStart(
                    bootID: entry.bootID ?? "", version: "0", hostname: "node", endpoints: [containerd])
                _ = state.engine.receive(Observation(at: entry.at, event: .started(start)))
            }
            _ = state.engine.receive(Observation(at: entry.at, event: .journal(entry)))
        }
    }

    /// How many signals the lines made so far.
    var signals: Int {
        let moment = Moment(wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0))
        return state.withLock { state in
            Int(clamping: state.engine.snapshot(at: moment).statistics.signals.values.reduce(0, +))
        }
    }
}
