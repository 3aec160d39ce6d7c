// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Puts entries that were read from text into the order of their time, and gives them a monotonic clock that follows it.
enum TextOrder {
    /// A step back of more than this is one: lines of two processes may come in either order.
    private static let slack = Duration.seconds(2)
    /// So far from its boot is the first line.
    private static let start = MonotonicTime(microseconds: 3_600_000_000)
    /// A step of more than this is no passing of time.
    private static let longest = Duration.seconds(10 * 366 * 86_400)

    /// The entries, in order, on both clocks.
    static func arrange(_ entries: [JournalEntry]) -> [JournalEntry] {
        var entries = entries
        if isBackwards(entries) { entries.reverse() }
        let sections = sections(entries)
        if sections.count > 1, areOfDifferentUnits(sections) {
            entries = entries.enumerated().sorted {
                ($0.element.at.wall, $0.offset) < ($1.element.at.wall, $1.offset)
            }
            .map(\.element)
        }
        return clocked(entries)
    }

    /// Entries that are in order, with a monotonic clock that follows it.
    static func clocked(_ entries: [JournalEntry]) -> [JournalEntry] {
        var entries = entries
        var clock = Clock()
        for index in entries.indices { clock.set(&entries[index]) }
        return entries
    }

    /// The monotonic clock of entries that come in the order in which they are taken.
    struct Clock {
        private var latest: (wall: WallTime, monotonic: MonotonicTime, boot: String?)?

        /// Sets an entry's.
        mutating func set(_ entry: inout JournalEntry) {
            var monotonic = start
            if let latest, latest.boot == entry.bootID {
                let step = entry.at.wall - latest.wall
                monotonic = latest.monotonic + (step > .zero && step < longest ? step : .microseconds(1))
            }
            entry.at.monotonic = monotonic
            latest = (entry.at.wall, monotonic, entry.bootID)
        }
    }

    /// Newest first (`journalctl -r`).
    private static func isBackwards(_ entries: [JournalEntry]) -> Bool {
        var (forth, back) = (0, 0)
        for (one, next) in zip(entries, entries.dropFirst()) {
            if next.at.wall > one.at.wall { forth += 1 } else if next.at.wall < one.at.wall { back += 1 }
        }
        return back > 2 && back > 4 * forth
    }

    /// Runs between steps back.
    private static func sections(_ entries: [JournalEntry]) -> [ArraySlice<JournalEntry>] {
        var sections: [ArraySlice<JournalEntry>] = []
        var begin = entries.startIndex
        for index in entries.indices.dropFirst()
        where entries[index - 1].at.wall - entries[index].at.wall > slack
            || entries[index].bootID != entries[index - 1].bootID
        {
            sections.append(entries[begin..<index])
            begin = index
        }
        sections.append(entries[begin...])
        return sections
    }

    /// Whether no unit speaks in two of them: one log behind another, and no clock that was set back.
    private static func areOfDifferentUnits(_ sections: [ArraySlice<JournalEntry>]) -> Bool {
        var seen: Set<String> = []
        for section in sections {
            guard section.first?.bootID == sections[0].first?.bootID else { return false }
            let units = Set(section.map { $0.unit ?? $0.source.rawValue })
            guard seen.isDisjoint(with: units) else { return false }
            seen.formUnion(units)
        }
        return true
    }
}
