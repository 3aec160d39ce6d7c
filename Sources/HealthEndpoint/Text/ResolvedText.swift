// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What was wrong on a node that is well.
struct Past {
    /// How long something that is over stays among the first things that are told.
    static let fresh: Duration = .seconds(3600)

    private let snapshot: Snapshot
    /// The one that ended last of those that hurt.
    let last: Incident?

    init(_ snapshot: Snapshot) {
        self.snapshot = snapshot
        last = snapshot.resolved.filter { $0.severity >= .warning }
            .max { ($0.resolvedAt ?? $0.lastSeenAt) < ($1.resolvedAt ?? $1.lastSeenAt) }
    }

    /// Whether nothing is open, and something was within the hour.
    var isFresh: Bool {
        guard snapshot.open.isEmpty, let end = snapshot.resolved.compactMap(\.resolvedAt).max() else {
            return false
        }
        return snapshot.at.wall - end < Self.fresh
    }

    /// `healthy since 03:20:05; before that 22 min of CreateFailing/DiskFull (66af9f10)`; nil for a node that is not healthy,
    /// or of which nothing else is known.
    var words: String? {
        guard snapshot.verdict == .healthy, let last else { return nil }
        let end = last.resolvedAt ?? last.lastSeenAt
        let since = TimeText.stamp(end, on: snapshot.at.wall)
        let lasted = TimeText.span(last.openedAt, end)
        return "healthy since \(since); before that \(lasted) of \(last.kind.rawValue)/\(last.cause)"
            + " (\(IncidentText.shortID(last)))"
    }
}

/// What is over.
enum ResolvedText {
    /// Most that are listed.
    static let limit = 8

    static func write(_ snapshot: Snapshot, _ origin: TextPage.Origin, to writer: inout TextWriter) {
        guard !snapshot.resolved.isEmpty else { return }
        writer.blank()
        writer.line("Recently resolved" + (origin == .daemon ? " (all of it: crihealthd explain ID)" : ""))
        for incident in snapshot.resolved.prefix(limit) { write(incident, snapshot.at.wall, to: &writer) }
        if snapshot.resolved.count > limit {
            writer.line(
                "and \(snapshot.resolved.count - limit) more"
                    + origin.place("/v1/incidents?status=resolved"), indent: 2)
        }
    }

    /// `66af9f10  01:42:28, lasted 49 s, RuntimeDown/Killed: containerd was killed (SIGKILL)`.
    private static func write(_ incident: Incident, _ now: WallTime, to writer: inout TextWriter) {
        let stamp = TimeText.stamp(incident.openedAt, on: now)
        let lasted = TimeText.span(incident.openedAt, incident.resolvedAt ?? incident.lastSeenAt)
        let id = Printable.line(IncidentText.shortID(incident), limit: 32)
        let isNarrow = writer.width < 60
        writer.paragraph(
            "\(stamp), lasted \(lasted), \(incident.kind.rawValue)/\(incident.cause): \(incident.sentence)",
            lead: "  \(id)  ", indent: isNarrow ? 4 : min(id.unicodeScalars.count + 4, 12), maximum: 3)
    }
}
