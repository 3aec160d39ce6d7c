// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Synchronization

/// What requests are answered from: the latest snapshot, and the latest changes of incidents.
///
/// Any thread; the lock is held for a copy only.
final class Published: Sendable {
    /// A copy of everything.
    struct Picture: Sendable {
        var snapshot: Snapshot
        var events: EventRing
    }

    private struct State {
        var picture: Picture
        /// Whether anybody reads what has no end.
        var isFollowed = false
        /// Whether those were told that there is something new, and have not looked yet.
        var isAnnounced = false

        /// Whether followers must be told now.
        mutating func announce() -> Bool {
            guard isFollowed, !isAnnounced else { return false }
            isAnnounced = true
            return true
        }
    }

    private let state: Mutex<State>

    init(_ initial: Snapshot?) {
        let now = WallClock.now()
        state = Mutex(
            State(
                picture: Picture(
                    snapshot: initial ?? .nothingKnown(at: now), events: EventRing(startedAt: now))))
    }

    var current: Picture { state.withLock { $0.picture } }

    /// Makes this the latest snapshot; true when followers must be told.
    func publish(_ snapshot: Snapshot) -> Bool {
        // The old one is released after the lock.
        let (old, isNews) = state.withLock { state in
            let old = state.picture.snapshot
            state.picture.snapshot = snapshot
            return (old, state.announce())
        }
        _ = old
        return isNews
    }

    /// Adds an event; true when followers must be told.
    func publish(_ transition: Transition) -> Bool {
        state.withLock { state in
            state.picture.events.append(transition)
            return state.announce()
        }
    }

    /// Followers came, or the last one went.
    func setFollowed(_ isFollowed: Bool) {
        state.withLock { state in
            state.isFollowed = isFollowed
            state.isAnnounced = false
        }
    }

    /// For followers who were told: from here on, more is news again.
    func take() -> Picture {
        state.withLock { state in
            state.isAnnounced = false
            return state.picture
        }
    }
}
