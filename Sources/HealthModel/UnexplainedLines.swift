// SPDX-License-Identifier: Apache-2.0

/// Error lines of watched units that no rule knows, grouped by shape: what crihealthd cannot explain, and does not pass over.
public struct UnexplainedLines: Hashable, Codable, Sendable {
    /// Lines that differ only in what changes from line to line.
    public struct Group: Hashable, Codable, Sendable {
        /// The unit that wrote them.
        public var unit: String
        /// What they have in common, from its end: numbers, ids and paths are `#`, quoted text is `"…"`.
        public var shape: String
        /// The latest of them, at most 1 KiB; of a longer one the beginning and the end.
        public var example: String
        /// How many there were.
        public var count: UInt64
        /// When the first came.
        public var first: WallTime
        /// When the latest came.
        public var last: WallTime

        /// Makes a group.
        public init(
            unit: String, shape: String, example: String, count: UInt64, first: WallTime, last: WallTime
        ) {
            self.unit = unit
            self.shape = shape
            self.example = example
            self.count = count
            self.first = first
            self.last = last
        }
    }

    /// The groups, most lines first; bounded.
    public var groups: [Group]
    /// Lines of groups that are no longer kept.
    public var others: UInt64

    /// Makes a value; nothing is unexplained by default.
    public init(groups: [Group] = [], others: UInt64 = 0) {
        self.groups = groups
        self.others = others
    }

    /// Whether there are none.
    public var isEmpty: Bool { groups.isEmpty && others == 0 }

    /// How many lines there were.
    public var lines: UInt64 { groups.reduce(others) { $0 &+ $1.count } }

    /// Those whose latest line is no older than `age` at `now`.
    public func since(_ age: Duration, before now: WallTime) -> UnexplainedLines {
        UnexplainedLines(groups: groups.filter { now - $0.last <= age })
    }
}
