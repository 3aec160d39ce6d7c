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
    /// Between two looks at least: incidents may open by the dozen.
    static let pace: Duration = .seconds(5)

    private struct State {
        var digest: UInt64?
        var lookedAt: MonotonicTime?
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "crihealthd.changes", qos: .utility)
    private let asker: any NodeAsker
    private let report: @Sendable (NodeReport) -> Void

    /// `report` is called on a queue of its own.
    init(asker: any NodeAsker, report: @escaping @Sendable (NodeReport) -> Void) {
        self.asker = asker
        self.report = report
    }

    /// Looks if the last look is long ago.
    func lookIfDue() { look(after: Self.interval) }

    /// Looks now: an incident opened, and what was changed just before shall stand beside it.
    func lookNow() { look(after: Self.pace) }

    private func look(after pause: Duration) {
        let now = Moment.now().monotonic
        let isDue = state.withLock { state in
            if let last = state.lookedAt, now - last < pause { return false }
            state.lookedAt = now
            return true
        }
        guard isDue else { return }
        queue.async {
            let known = self.state.withLock { $0.digest }
            guard case .changes(let found) = self.asker.answer(.changes(known: known)) else { return }
            self.state.withLock { $0.digest = found.digest }
            self.report(.changes(found))
        }
    }
}
