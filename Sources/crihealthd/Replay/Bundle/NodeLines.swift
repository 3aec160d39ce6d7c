// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The lines of one node of a bundle, from any number of files.
///
/// Collectors write the same lines into several: `sos report` has the whole journal, that of this boot, that of each unit, and
/// what syslog made of it. A line counts as often as the file that has it most often.
struct NodeLines {
    private static let limit = 500_000

    private struct Line {
        var entry: JournalEntry
        /// Its place among the lines of all files: never before a line that stands before it in its own.
        var order: WallTime
    }

    /// How often a line was kept, and how often the file that is being read has had it.
    private struct Count {
        var kept = 0
        var here = 0
        var file = -1
    }

    private var lines: [Line] = []
    private var counts: [Int: Count] = [:]
    private var file = -1
    private var files = 0
    private var latest: WallTime?

    /// Whether there are none.
    var isEmpty: Bool { lines.isEmpty }

    /// Takes a line of the file of that number: all lines of one file come before those of the next.
    mutating func take(_ entry: JournalEntry, file: Int) {
        if file != self.file {
            self.file = file
            files += 1
            latest = nil
        }
        let order = max(latest ?? entry.at.wall, entry.at.wall)
        latest = order
        guard lines.count < Self.limit, isMore(entry) else { return }
        lines.append(Line(entry: entry, order: order))
    }

    /// Whether this file has the line more often than those before it. They may tell its time to the second only.
    private mutating func isMore(_ entry: JournalEntry) -> Bool {
        var hasher = Hasher()
        hasher.combine(entry.at.wall.microseconds / 1_000_000)
        hasher.combine(entry.source)
        hasher.combine(entry.unit)
        hasher.combine(entry.pid)
        hasher.combine(entry.message)
        let key = hasher.finalize()
        var count = counts[key] ?? Count()
        if count.file != file {
            count.file = file
            count.here = 0
        }
        count.here += 1
        defer { counts[key] = count }
        guard count.here > count.kept else { return false }
        count.kept = count.here
        return true
    }

    /// All of them in the order of their time, on both clocks.
    var arranged: [JournalEntry] {
        guard files > 1 else { return TextOrder.arrange(lines.map(\.entry)) }
        let sorted = lines.enumerated().sorted {
            ($0.element.order, $0.offset) < ($1.element.order, $1.offset)
        }
        return TextOrder.clocked(sorted.map(\.element.entry))
    }
}
