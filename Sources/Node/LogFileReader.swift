// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// Reads what was appended to a log file, through rotation by rename (lumberjack, logrotate) and by truncation
/// (copytruncate), in bounded pieces. It holds no state: the position tells all.
public struct LogFileReader: Sendable {
    /// Bounds of one piece.
    public struct Limits: Hashable, Sendable {
        /// Bytes that are read of the file.
        public var bytes: Int
        /// Of a file that was never read: so much of its end.
        public var backlog: UInt64
        /// Files beside it that are looked at for the one that was read.
        public var siblings: Int

        /// Makes bounds.
        public init(bytes: Int = 1 << 20, backlog: UInt64 = 8 << 20, siblings: Int = 256) {
            self.bytes = bytes
            self.backlog = backlog
            self.siblings = siblings
        }
    }

    private let root: String
    private let limits: Limits

    /// Reads below `root`, which tests replace.
    public init(root: String = "/", limits: Limits = .init()) {
        self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
        self.limits = limits
    }

    /// The next piece of the file at `path`; nil when there is no such regular file, it may not be read, or others than
    /// root (and who runs this) can write it or a directory on the way to it.
    ///
    /// - Parameter position: Where the last piece ended; nil: it was never read.
    public func read(_ path: String, from position: LogFilePosition?) -> LogFilePiece? {
        guard let slash = path.lastIndex(of: "/"),
            TrustedFolder.isTrusted(root + path[..<slash], below: root)
        else { return nil }
        guard let position else { return begin(path) }
        if let current = LogFileHandle(root + path), current.isSame(as: position) {
            guard !current.hasHead(of: position) else {
                return piece(current, path, from: position.offset, loss: nil, isLast: true)
            }
            return piece(current, path, from: 0, loss: .truncated, isLast: true)
        }
        return afterRotation(path, position)
    }

    private func begin(_ path: String) -> LogFilePiece? {
        guard let file = LogFileHandle(root + path) else { return nil }
        guard file.size > limits.backlog else { return piece(file, path, from: 0, loss: nil, isLast: true) }
        let start = file.lineStart(after: file.size - limits.backlog, within: limits.bytes)
        return piece(file, path, from: start, loss: .skipped, isLast: true)
    }

    /// The name leads to another file, or to none. What is left of the old one comes first, then those that were rotated
    /// meanwhile, in the order in which they were written last, then the new one from its begin.
    private func afterRotation(_ path: String, _ position: LogFilePosition) -> LogFilePiece? {
        let siblings = siblings(of: path)
        if let old = siblings.first(where: { $0.handle.isSame(as: position) })?.handle,
            old.hasHead(of: position)
        {
            if old.size > position.offset {
                return piece(old, path, from: position.offset, loss: nil, isLast: false)
            }
            let later = siblings.filter {
                !$0.handle.isSame(as: position) && old.modifiedAt < $0.handle.modifiedAt
            }
            if let next = later.min(by: { $0.handle.modifiedAt < $1.handle.modifiedAt })?.handle {
                return piece(next, path, from: 0, loss: nil, isLast: false)
            }
            return LogFileHandle(root + path).flatMap { piece($0, path, from: 0, loss: nil, isLast: true) }
        }
        return LogFileHandle(root + path).flatMap {
            piece($0, path, from: 0, loss: .rotatedAway, isLast: true)
        }
    }

    /// Files that were this one: `containerd-2026-11-30T12-00-00.000.log`, `containerd.log.1`, `containerd.log-20261130`;
    /// those that were compressed are passed over.
    private func siblings(of path: String) -> [(name: String, handle: LogFileHandle)] {
        guard let slash = path.lastIndex(of: "/") else { return [] }
        let folder = String(path[..<slash])
        let name = path[path.index(after: slash)...]
        let stem = name.hasSuffix(".log") ? name.dropLast(4) : name
        var names: [String] = []
        try? Files(root: root).forEachName(folder) { found in
            if Self.isRotated(found, of: String(name), stem: String(stem)) { names.append(found) }
            return names.count < limits.siblings
        }
        return names.compactMap { name in LogFileHandle("\(root)\(folder)/\(name)").map { (name, $0) } }
    }

    /// A number follows the name: another program's log is another name.
    private static func isRotated(_ found: String, of name: String, stem: String) -> Bool {
        guard ![".gz", ".xz", ".zst", ".bz2"].contains(where: found.hasSuffix) else { return false }
        return ["\(stem)-", "\(name).", "\(name)-"].contains { prefix in
            found.hasPrefix(prefix) && found.dropFirst(prefix.count).first?.isNumber == true
        }
    }

    /// - Parameter isLast: Whether it is the file that is written to: another one has more behind it.
    private func piece(
        _ file: LogFileHandle, _ path: String, from offset: UInt64, loss: LogFilePiece.Loss?, isLast: Bool
    ) -> LogFilePiece? {
        guard var bytes = file.bytes(from: offset, limit: limits.bytes) else { return nil }
        let isWhole = bytes.count < limits.bytes
        if let end = bytes.lastIndex(of: 0x0A) {
            // The last line of a file that nobody writes to any more is a line without its end.
            if isLast || !isWhole { bytes = Array(bytes[...end]) }
        } else if isWhole, isLast {
            bytes = []
        }
        let next = offset + UInt64(bytes.count)
        let position = LogFilePosition(
            path: path, device: file.device, inode: file.inode, offset: next,
            head: file.head(upTo: next) ?? 0,
            readAt: WallTime(microseconds: Files.microsecondsNow))
        return LogFilePiece(
            lines: Self.lines(bytes), next: position, loss: loss, hasMore: !isWhole || !isLast,
            writtenAt: file.modifiedAt)
    }

    /// Without the ends; an empty line says nothing.
    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: 0x0A).compactMap { line in
            let line = line.last == 0x0D ? line.dropLast() : line
            guard !line.isEmpty else { return nil }
            return String(decoding: line.prefix(JournalEntry.messageLimit), as: UTF8.self)
        }
    }
}
