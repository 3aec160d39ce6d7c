// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// What the header of a journal file says about the file (https://systemd.io/JOURNAL_FILE_FORMAT, "Header").
struct JournalHeader {
    let identity: FileIdentity
    /// Size of the file, in bytes.
    let fileSize: UInt64
    /// Features that a reader must know to read the file.
    let incompatibleFlags: UInt32
    /// Size of the header: the first object is behind it.
    let headerSize: UInt64
    /// Size of what is behind the header.
    let arenaSize: UInt64
    /// Where the items of the data hash table are, and how many bytes they take.
    let dataHashTable: (offset: UInt64, size: UInt64)
    /// Where the last object begins; 0 when there is none.
    let lastObject: UInt64
    /// How many objects were written.
    let objects: UInt64
    /// How many entries were written.
    let entries: UInt64
    let firstEntry: WallTime?
    let lastEntry: WallTime?

    /// Where the file ends, by what it says itself.
    var end: UInt64 { headerSize &+ arenaSize }

    /// Reads the header; nil when the file cannot be read or is not a journal.
    init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        self.init(descriptor: descriptor)
    }

    /// Reads the header of an open file.
    init?(descriptor: Int32) {
        var status = stat()
        var bytes = [UInt8](repeating: 0, count: 208)
        guard fstat(descriptor, &status) == 0, pread(descriptor, &bytes, bytes.count, 0) == bytes.count,
            bytes.starts(with: Array("LPKSHHRH".utf8))
        else { return nil }
        identity = FileIdentity(status)
        fileSize = UInt64(clamping: status.st_size)
        incompatibleFlags = UInt32(truncatingIfNeeded: Self.number(bytes[12..<16]))
        headerSize = Self.number(bytes[88..<96])
        arenaSize = Self.number(bytes[96..<104])
        dataHashTable = (Self.number(bytes[104..<112]), Self.number(bytes[112..<120]))
        lastObject = Self.number(bytes[136..<144])
        objects = Self.number(bytes[144..<152])
        entries = Self.number(bytes[152..<160])
        let (first, last) = (Self.time(bytes[184..<192]), Self.time(bytes[192..<200]))
        let isOrdered = first.flatMap { first in last.map { first <= $0 } } ?? true
        firstEntry = isOrdered ? first : nil
        lastEntry = last
    }

    private static func time(_ bytes: ArraySlice<UInt8>) -> WallTime? {
        let number = number(bytes)
        // libsystemd takes no later one either (`TIMESTAMP_UPPER`; systemd 252, VALID_REALTIME).
        return number == 0 || number >= 1 << 55 ? nil : WallTime(microseconds: Int64(clamping: number))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
