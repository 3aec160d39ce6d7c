// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// Whether a journal file that nobody writes to any more is whole.
///
/// libsystemd does not say: of a file that was cut, zeroed or overwritten in part it hands out what it still
/// finds, and a reader with matches finds little, because the index of a matched field breaks with its first
/// lost link (systemd 252: a zeroed MiB in one file of three hid 21 % of the matched entries, without an error).
///
/// The check follows the objects from the first to the last, as `journalctl --verify` does, but for what each
/// takes to compute: hashes and compressed fields are not looked into. Damage inside one long field is not seen.
/// The format: https://systemd.io/JOURNAL_FILE_FORMAT.
struct JournalFileCheck: ~Copyable {
    enum Verdict: Equatable {
        case whole
        case damaged
        /// In a format that this check does not know.
        case unknown
    }

    private enum Kind: UInt8 {
        case data = 1
        case field, entry, dataHashTable, fieldHashTable, entryArray, tag
    }

    private let header: JournalHeader
    private let file: FileWindow
    private let isCompact: Bool
    /// journald did not end it: it may have been in the middle of an entry.
    private let isTorn: Bool
    /// Of each bucket of the data hash table, whether anything is in it; nil when the table is not looked at.
    private var filled: [Bool]?
    /// How many entries the header and the fields count, and how many the arrays of entries hold.
    /// A field's first entry is in the field itself, not in an array.
    private var counted: UInt64
    private var listed: UInt64 = 0
    private let isStopped: () -> Bool

    private static let compact: UInt32 = 1 << 4
    /// Most fields of an entry (systemd, ENTRY_FIELD_COUNT_MAX).
    private static let mostFields: UInt64 = 1024
    private static let knownFlags: UInt32 = 0b11111
    /// Largest data hash table that is looked at, in bytes: that of a file of 500 MB.
    private static let largestTable: UInt64 = 16 << 20

    /// Reads the file at `path` from end to end, as long as `isStopped` lets it, and pauses for `pause` every four
    /// MiB.
    static func verdict(
        path: String, pause: Duration = .zero, isStopped: @escaping () -> Bool = { false }
    ) -> Verdict {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .unknown }
        let file = FileWindow(descriptor, pause)
        guard let header = JournalHeader(descriptor: descriptor) else { return .damaged }
        guard header.incompatibleFlags & ~knownFlags == 0 else { return .unknown }
        guard header.end <= header.fileSize, header.headerSize >= 208 else { return .damaged }
        var check = JournalFileCheck(
            header: header, file: file, isTorn: path.hasSuffix("~"), isStopped: isStopped)
        let verdict = check.run()
        return isStopped() ? .unknown : verdict
    }

    private init(header: JournalHeader, file: FileWindow, isTorn: Bool, isStopped: @escaping () -> Bool) {
        self.header = header
        self.isTorn = isTorn
        self.file = file
        self.isStopped = isStopped
        counted = header.entries
        isCompact = header.incompatibleFlags & Self.compact != 0
    }

    private mutating func run() -> Verdict {
        guard header.lastObject != 0 else { return header.objects == 0 ? .whole : .damaged }
        guard readHashTable() else { return .damaged }
        var offset = header.headerSize
        var objects: UInt64 = 0
        while true {
            guard let size = sizeOfGoodObject(at: offset) else {
                if isTorn, offset == header.lastObject { break }
                return .damaged
            }
            objects += 1
            if offset == header.lastObject { break }
            offset = (offset + size + 7) & ~7
            guard offset <= header.lastObject else { return .damaged }
            if objects % 1024 == 0, isStopped() { return .unknown }
        }
        return agree(objects, header.objects, within: 1) && agree(counted, listed, within: Self.mostFields)
            ? .whole : .damaged
    }

    /// The counts of what is there and of what should be. A file that is torn lacks the links of its last entry.
    private func agree(_ one: UInt64, _ other: UInt64, within most: UInt64) -> Bool {
        max(one, other) - min(one, other) <= (isTorn ? most : 0)
    }

    /// The size of the object at `offset`; nil when it cannot be one.
    private mutating func sizeOfGoodObject(at offset: UInt64) -> UInt64? {
        guard offset >= header.headerSize, offset <= header.end, header.end - offset >= 32,
            let object = file.bytes(at: offset, 32), let kind = Kind(rawValue: object[0])
        else { return nil }
        let size = object.number(8)
        guard size >= smallest(kind), size <= header.end - offset else { return nil }
        switch kind {
        case .data:
            let hash = object.number(16)
            guard let entries = file.bytes(at: offset + 56, 8)?.number(0) else { return nil }
            counted &+= max(1, entries) - 1
            guard let filled else { break }
            guard filled[Int(hash % UInt64(filled.count))] else { return nil }
        case .entry:
            guard object.number(16) != 0, object.number(24) != 0 else { return nil }
        case .entryArray:
            guard isGoodArray(offset + 24, bytes: size - 24) else { return nil }
        case .field, .dataHashTable, .fieldHashTable, .tag: break
        }
        return size
    }

    private func isPlace(_ offset: UInt64) -> Bool {
        offset & 7 == 0 && offset >= header.headerSize && offset < header.end
    }

    private func smallest(_ kind: Kind) -> UInt64 {
        switch kind {
        case .data: isCompact ? 72 : 64
        case .field: 40
        case .entry, .tag: 64
        case .dataHashTable, .fieldHashTable: 32
        case .entryArray: 24
        }
    }

    /// Entries in an array are in order, and what is not yet used is at its end.
    private mutating func isGoodArray(_ start: UInt64, bytes: UInt64) -> Bool {
        let width: UInt64 = isCompact ? 4 : 8
        var previous: UInt64 = 0
        var isOver = false
        var done: UInt64 = 0
        while done + width <= bytes {
            let length = min(FileWindow.size, (bytes - done) / width * width)
            guard let items = file.bytes(at: start + done, Int(length)) else { return false }
            for index in stride(from: 0, to: Int(length), by: Int(width)) {
                let item = isCompact ? items.shortNumber(index) : items.number(index)
                if item == 0 {
                    isOver = true
                    continue
                }
                // The same entry twice: systemd before 249 kept fields that a client sent twice.
                guard !isOver, item >= previous, item & 7 == 0, item >= header.headerSize, item < header.end
                else {
                    return false
                }
                previous = item
                listed += 1
            }
            done += length
        }
        return true
    }

    /// Takes in which buckets of the data hash table are filled; false when one points out of the file.
    private mutating func readHashTable() -> Bool {
        let table = header.dataHashTable
        guard table.size >= 16, table.size <= header.arenaSize, table.offset >= header.headerSize,
            table.offset <= header.end,
            header.end - table.offset >= table.size
        else { return false }
        guard table.size <= Self.largestTable else { return true }
        var filled: [Bool] = []
        filled.reserveCapacity(Int(table.size / 16))
        var done: UInt64 = 0
        while done + 16 <= table.size {
            let length = min(FileWindow.size, (table.size - done) / 16 * 16)
            guard let items = file.bytes(at: table.offset + done, Int(length)) else { return false }
            for index in stride(from: 0, to: Int(length), by: 16) {
                let (head, tail) = (items.number(index), items.number(index + 8))
                guard (head == 0) == (tail == 0), head == 0 || isPlace(head) && isPlace(tail) else {
                    return false
                }
                filled.append(head != 0)
            }
            done += length
        }
        self.filled = filled
        return true
    }
}

/// A part of a file that moves along with its reader. Closes the descriptor at the end.
private final class FileWindow {
    /// Its size, in bytes.
    static let size: UInt64 = 256 << 10

    private static let stretch: UInt64 = 4 << 20

    private let pause: Duration
    private let descriptor: Int32
    private var sincePause: UInt64 = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(size), alignment: 8)
    private var start: UInt64 = 0
    private var count: UInt64 = 0

    init(_ descriptor: Int32, _ pause: Duration) {
        self.descriptor = descriptor
        self.pause = pause
    }

    deinit {
        buffer.deallocate()
        close(descriptor)
    }

    /// Gives back what was read before, too: the page cache of a unit counts as its memory.
    private func pace() {
        guard pause > .zero else { return }
        _ = posix_fadvise(descriptor, 0, off_t(start), POSIX_FADV_DONTNEED)
        sincePause += count
        guard sincePause >= Self.stretch else { return }
        sincePause = 0
        usleep(useconds_t(pause.microseconds))
    }

    /// The bytes at an offset, valid until the next call; nil behind the end of the file. At most ``size``.
    func bytes(at offset: UInt64, _ length: Int) -> UnsafeRawBufferPointer? {
        if offset < start || offset + UInt64(length) > start + count {
            guard offset <= UInt64(Int64.max) else { return nil }
            pace()
            start = offset
            count = UInt64(max(0, pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))))
            guard count >= length else { return nil }
        }
        return UnsafeRawBufferPointer(rebasing: buffer[Int(offset - start)..<Int(offset - start) + length])
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func number(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    fileprivate func shortNumber(_ offset: Int) -> UInt64 {
        UInt64(UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}
