// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// Changes in words.
public enum ChangeText {
    /// `crun 1.17 -> 1.18 (apt-get install crun)`; who did it only where a log says so.
    public static func phrase(_ change: Change) -> String {
        let note =
            change.by.map { " (\($0))" } ?? change.during.map { " (while it ran: \($0))" } ?? ""
        return what(change) + note
    }

    private static func what(_ change: Change) -> String {
        switch change.what {
        case .package: package(change)
        case .otherPackages: change.subject
        case .file: file(change)
        case .unit: "\(change.subject) \(change.action.rawValue)"
        case .version: "\(change.subject) runs as \(change.to ?? "another version")\(before(change))"
        case .boot: boot(change)
        }
    }

    private static func package(_ change: Change) -> String {
        switch (change.from, change.to) {
        case (let from?, let to?) where from == to: "\(change.subject) \(to) installed again"
        case (let from?, let to?): "\(change.subject) \(from) -> \(to)"
        case (let from?, nil): "\(change.subject) \(from) removed"
        case (nil, let to?):
            "\(change.subject) \(to) \(change.action == .added ? "installed" : "put in place")"
        case (nil, nil): "\(change.subject) \(change.action.rawValue)"
        }
    }

    private static func file(_ change: Change) -> String {
        guard let keys = change.keys, !keys.isEmpty else {
            return "\(change.subject) \(change.action.rawValue)"
        }
        let more = keys.count == Change.keyLimit ? ", ..." : ""
        return "\(change.subject) \(change.action.rawValue): \(keys.joined(separator: ", "))\(more)"
    }

    private static func boot(_ change: Change) -> String {
        switch (change.from, change.to) {
        case (let from?, let to?) where from != to: "the node booted, kernel \(from) -> \(to)"
        case (_, let to?): "the node booted, kernel \(to)"
        case (_, nil): "the node booted"
        }
    }

    private static func before(_ change: Change) -> String { change.from.map { ", before as \($0)" } ?? "" }

    /// What changed before an incident, on one line: `06:30:02 crun 1.17 -> 1.18; 06:29:58 3 other packages`.
    static func before(_ incident: Incident) -> String? {
        guard let changes = incident.changedBefore, !changes.isEmpty else { return nil }
        return changes.map { TimeText.stamp($0.at, on: incident.openedAt) + " " + phrase($0) }
            .joined(separator: "; ")
    }

    /// The objects of `/v1/changes` as an array, with one line break at the end.
    public static func json(_ changes: [Change]) -> [UInt8] {
        JSONText.encode(changes.map(ChangeJSON.init), pretty: true)
    }

    /// A list, oldest first, with the date before each day's.
    public static func render(_ changes: [Change], width: Int = 80, zone: UTCOffset = .utc) -> String {
        var writer = TextWriter(width: width)
        if changes.isEmpty { writer.line("No change is known.") }
        var date = ""
        for change in changes {
            let at = zone.shifted(change.at)
            if at.date != date {
                date = at.date
                writer.line(date + (zone == .utc ? " UTC" : " \(zone)"))
            }
            let kind = change.what == .otherPackages ? "package" : change.what.rawValue
            let lead = "  \(at.clock)  " + TimeText.padded(kind, 9)
            writer.paragraph(
                phrase(change), lead: lead, indent: writer.width < 60 ? TextWriter.fieldIndent : lead.count)
        }
        return writer.text
    }
}
