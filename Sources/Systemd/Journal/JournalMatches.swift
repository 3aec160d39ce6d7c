// SPDX-License-Identifier: Apache-2.0

/// Which entries a journal reader wants: a disjunction of groups, each a conjunction of fields, each with its
/// alternatives. The matches are pushed down to libsystemd, which walks the index of each file
/// (man sd_journal_add_match).
public struct JournalMatches: Hashable, Sendable {
    /// One field and the values that it may have (any of them).
    public struct Term: Hashable, Sendable {
        /// `_SYSTEMD_UNIT`. Upper case, digits and `_`; names that begin with `__` cannot be matched.
        public var field: String
        /// Any of these.
        public var values: [String]

        /// Makes a term.
        public init(_ field: String, _ values: String...) {
            self.field = field
            self.values = values
        }
    }

    /// Terms that must all hold.
    public typealias Group = [Term]

    /// The groups, any of which must hold; no group at all matches every entry.
    public private(set) var groups: [Group]

    /// Makes matches from groups; empty groups are dropped, because each would match everything.
    public init(groups: [Group] = []) {
        self.groups = groups.filter { !$0.isEmpty }
    }

    /// Every entry.
    public static let everything = JournalMatches()

    /// Either.
    public static func | (a: Self, b: Self) -> Self {
        Self(groups: a.groups + b.groups.filter { !a.groups.contains($0) })
    }

    /// Either, in place.
    public static func |= (a: inout Self, b: Self) { a = a | b }
}

extension JournalMatches {
    /// What `journalctl -u` matches (systemd 252 and 262, `src/shared/logs-show.c`, add_matches_for_unit):
    /// the unit's own lines, and what PID 1, journald and systemd-coredump say about it. Where `journalctl` believes all
    /// of root's processes (`_UID=0`), these are asked for by a trusted field: see ``Speaker``.
    ///
    /// 262 asks for `_SYSTEMD_CGROUP=/init.scope` where 252 asks for `_PID=1`; both are matched.
    public static func unit(_ name: String) -> Self { units([name]) }

    /// What `journalctl -u` with several units matches.
    public static func units(_ names: [String]) -> Self {
        guard !names.isEmpty else { return .nothing }
        func any(_ field: String) -> Term {
            var term = Term(field)
            term.values = names
            return term
        }
        return Self(groups: [
            [any("_SYSTEMD_UNIT")],
            [Term("_PID", "1"), any("UNIT")],
            [Term("_UID", "0"), Term("_SYSTEMD_CGROUP", "/init.scope"), any("UNIT")],
            [Term("_TRANSPORT", "driver"), any("OBJECT_SYSTEMD_UNIT")],
            [
                Term("MESSAGE_ID", "fc2e22bc6ee647b6b90729ab34a250b1"), Term("_COMM", "systemd-coredum"),
                Term("_UID", "0"), any("COREDUMP_UNIT"),
            ],
        ])
    }

    /// No entry: a value that no journal holds, because libsystemd reads an empty list as "everything".
    public static let nothing = Self(groups: [[Term("_SYSTEMD_UNIT", "")]])

    /// conmon, CRI-O's monitor, which runs in a scope of its own. The identifier alone could be forged by any
    /// user; `_COMM` is trusted, though anybody may name a program conmon.
    public static let conmon = Self(groups: [
        [Term("SYSLOG_IDENTIFIER", "conmon"), Term("_COMM", "conmon"), Term("_UID", "0")]
    ])

    /// The kernel's log. Only its out-of-memory and hung-task lines say anything here, but their text cannot
    /// be matched by the index: the follower's prefilter picks them.
    public static let kernel = Self(groups: [[Term("_TRANSPORT", "kernel")]])

    /// journald's own notices of entries that nobody will ever see: a unit's lines suppressed by the rate
    /// limit, and kernel messages missed (`sd-messages.h`).
    public static let journalLoss = Self(groups: [
        [
            Term("_TRANSPORT", "driver"),
            Term("MESSAGE_ID", "a596d6fe7bfa4994828e72309e95d61e", "e9bf28e6e834481bb6f48f548ad13606"),
        ]
    ])

    /// logind: the machine shuts down.
    public static let shutdown = Self(groups: [
        [
            Term("MESSAGE_ID", "98268866d1d54a499c4e98921d93bc40"),
            Term("_SYSTEMD_UNIT", "systemd-logind.service"),
        ]
    ])
}
