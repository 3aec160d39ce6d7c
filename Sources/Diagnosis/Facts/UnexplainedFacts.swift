// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Error lines that no rule knows, by unit and shape; bounded.
struct UnexplainedFacts: Hashable, Codable, Sendable {
    /// Most groups that are kept.
    static let groupLimit = 64
    private static let exampleLimit = 1024

    private struct Key: Hashable, Codable {
        var unit: String
        var shape: String
    }

    private var groups: [Key: UnexplainedLines.Group] = [:]
    private var others: UInt64 = 0

    /// Takes a line that nothing is known of.
    mutating func take(_ entry: JournalEntry, unit: String) {
        let key = Key(unit: unit, shape: LineShape.of(LogLine(entry.message)))
        let at = entry.at.wall
        if var group = groups[key] {
            group.count &+= 1
            group.first = min(group.first, at)
            if at >= group.last { (group.last, group.example) = (at, Self.example(entry.message)) }
            groups[key] = group
            return
        }
        if groups.count >= Self.groupLimit { forgetOne() }
        groups[key] = UnexplainedLines.Group(
            unit: unit, shape: key.shape, example: Self.example(entry.message), count: 1, first: at, last: at)
    }

    /// The one that was heard of least lately.
    private mutating func forgetOne() {
        let oldest = groups.min { a, b in
            (a.value.last, a.key.unit, a.key.shape) < (b.value.last, b.key.unit, b.key.shape)
        }
        guard let oldest else { return }
        others &+= oldest.value.count
        groups[oldest.key] = nil
    }

    private static func example(_ message: String) -> String {
        // What a cut would divide is masked as a whole.
        let bytes = Array(Secrets.mask(message).utf8)
        guard bytes.count > exampleLimit else { return PlainText.clean(bytes, limit: exampleLimit) }
        return PlainText.clean(bytes.prefix(exampleLimit / 4), limit: exampleLimit / 4)
            + LineShape.tail(bytes, limit: exampleLimit / 4 * 3 - 3)
    }

    /// How long a line keeps anybody from being certain.
    private static let doubt = Duration.seconds(3600)

    /// Whether none came lately.
    func isQuiet(at now: WallTime) -> Bool { !groups.values.contains { now - $0.last <= Self.doubt } }

    /// All of them, most lines first.
    var lines: UnexplainedLines {
        UnexplainedLines(
            groups: groups.values.sorted { ($1.count, $0.unit, $0.shape) < ($0.count, $1.unit, $1.shape) },
            others: others)
    }
}
