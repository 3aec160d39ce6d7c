// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Coalesces snapshots: a storm of observations makes at most one per interval, a transition is shown at
/// once.
struct PublishPace: Equatable, Sendable {
    /// Least distance of two without a transition.
    static let interval: Duration = .milliseconds(50)

    /// What to do about a change.
    enum Step: Equatable, Sendable {
        /// Publish now.
        case now
        /// Publish after this long.
        case later(Duration)
        /// One is waiting already.
        case waiting
    }

    private var last: MonotonicTime?
    private var isWaiting = false

    /// Something changed.
    mutating func changed(at now: MonotonicTime, transition: Bool) -> Step {
        guard !transition, let last, now - last < Self.interval else {
            published(at: now)
            return .now
        }
        guard !isWaiting else { return .waiting }
        isWaiting = true
        return .later(Self.interval - (now - last))
    }

    /// The one that waited is due; false when another was published meanwhile.
    mutating func fired(at now: MonotonicTime) -> Bool {
        guard isWaiting else { return false }
        published(at: now)
        return true
    }

    private mutating func published(at now: MonotonicTime) {
        last = now
        isWaiting = false
    }
}
