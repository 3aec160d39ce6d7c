import Glibc
import HealthModel

/// What the header of a journal file says about the file (https://systemd.io/JOURNAL_FILE_FORMAT, "Header").
struct JournalHeader: Equatable {
    let identity: FileIdentity
    /// Features that a reader must know to read the file.
    let incompatibleFlags: UInt32
    let firstEntry: WallTime?
    let lastEntry: WallTime?

    /// Reads the header; nil when the file cannot be read or is not a journal.
    init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        var bytes = [UInt8](repeating: 0, count: 208)
        guard fstat(descriptor, &status) == 0, pread(descriptor, &bytes, bytes.count, 0) == bytes.count,
            bytes.starts(with: Array("LPKSHHRH".utf8))
        else { return nil }
        identity = FileIdentity(status)
        incompatibleFlags = UInt32(truncatingIfNeeded: Self.number(bytes[12..<16]))
        firstEntry = Self.time(bytes[184..<192])
        lastEntry = Self.time(bytes[192..<200])
    }

    private static func time(_ bytes: ArraySlice<UInt8>) -> WallTime? {
        let number = number(bytes)
        return number == 0 ? nil : WallTime(microseconds: Int64(clamping: number))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Finds files in a format newer than this libsystemd, which it leaves out without a word: a host's files seen
/// by an older library in a container, mostly.
struct FormatCheck {
    private var examined: Set<FileIdentity> = []
    /// What libsystemd said about files with these flags.
    private var readable: [UInt32: Bool] = [:]

    /// Headers of files that cannot be read and were not reported before.
    mutating func unreadable(in location: JournalLocation) -> [JournalHeader] {
        var found: [JournalHeader] = []
        var present: Set<FileIdentity> = []
        for path in JournalListing.files(of: location) {
            guard let identity = FileIdentity(path: path) else { continue }
            present.insert(identity)
            guard !examined.contains(identity), let header = JournalHeader(path: path) else { continue }
            examined.insert(header.identity)
            if !isReadable(header, path) { found.append(header) }
        }
        examined.formIntersection(present)
        return found
    }

    private mutating func isReadable(_ header: JournalHeader, _ path: String) -> Bool {
        if let known = readable[header.incompatibleFlags] { return known }
        do throws(SystemdError) {
            _ = try Journal(.files([path]))
            readable[header.incompatibleFlags] = true
        } catch {
            guard error.errno == EPROTONOSUPPORT else { return true }
            readable[header.incompatibleFlags] = false
        }
        return readable[header.incompatibleFlags] ?? true
    }
}
