// SPDX-License-Identifier: Apache-2.0

/// Up to where a followed log file was read: what a checkpoint stores, and where reading goes on.
public struct LogFilePosition: Hashable, Codable, Sendable {
    /// The file's name; which file bears it changes with each rotation.
    public var path: String
    /// `st_dev` of the file that was read.
    public var device: UInt64
    /// `st_ino`.
    public var inode: UInt64
    /// Bytes of it that were read: whole lines.
    public var offset: UInt64
    /// FNV-1a of its first bytes, at most ``headLimit`` and at most ``offset`` of them: a file that was truncated and
    /// written again has others, and so has one that got a deleted one's number.
    public var head: UInt64
    /// When that was, by the wall clock.
    public var readAt: WallTime

    /// Most bytes that ``head`` is made of.
    public static let headLimit = 256

    /// Makes a position.
    public init(path: String, device: UInt64, inode: UInt64, offset: UInt64, head: UInt64, readAt: WallTime) {
        self.path = path
        self.device = device
        self.inode = inode
        self.offset = offset
        self.head = head
        self.readAt = readAt
    }
}

/// A piece of a log file: whole lines, in their order.
public struct LogFilePiece: Hashable, Codable, Sendable {
    /// What could not be read, and never will be.
    public enum Loss: String, Hashable, Codable, Sendable {
        /// The file was truncated, or written anew, since it was read last.
        case truncated
        /// The file that was read is gone, and what was written to it since with it.
        case rotatedAway
        /// There is more than is read at a start: its beginning was passed over.
        case skipped
    }

    /// The lines, without their ends; each at most ``JournalEntry/messageLimit`` bytes, invalid UTF-8 replaced.
    public var lines: [String]
    /// Where reading goes on.
    public var next: LogFilePosition
    /// What is missing before the first line; nil: nothing.
    public var loss: Loss?
    /// Whether there is more to be read at once.
    public var hasMore: Bool
    /// When the file was written last.
    public var writtenAt: WallTime

    /// Makes a piece.
    public init(
        lines: [String], next: LogFilePosition, loss: Loss?, hasMore: Bool, writtenAt: WallTime
    ) {
        self.lines = lines
        self.next = next
        self.loss = loss
        self.hasMore = hasMore
        self.writtenAt = writtenAt
    }
}
