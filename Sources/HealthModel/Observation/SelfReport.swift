// SPDX-License-Identifier: Apache-2.0

/// What the daemon knows about its own sight and hearing.
public enum SelfReport: Hashable, Codable, Sendable {
    /// The journal can be read (again), or why not.
    case journal(JournalHealth)
    /// Entries that could not be seen.
    case blind(BlindWindow)
    /// The bus to systemd answers (again), or why not.
    case bus(problem: String?)
    /// The HTTP listener has its address (nil), or why not.
    case listener(address: String, problem: String?)
    /// The checkpoint could be written (nil), or why not.
    case checkpoint(problem: String?)
    /// The files of the node's own rules that are not in force, each with its line and what was meant; empty: all are.
    case rules(refused: [String])
    /// The endpoints that are watched from now on, all of them: what is no longer among them is nobody's any more.
    case endpoints([Endpoint])
}

/// State of the journal follower.
public enum JournalHealth: Hashable, Codable, Sendable {
    /// Reading, woken by inotify.
    case following
    /// Reading, by polling: there is no inotify (`errno`, mostly EMFILE).
    case polling(errno: Int32)
    /// Nothing to read: there is no journal file at all.
    case noFiles
    /// Behind, catching up with a backlog.
    case catchingUp
    /// Not readable: errno and what was tried.
    case failed(errno: Int32, operation: String)
}

/// A span of the journal that could not be seen, declared and never hidden.
public struct BlindWindow: Hashable, Codable, Sendable {
    /// Why.
    public enum Reason: String, Hashable, Codable, Sendable, CaseIterable {
        /// journald suppressed lines of a unit (rate limit).
        case suppressed
        /// journald missed kernel lines.
        case kernelMissed
        /// The saved position was vacuumed away.
        case vacuumed
        /// A file was damaged or truncated under the reader.
        case damaged
        /// The daemon did not run, and the journal does not reach back.
        case downtime
        /// More backlog than the daemon reads.
        case skipped
    }

    /// Why.
    public var reason: Reason
    /// Start, as well as it is known.
    public var from: WallTime?
    /// End, as well as it is known.
    public var to: WallTime?
    /// The unit, if it concerns only one.
    public var unit: String?
    /// How many entries; nil when nobody can know.
    public var entries: UInt64?

    /// Makes a window.
    public init(reason: Reason, from: WallTime?, to: WallTime?, unit: String? = nil, entries: UInt64? = nil) {
        self.reason = reason
        self.from = from
        self.to = to
        self.unit = unit
        self.entries = entries
    }
}

extension BlindWindow {
    /// What journald itself says that it lost; nil for any other entry.
    public init?(notice entry: JournalEntry) {
        guard entry.source == .journald else { return nil }
        let count = entry.fields["N_DROPPED"].flatMap { UInt64($0) }
        switch entry.messageID {
        case MessageID.journalDropped:
            self.init(reason: .suppressed, from: nil, to: entry.at.wall, unit: entry.unit, entries: count)
        case MessageID.journalMissed:
            self.init(reason: .kernelMissed, from: nil, to: entry.at.wall, entries: count)
        default: return nil
        }
    }
}
