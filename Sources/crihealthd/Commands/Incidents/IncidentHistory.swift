// SPDX-License-Identifier: Apache-2.0
import HealthEndpoint
import HealthModel

/// Changes put together: one episode from an incident's opening to its end.
struct IncidentHistory: Equatable {
    /// One episode.
    struct Episode: Equatable, Encodable {
        /// Id of the incident, as at /v1/incidents/ID; the same in each of its episodes.
        var id: String
        var kind: String
        var subject: String
        /// The last that was known.
        var cause: String
        /// The worst that it was.
        var severity: Severity
        var status: Incident.Status
        /// What was wrong, in the last words before its end.
        var sentence: String
        /// Nil when it was opened before the span that was read.
        var openedAt: WallTime?
        /// Nil while it is open.
        var resolvedAt: WallTime?
        /// When it last changed.
        var changedAt: WallTime
        /// How often it changed, opening and end included.
        var changes: Int
    }

    private struct Document: Encodable {
        var incidents: [Episode]
        var changesWithheld: Int
    }

    /// In the order of their beginning.
    private(set) var episodes: [Episode] = []
    /// Changes that the journal has by their number alone.
    let withheld: Int

    /// Puts changes together, which come in the order of their time.
    init(_ entries: [TransitionEntry], withheld: Int = 0) {
        self.withheld = withheld
        var current: [String: Int] = [:]
        for entry in entries {
            if let index = current[entry.incident] {
                episodes[index].take(entry)
            } else {
                current[entry.incident] = episodes.count
                episodes.append(Episode(entry))
            }
            if entry.change == .resolved { current[entry.incident] = nil }
        }
    }

    /// `{"incidents": […], "changesWithheld": 0}`, one line break at the end.
    var json: [UInt8] {
        JSONText.encode(Document(incidents: episodes, changesWithheld: withheld), pretty: true)
    }
}

extension IncidentHistory.Episode {
    fileprivate init(_ entry: TransitionEntry) {
        id = entry.incident
        kind = entry.kind
        subject = entry.subject
        cause = entry.cause
        severity = entry.severity
        status = entry.status
        sentence = entry.sentence
        openedAt = entry.change == .opened ? entry.at : nil
        resolvedAt = entry.change == .resolved ? entry.at : nil
        changedAt = entry.at
        changes = 1
    }

    fileprivate mutating func take(_ entry: TransitionEntry) {
        cause = entry.cause
        severity = max(severity, entry.severity)
        status = entry.status
        if entry.change == .resolved { resolvedAt = entry.at }
        if !entry.sentence.isEmpty { sentence = entry.sentence }
        changedAt = entry.at
        changes += 1
    }
}
