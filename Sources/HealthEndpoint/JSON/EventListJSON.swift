// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The answer of `/v1/events`.
struct EventListJSON: Hashable, Encodable {
    let time: String
    /// What to ask with as `since`, or to resume `/v1/stream` from, to get what comes after this answer.
    let position: String
    /// Why events may be missing; absent when none are.
    let gap: String?
    let events: [IncidentEvent]

    init(_ slice: EventRing.Slice, position: String, now: WallTime) {
        time = now.description
        self.position = position
        gap = slice.gap?.rawValue
        events = slice.entries.map(\.event)
    }
}
