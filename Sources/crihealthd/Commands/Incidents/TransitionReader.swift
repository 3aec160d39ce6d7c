// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Systemd

/// Reads the changes of incidents that the daemon wrote to the journal.
struct TransitionReader {
    /// What was read.
    struct Reading {
        /// In the order of the journal.
        var entries: [TransitionEntry] = []
        /// Changes that were too many at once, and are told by their number alone.
        var withheld = 0
        /// Whether there were more than are taken in.
        var isCut = false
        /// The oldest entry of the whole journal; nil when it holds none that may be read.
        var journalBegins: WallTime?
        /// Whether the daemon wrote anything at all in the span.
        var hasDaemon = false

        /// What the reader should know about what is missing.
        func note(since: WallTime) -> String? {
            if isCut {
                return "only the first \(TransitionReader.limit) changes are read: give a later --since"
            }
            if !hasDaemon {
                return
                    "crihealthd wrote nothing to this journal in that time: whether anything was wrong is not known"
            }
            guard let journalBegins, journalBegins > since else { return nil }
            return "the journal begins at \(journalBegins): nothing older is known"
        }
    }

    /// Most entries that are taken in.
    static let limit = 20_000
    /// Longest field value that is kept, in bytes.
    private static let fieldLimit = 2048

    /// Where the journal is.
    var location: JournalLocation
    /// Of this kind only, in small letters.
    var kind: String?

    /// Reads the span; `to` is nil for the journal's end.
    func read(from: WallTime, to: WallTime?) throws(SystemdError) -> Reading {
        let journal = try Journal(location)
        var reading = Reading()
        reading.journalBegins = try journal.oldest()
        try journal.setMatches(Self.matches)
        try journal.seek(wall: from)
        while try journal.next() {
            let at = try journal.wallTime()
            if let to, at > to { break }
            let fields = try Self.fields(journal)
            guard !Speaker.isContainer(unit: fields["_SYSTEMD_UNIT"], cgroup: fields["_SYSTEMD_CGROUP"])
            else { continue }
            if let count = fields["CRIHEALTHD_WITHHELD"].flatMap({ Int($0) }) {
                reading.withheld = min(reading.withheld.addingClamped(max(count, 0)), 1_000_000_000)
            }
            guard at >= from, let entry = TransitionEntry(at: at, fields: fields),
                kind.map({ $0 == entry.kind.lowercased() }) ?? true
            else { continue }
            guard reading.entries.count < Self.limit else {
                reading.isCut = true
                break
            }
            reading.entries.append(entry)
        }
        if !reading.entries.isEmpty {
            reading.hasDaemon = true
        } else {
            try journal.setMatches(Self.daemon)
            try journal.seek(wall: from)
            if try journal.next() {
                let at = try journal.wallTime()
                reading.hasDaemon = to.map { at <= $0 } ?? true
            }
        }
        return reading
    }

    /// Whatever it, or systemd about it, says: that it started is word enough.
    private static let daemon = JournalMatches(
        groups: writers + [[.init("UNIT", "crihealthd.service"), .init("_PID", "1")]])

    /// By MESSAGE_ID, which the index knows, and by who wrote it.
    static let matches: JournalMatches = {
        var id = JournalMatches.Term("MESSAGE_ID")
        id.values = TransitionMessageID.all
        return JournalMatches(groups: writers.map { [id] + $0 })
    }()

    /// The service; and what root runs by hand, from the file that this program is. Both fields are journald's own
    /// (systemd.journal-fields(7), trusted fields). A container may hold a file of the same path: what is of a container's
    /// cgroup is left out.
    private static let writers: [JournalMatches.Group] = {
        var groups: [JournalMatches.Group] = [[.init("_SYSTEMD_UNIT", "crihealthd.service")]]
        if let own = FileBytes.linkTarget("/proc/self/exe") {
            groups.append([.init("_UID", "0"), .init("_EXE", own)])
        }
        return groups
    }()

    private static func fields(_ journal: Journal) throws(SystemdError) -> [String: String] {
        var fields: [String: String] = [:]
        try journal.forEachField { name, value in
            let name = name.text
            let isOurs = name == "MESSAGE" || name.hasPrefix("CRIHEALTHD_")
            if name.hasPrefix("_SYSTEMD_") || isOurs && fields.count < 16 {
                fields[name] = value.extracting(first: fieldLimit).text
            }
            return true
        }
        return fields
    }
}
