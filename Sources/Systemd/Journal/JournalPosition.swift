// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// Up to where the journal was handled: what a checkpoint stores, and where a follower resumes.
///
/// A cursor alone does not do. journald stamps all lines that it read in one go with the same time, and
/// flushing /run to /var gives each entry a new number: the cursor is then unknown, and only time and content
/// tell which entries of that instant were handled.
public struct JournalPosition: Hashable, Codable, Sendable {
    /// Cursor of the last entry that was handled.
    public var cursor: String
    /// Its boot: 32 hex digits.
    public var bootID: String
    /// How many entries of its instant were handled, itself included.
    public var handled: Int
    /// Hashes of their messages, in order; the last ``hashLimit`` of them.
    public var hashes: [UInt64]
    /// Everything that was in the journal by then was read; nil when the follower was still behind.
    public var readUntil: WallTime?
    /// Files with entries from here on were read, but not yet looked through for damage; nil when all were.
    public var unexaminedSince: WallTime?

    /// Most hashes that are kept.
    public static let hashLimit = 1024

    /// Makes a position.
    public init(
        cursor: String, bootID: String, handled: Int, hashes: [UInt64] = [], readUntil: WallTime? = nil,
        unexaminedSince: WallTime? = nil
    ) {
        self.cursor = cursor
        self.bootID = bootID
        self.handled = handled
        self.hashes = hashes
        self.readUntil = readUntil
        self.unexaminedSince = unexaminedSince
    }
}
