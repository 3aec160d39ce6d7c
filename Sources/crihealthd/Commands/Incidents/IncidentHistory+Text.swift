// SPDX-License-Identifier: Apache-2.0
import HealthEndpoint
import HealthModel

extension IncidentHistory {
    /// For a person: each episode in two or three lines, then what is missing.
    func text(since: WallTime, width: Int, isColoured: Bool, zone: UTCOffset = .utc) -> String {
        let since = zone.shifted(since)
        guard !episodes.isEmpty || withheld > 0 else {
            return "No incident since \(since.date) \(since.clock) \(zone).\n"
        }
        var text = episodes.map { Self.text($0, width: width, isColoured: isColoured, zone) }.joined()
        if withheld > 0 {
            text += TerminalText.wrap(
                "\(withheld) more changes were too many at once for the journal, and are not told here.",
                indent: 0, columns: width)
        }
        return text
    }

    private static func text(
        _ episode: Episode, width: Int, isColoured: Bool, _ zone: UTCOffset
    ) -> String {
        let began = zone.shifted(episode.openedAt ?? episode.changedAt)
        let tag = episode.resolvedAt == nil ? episode.severity.rawValue.uppercased() : "RESOLVED"
        let padded = tag + String(repeating: " ", count: max(0, 8 - tag.utf8.count))
        let head = "\(began.date) \(began.clock) \(zone)  "
        let indent = width < 60 ? 4 : head.utf8.count
        let first = TerminalText.wrap(
            episode.sentence, lead: head + padded + "  ", indent: indent, columns: width)
        let what = ["\(episode.kind)/\(episode.cause)", episode.subject, span(episode)]
        let second = TerminalText.wrap(
            what.filter { !$0.isEmpty }.joined(separator: ", "),
            lead: String(repeating: " ", count: indent), indent: indent, columns: width)
        return Paint.marked(first, tag, isOn: isColoured) + second
    }

    private static func span(_ episode: Episode) -> String {
        guard let resolved = episode.resolvedAt else {
            return episode.status == .suspected ? "suspected" : "open"
        }
        let severity = episode.severity.rawValue
        guard let opened = episode.openedAt else { return "\(severity), opened before" }
        return "\(severity), lasted \(max(.zero, resolved - opened).brief)"
    }
}
