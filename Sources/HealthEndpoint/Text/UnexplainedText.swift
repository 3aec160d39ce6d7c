// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// Error lines that nothing explains: below what is known to be wrong, and never part of it.
public enum UnexplainedText {
    /// Most kinds that are told; the rest is counted.
    static let limit = 5
    /// How old they may be on a page of now.
    static let age = Duration.seconds(3600)

    /// What is told of the page's lines.
    static func told(_ snapshot: Snapshot, _ origin: TextPage.Origin) -> UnexplainedLines {
        origin == .recording
            ? snapshot.unexplained : snapshot.unexplained.since(age, before: snapshot.at.wall)
    }

    /// `14 error lines of 3 kinds that crihealthd cannot explain`.
    static func title(_ lines: UnexplainedLines) -> String {
        let kinds =
            lines.others > 0
            ? "more than \(lines.groups.count) kinds" : TimeText.count(UInt64(lines.groups.count), "kind")
        return "\(TimeText.count(lines.lines, "error line")) of \(kinds) that crihealthd cannot explain"
    }

    /// `03:12:05 to 03:40:11`.
    static func span(_ group: UnexplainedLines.Group, _ now: WallTime) -> String {
        let first = TimeText.stamp(group.first, on: now)
        return group.count == 1 ? first : first + " to " + TimeText.stamp(group.last, on: now)
    }

    static func write(
        _ lines: UnexplainedLines, _ origin: TextPage.Origin, now: WallTime, to writer: inout TextWriter
    ) {
        guard !lines.isEmpty else { return }
        writer.blank()
        writer.paragraph(title(lines))
        for group in lines.groups.prefix(limit) {
            let count = "\(group.count) ×"
            let lead = "  " + String(repeating: " ", count: max(0, 6 - count.count)) + count + "  "
            writer.paragraph("\(name(group.unit))  \(group.shape)", lead: lead, indent: 10, maximum: 4)
            writer.line(span(group, now), indent: 10)
        }
        if lines.groups.count > limit {
            writer.line("and \(lines.groups.count - limit) kinds more" + origin.place("/v1/state"), indent: 2)
        }
    }

    /// The same as a text of its own, of a recording; empty where there are none.
    public static func render(_ lines: UnexplainedLines, now: WallTime, width: Int) -> String {
        var writer = TextWriter(width: width)
        write(lines, .recording, now: now, to: &writer)
        return writer.text
    }

    private static func name(_ unit: String) -> String {
        unit.hasSuffix(".service") ? String(unit.dropLast(8)) : unit
    }
}
