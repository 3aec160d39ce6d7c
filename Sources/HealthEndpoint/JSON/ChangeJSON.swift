// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A change as the API shows it.
struct ChangeJSON: Hashable, Encodable {
    let time: String
    let what: String
    let subject: String
    let action: String
    let sentence: String
    let source: String
    /// Absent where nobody says.
    let from: String?
    let to: String?
    let keys: [String]?
    let by: String?
    let during: String?

    init(_ change: Change) {
        time = change.at.description
        what = change.what.rawValue
        subject = change.subject
        action = change.action.rawValue
        sentence = ChangeText.phrase(change)
        source = change.source.rawValue
        from = change.from
        to = change.to
        keys = change.keys
        by = change.by
        during = change.during
    }
}

/// The answer of `/v1/changes`.
struct ChangeListJSON: Encodable {
    let time: String
    let changes: [ChangeJSON]

    init(_ changes: [Change], now: WallTime) {
        time = now.description
        self.changes = changes.map(ChangeJSON.init)
    }
}
