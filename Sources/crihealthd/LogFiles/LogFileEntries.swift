// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// Makes journal entries of the lines of a log file: dated by their own stamps, spoken by the unit that runs the program.
struct LogFileEntries {
    let source: LogFileSource
    /// The instant at which they were read.
    let now: Moment
    /// The last stamp before these lines.
    var last: WallTime?

    /// The entries of this boot: what lines say of the time before is of processes that are gone.
    mutating func entries(
        _ piece: LogFilePiece, prefilter: (Span<UInt8>) -> Bool
    ) -> [JournalEntry] {
        let boot = now.wall + (.zero - Duration.microseconds(now.monotonic.microseconds))
        let times = times(of: piece)
        var entries: [JournalEntry] = []
        for (index, line) in piece.lines.enumerated() where times[index] >= boot {
            guard prefilter(line.utf8.span) else { continue }
            let wall = times[index]
            entries.append(
                JournalEntry(
                    cursor: "file:\(piece.next.inode):\(piece.next.offset):\(index):\(source.path)",
                    at: Moment(wall: wall, monotonic: now.monotonic + (wall - now.wall)), source: .unit,
                    unit: source.unit, identifier: source.program.rawValue, message: line))
        }
        return entries
    }

    /// A line without a stamp was written before the next one that has one, and at the latest when the file was written
    /// last; one of a trace belongs to the line before it.
    private mutating func times(of piece: LogFilePiece) -> [WallTime] {
        var times = [WallTime?](repeating: nil, count: piece.lines.count)
        for (index, line) in piece.lines.enumerated() {
            times[index] = LogFileStamp.time(of: line, now: now.wall).map { min($0, now.wall) }
        }
        var next = piece.hasMore ? nil : min(piece.writtenAt, now.wall)
        let latest = times.last { $0 != nil } ?? nil
        next = next ?? latest ?? last ?? now.wall
        for index in times.indices.reversed() {
            if let own = times[index] { next = own }
            times[index] = next
        }
        for index in times.indices.dropFirst() where piece.lines[index].first?.isWhitespace == true {
            times[index] = times[index - 1]
        }
        last = latest ?? last
        return times.map { $0 ?? now.wall }
    }
}

/// The time that a line of containerd or a kubelet begins with.
enum LogFileStamp {
    /// Nil for a line without one.
    static func time(of line: String, now: WallTime) -> WallTime? {
        let bytes = line.utf8
        if bytes.starts(with: "time=\"".utf8) {
            return WallTime(rfc3339: line.dropFirst(6).prefix { $0 != "\"" })
        }
        guard let severity = bytes.first, "IWEF".utf8.contains(severity) else { return nil }
        return klog(Array(bytes.prefix(21)), now: now)
    }

    /// `I1130 12:00:00.123456`: local time without a year (k8s.io/klog, `internal/buffer`).
    private static func klog(_ head: [UInt8], now: WallTime) -> WallTime? {
        guard head.count == 21, head[5] == 0x20, head[8] == 0x3A, head[11] == 0x3A, head[14] == 0x2E,
            let month = number(head, 1..<3), let day = number(head, 3..<5), let hour = number(head, 6..<8),
            let minute = number(head, 9..<11), let second = number(head, 12..<14),
            let micro = number(head, 15..<21), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var seconds = time_t(now.microseconds / 1_000_000)
        var here = tm()
        guard localtime_r(&seconds, &here) != nil else { return nil }
        var fields = tm()
        fields.tm_year = here.tm_year
        fields.tm_mon = Int32(month - 1)
        fields.tm_mday = Int32(day)
        fields.tm_hour = Int32(hour)
        fields.tm_min = Int32(minute)
        fields.tm_sec = Int32(second)
        fields.tm_isdst = -1
        let found = mktime(&fields)
        let day1 = time_t(86_400)
        // A line of December that is read in January.
        let year = found > seconds + day1 ? -1 : 0
        guard year != 0 else { return WallTime(microseconds: Int64(found) * 1_000_000 + Int64(micro)) }
        fields.tm_year = here.tm_year - 1
        fields.tm_isdst = -1
        return WallTime(microseconds: Int64(mktime(&fields)) * 1_000_000 + Int64(micro))
    }

    private static func number(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        var value = 0
        for byte in bytes[range] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}
