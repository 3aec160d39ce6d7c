// SPDX-License-Identifier: Apache-2.0
import Dispatch
import HealthModel
import Node
import Synchronization

/// Asks now and again what has changed on the node: whoever answers looks at stamps, and reads only where one is another.
///
/// ## Concurrency
/// Asked on one serial queue; both calls can be made from any thread, and return at once.
final class ChangeWatch: Sendable {
    /// Between two looks while nothing happens. It runs with the look for endpoints, which comes a little late.
    static let interval: Duration = .seconds(55)

    private struct State {
        var digest: UInt64?
        var lookedAt: MonotonicTime?
        var isPlanned = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "crihealthd.changes", qos: .utility)
    private let asker: any NodeAsker
    /// Between two looks at least: incidents may open by the dozen.
    private let pace: Duration
    private let report: @Sendable (NodeReport) -> Void

    /// `report` is called on a queue of its own.
    init(
        asker: any NodeAsker, pace: Duration = .seconds(5), report: @escaping @Sendable (NodeReport) -> Void
    ) {
        (self.asker, self.pace, self.report) = (asker, pace, report)
    }

    /// Looks if the last look is long ago.
    func lookIfDue() { plan { age in age.map { $0 >= Self.interval } ?? true ? .zero : nil } }

    /// Looks as soon as the pace allows: an incident opened, and what was changed just before shall stand beside it.
    func lookNow() { plan { [pace] age in age.map { pace - $0 } ?? .zero } }

    /// `pause` is how long to wait, by the age of the last look; nil: not at all.
    private func plan(_ pause: (Duration?) -> Duration?) {
        let now = Moment.now().monotonic
        let wait = state.withLock { state -> Duration? in
            guard !state.isPlanned, let wait = pause(state.lookedAt.map { now - $0 }) else { return nil }
            state.isPlanned = true
            return max(.zero, wait)
        }
        guard let wait else { return }
        queue.asyncAfter(deadline: .now() + wait.dispatch) { self.look() }
    }

    private func look() {
        let known = state.withLock { state in
            (state.isPlanned, state.lookedAt) = (false, Moment.now().monotonic)
            return state.digest
        }
        guard case .changes(let found) = asker.answer(.changes(known: known)) else { return }
        state.withLock { $0.digest = found.digest }
        report(.changes(found))
    }
}
