// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The follower's totals: written on its queue, read from any thread.
final class FollowerCounters: Sendable {
    let entriesRead = Atomic<UInt64>(0)
    let entriesDelivered = Atomic<UInt64>(0)
    let duplicates = Atomic<UInt64>(0)
    let errors = Atomic<UInt64>(0)
    let reopens = Atomic<UInt64>(0)
    let blindWindows = Atomic<UInt64>(0)

    var values: JournalFollower.Counters {
        var values = JournalFollower.Counters()
        values.entriesRead = entriesRead.load(ordering: .relaxed)
        values.entriesDelivered = entriesDelivered.load(ordering: .relaxed)
        values.duplicates = duplicates.load(ordering: .relaxed)
        values.errors = errors.load(ordering: .relaxed)
        values.reopens = reopens.load(ordering: .relaxed)
        values.blindWindows = blindWindows.load(ordering: .relaxed)
        return values
    }

    func reset() {
        entriesRead.store(0, ordering: .relaxed)
        entriesDelivered.store(0, ordering: .relaxed)
        duplicates.store(0, ordering: .relaxed)
        errors.store(0, ordering: .relaxed)
        reopens.store(0, ordering: .relaxed)
        blindWindows.store(0, ordering: .relaxed)
    }
}
