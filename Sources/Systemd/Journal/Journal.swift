// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import CSystemd
import Glibc
public import HealthModel
import Synchronization

/// An open journal (`sd_journal`), read forwards or backwards (man sd-journal).
///
/// ## Concurrency
/// Not Sendable: use it from one serial queue for its whole life. libsystemd 247 and later ask for one thread
/// at a time, not for always the same one (man page since 257; true since the library left its thread-bound
/// memory pool in late 2018).
///
/// Every method throws what libsystemd returns. Memory: libsystemd keeps up to 64 windows of 8 MiB mapped; it
/// is clean page cache, see ``releaseWindows()``.
public final class Journal {
    let handle: OpaquePointer

    /// Size of the largest field that was enumerated so far, in bytes.
    private(set) var longestField = 0

    /// How many journals of this process are open, and the lock that opening, closing and giving windows back
    /// share.
    private static let openJournals = Mutex(0)

    /// What changed since the last look (man sd_journal_process).
    public enum Change: Int32, Sendable {
        /// Nothing.
        case nothing = 0
        /// Entries were appended.
        case appended = 1
        /// Files came or went. To a sequential reader the same as ``appended``, but the /run to /var flush
        /// shows so.
        case invalidated = 2
    }

    /// Opens a journal. Nothing is watched yet: call ``wait(_:)`` with zero first, then seek.
    public init(_ location: JournalLocation) throws(SystemdError) {
        try SystemdError.check(clinux_journal_sigbus_install(), "sigaction")
        var opened: OpaquePointer?
        let result = Self.openJournals.withLock { count in
            let result = Self.open(&opened, location)
            if result >= 0, opened != nil { count += 1 }
            return result
        }
        try SystemdError.check(result, Self.operation(location), location.subject)
        guard let opened else {
            throw SystemdError(operation: "sd_journal_open", errno: EINVAL, subject: location.subject)
        }
        handle = opened
    }

    deinit {
        Self.openJournals.withLock { count in
            sd_journal_close(handle)
            count -= 1
        }
    }

    private static func open(_ into: inout OpaquePointer?, _ location: JournalLocation) -> Int32 {
        switch location {
        case .system:
            return sd_journal_open(&into, Int32(SD_JOURNAL_LOCAL_ONLY) | Int32(SD_JOURNAL_SYSTEM))
        case .directory(let path):
            return sd_journal_open_directory(&into, path, Int32(SD_JOURNAL_SYSTEM))
        case .files(let paths):
            var list: [UnsafeMutablePointer<CChar>?] = paths.map { strdup($0) }
            defer { list.forEach { free($0) } }
            list.append(nil)
            return list.withUnsafeBufferPointer { buffer in
                buffer.withMemoryRebound(to: UnsafePointer<CChar>?.self) { rebound in
                    guard let base = rebound.baseAddress else { return -EINVAL }
                    return sd_journal_open_files(
                        &into, UnsafeMutablePointer(mutating: base), 0)
                }
            }
        }
    }

    private static func operation(_ location: JournalLocation) -> StaticString {
        switch location {
        case .system: "sd_journal_open"
        case .directory: "sd_journal_open_directory"
        case .files: "sd_journal_open_files"
        }
    }

    // MARK: Matches

    /// Replaces all matches. The read position stays; what libsystemd remembered about the ends of the files
    /// does not. That is also the cure for an entry that was looked for in the instant before journald had
    /// linked it to its fields, and which libsystemd would otherwise only find after the next append (seen
    /// with 247 to 262).
    public func setMatches(_ matches: JournalMatches) throws(SystemdError) {
        sd_journal_flush_matches(handle)
        for group in matches.groups {
            for term in group {
                for value in term.values {
                    var match = "\(term.field)=\(value)"
                    let result = match.withUTF8 { sd_journal_add_match(handle, $0.baseAddress, $0.count) }
                    try SystemdError.check(result, "sd_journal_add_match", term.field)
                }
            }
            try SystemdError.check(sd_journal_add_disjunction(handle), "sd_journal_add_disjunction")
        }
    }

    // MARK: Position

    /// Before the first entry.
    public func seekHead() throws(SystemdError) {
        try SystemdError.check(sd_journal_seek_head(handle), "sd_journal_seek_head")
    }

    /// Behind the last entry. With matches of which no entry exists yet, the next `next()` does not do what
    /// one would think (252 jumps to the last match, 254 and later stay at the end for ever): seek by time
    /// instead.
    public func seekTail() throws(SystemdError) {
        try SystemdError.check(sd_journal_seek_tail(handle), "sd_journal_seek_tail")
    }

    /// At the entry of a cursor, or where it would be. `next()` then lands on it, or on the first one after
    /// it.
    public func seek(cursor: String) throws(SystemdError) {
        try SystemdError.check(sd_journal_seek_cursor(handle, cursor), "sd_journal_seek_cursor")
    }

    /// At a point of the wall clock.
    public func seek(wall: WallTime) throws(SystemdError) {
        let time = UInt64(max(0, wall.microseconds))
        try SystemdError.check(sd_journal_seek_realtime_usec(handle, time), "sd_journal_seek_realtime_usec")
    }

    /// At a point of one boot. Files without an entry of that boot are read from their beginning.
    func seek(bootID: JournalID, monotonic: UInt64) throws(SystemdError) {
        try SystemdError.check(
            sd_journal_seek_monotonic_usec(handle, bootID.sd, monotonic), "sd_journal_seek_monotonic_usec")
    }

    /// Goes to the next entry; false at the end.
    public func next() throws(SystemdError) -> Bool {
        try SystemdError.check(sd_journal_next(handle), "sd_journal_next") > 0
    }

    /// Goes to the previous entry; false at the beginning.
    public func previous() throws(SystemdError) -> Bool {
        try SystemdError.check(sd_journal_previous(handle), "sd_journal_previous") > 0
    }

    /// Goes on by up to `count` entries; returns by how many.
    public func next(_ count: Int) throws(SystemdError) -> Int {
        Int(
            try SystemdError.check(
                sd_journal_next_skip(handle, UInt64(max(0, count))), "sd_journal_next_skip"))
    }

    /// Goes back by up to `count` entries; returns by how many.
    public func previous(_ count: Int) throws(SystemdError) -> Int {
        Int(
            try SystemdError.check(
                sd_journal_previous_skip(handle, UInt64(max(0, count))), "sd_journal_previous_skip"))
    }

    // MARK: The entry

    /// Whether the current entry is the one of `cursor`.
    public func isAt(cursor: String) throws(SystemdError) -> Bool {
        try SystemdError.check(sd_journal_test_cursor(handle, cursor), "sd_journal_test_cursor") > 0
    }

    /// The cursor of the current entry (about 0.5 µs and an allocation: once per batch, not per entry).
    public func cursor() throws(SystemdError) -> String {
        var text: UnsafeMutablePointer<CChar>?
        try SystemdError.check(sd_journal_get_cursor(handle, &text), "sd_journal_get_cursor")
        guard let text else { throw SystemdError(operation: "sd_journal_get_cursor", errno: EINVAL) }
        defer { free(text) }
        return String(cString: text)
    }

    /// When the current entry was logged.
    public func wallTime() throws(SystemdError) -> WallTime {
        var time: UInt64 = 0
        try SystemdError.check(sd_journal_get_realtime_usec(handle, &time), "sd_journal_get_realtime_usec")
        return WallTime(microseconds: Int64(clamping: time))
    }

    /// When the current entry was logged, on its boot's own clock.
    public func monotonicTime() throws(SystemdError) -> MonotonicTime {
        MonotonicTime(microseconds: Int64(clamping: try monotonic().microseconds))
    }

    /// When the current entry was logged, and in which boot.
    func monotonic() throws(SystemdError) -> (microseconds: UInt64, bootID: JournalID) {
        var time: UInt64 = 0
        var boot = sd_id128_t()
        try SystemdError.check(
            sd_journal_get_monotonic_usec(handle, &time, &boot), "sd_journal_get_monotonic_usec")
        return (time, JournalID(boot))
    }

    /// The current entry, with all of its fields.
    public func entry() throws(SystemdError) -> JournalEntry {
        var builder = JournalEntryBuilder()
        try forEachRawField { name, value in
            builder.add(name: name, value: value)
            return true
        }
        builder.set(
            cursor: try cursor(), at: Moment(wall: try wallTime(), monotonic: try monotonicTime()))
        return builder.build()
    }

    /// Calls `body` with the name and value of each field of the current entry, in one pass. Fields that this libsystemd
    /// cannot decompress are left out. Stops when `body` returns false.
    public func forEachField(
        _ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool
    ) throws(SystemdError) {
        try forEachRawField { body(Span(_unsafeBytes: $0), Span(_unsafeBytes: $1)) }
    }

    /// The same, lent by libsystemd: the bytes die with the call.
    func forEachRawField(
        _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool
    ) throws(SystemdError) {
        sd_journal_restart_data(handle)
        var data: UnsafeRawPointer?
        var length = 0
        while try SystemdError.check(
            FieldEnumeration.next(handle, &data, &length), "sd_journal_enumerate_available_data") > 0
        {
            guard let data else { continue }
            longestField = max(longestField, length)
            let field = UnsafeRawBufferPointer(start: data, count: length)
            guard let mark = memchr(data, Int32(UInt8(ascii: "=")), length) else { continue }
            let split = UnsafeRawPointer(mark) - data
            let more = body(
                UnsafeRawBufferPointer(rebasing: field[..<split]),
                UnsafeRawBufferPointer(rebasing: field[(split + 1)...]))
            if !more { return }
        }
    }

    /// Calls `body` with the value of one field of the current entry; false when the entry has no such field.
    func withField(
        _ name: String, _ body: (_ value: UnsafeRawBufferPointer) -> Void
    ) throws(SystemdError) -> Bool {
        var data: UnsafeRawPointer?
        var length = 0
        let result = sd_journal_get_data(handle, name, &data, &length)
        switch result {
        case -ENOENT, -E2BIG, -ENOBUFS, -EPROTONOSUPPORT: return false
        default: try SystemdError.check(result, "sd_journal_get_data", name)
        }
        let prefix = name.utf8.count + 1
        guard let data, length >= prefix else { return false }
        body(UnsafeRawBufferPointer(start: data + prefix, count: length - prefix))
        return true
    }

    /// How much of a field is wanted, in bytes. A hint: whole fields can still come.
    public func setDataThreshold(_ bytes: Int) throws(SystemdError) {
        try SystemdError.check(sd_journal_set_data_threshold(handle, bytes), "sd_journal_set_data_threshold")
    }

    // MARK: Memory

    /// Gives the pages of mapped journal files back to the kernel; they return when touched. After a long
    /// read that is 230 MB of resident set against 3 MB. Returns false, and does nothing, while another
    /// journal is open in this process: its thread could unmap a window meanwhile, and the address could be
    /// something else by then.
    public func releaseWindows() -> Bool {
        Self.openJournals.withLock { count in
            count == 1 && clinux_journal_windows_release() >= 0
        }
    }

    /// How many times a file was truncated under a reader of this process, and the process lived on.
    public static var truncations: UInt64 { clinux_journal_sigbus_count() }
}
