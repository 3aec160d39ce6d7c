// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import HealthModel

/// A moment as people write it: RFC 3339, and the forms of systemd.time(7) that `journalctl --since` takes.
///
/// Without a zone a time is UTC, as every page prints it; `+02:00` or `local` behind it says otherwise.
struct TimeArgument: Hashable, Sendable {
    /// Why a text is no moment.
    struct Problem: Error, Hashable, CustomStringConvertible {
        /// For people.
        var description: String
    }

    private enum Form: Hashable, Sendable {
        case absolute(WallTime)
        case later(Duration)
        case civil(Civil)
    }

    private struct Day: Hashable, Sendable {
        var year: Int32
        var month: Int32
        var day: Int32
    }

    private enum Zone: Hashable, Sendable {
        case east(seconds: Int64)
        /// The one that this machine is set to.
        case local
    }

    /// What a text says of a calendar and a clock; what it leaves out is today's.
    private struct Civil: Hashable, Sendable {
        var date: Day?
        var dayOffset: Int32 = 0
        /// Since midnight.
        var microseconds: Int64 = 0
        var zone = Zone.east(seconds: 0)
    }

    private let form: Form

    /// Reads a text.
    init(_ text: String) throws(Problem) {
        let text = text.split(separator: " ").joined(separator: " ")
        if let time = WallTime(rfc3339: text) {
            form = .absolute(time)
        } else if let time = Self.epoch(text) {
            form = .absolute(time)
        } else if let distance = Self.distance(text) {
            form = .later(distance)
        } else if let civil = Self.civil(text) {
            form = .civil(civil)
        } else {
            throw Problem(
                description:
                    "not a time; write yesterday, -2h, 03:00, \"2026-11-24 03:00\" (UTC, as pages print"
                    + " it; +02:00 or local behind it says otherwise) or 2026-11-24T03:00:00Z")
        }
    }

    /// The moment, where it is `now`. Nil where no calendar has it.
    func moment(now: WallTime) -> WallTime? {
        switch form {
        case .absolute(let time): time
        case .later(let distance): now + distance
        case .civil(let civil): Self.moment(civil, now: now)
        }
    }

    // MARK: Forms

    /// `@1395716396`.
    private static func epoch(_ text: String) -> WallTime? {
        guard text.hasPrefix("@"), let seconds = Double(text.dropFirst()), abs(seconds) < 1e11 else {
            return nil
        }
        return WallTime(microseconds: Int64(seconds * 1_000_000))
    }

    /// `now`, `-2h 30min`, `+5m`, `2h ago`.
    private static func distance(_ text: String) -> Duration? {
        if text == "now" { return .zero }
        if text.hasPrefix("-") { return TimeSpan.parse(text.dropFirst()).map { .zero - $0 } }
        if text.hasPrefix("+") { return TimeSpan.parse(text.dropFirst()) }
        if text.hasSuffix(" ago") { return TimeSpan.parse(text.dropLast(4)).map { .zero - $0 } }
        return nil
    }

    /// `today`, `2026-11-24`, `2026-11-24 03:00`, `03:00:05.5`; `Tue` in front and `UTC` behind.
    private static func civil(_ text: String) -> Civil? {
        var words = text.split(separator: " ")[...]
        var civil = Civil()
        if words.count > 1, let last = words.last, let zone = zone(last) {
            civil.zone = zone
            words.removeLast()
        }
        if words.count > 1, let first = words.first, weekdays.contains(first.prefix(3).lowercased()) {
            words.removeFirst()
        }
        if words.count == 1, let parts = words.first?.split(separator: "T"), parts.count == 2 {
            words = parts[...]
        }
        guard (1...2).contains(words.count), var word = words.popFirst() else { return nil }
        if let offset = ["yesterday": -1, "today": 0, "tomorrow": 1][word] {
            civil.dayOffset = Int32(offset)
        } else if let date = date(word) {
            civil.date = date
        } else {
            guard words.isEmpty else { return nil }
            words = [word]
        }
        guard let clockWord = words.popFirst() else { return civil }
        word = clockWord
        guard let clock = clock(word) else { return nil }
        civil.microseconds = clock
        return civil
    }

    /// `UTC`, `Z`, `+02:00`, `-0530`, `local`.
    private static func zone(_ word: Substring) -> Zone? {
        if word == "UTC" || word == "Z" { return .east(seconds: 0) }
        if word == "local" { return .local }
        var cursor = ByteCursor(Array(word.utf8))
        guard let seconds = cursor.offset(), cursor.isAtEnd else { return nil }
        return .east(seconds: seconds)
    }

    private static let weekdays: Set<String> = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    private static func date(_ word: Substring) -> Day? {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, let year = number(parts[0]),
            let month = number(parts[1]),
            let day = number(parts[2]), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        return Day(year: year, month: month, day: day)
    }

    /// Microseconds since midnight.
    private static func clock(_ word: Substring) -> Int64? {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hour = number(parts[0]), let minute = number(parts[1]),
            hour < 24, minute < 60
        else { return nil }
        let whole = Int64(hour) * 3600 + Int64(minute) * 60
        guard parts.count == 3 else { return whole * 1_000_000 }
        let pieces = parts[2].split(separator: ".", omittingEmptySubsequences: false)
        guard pieces.count <= 2, let second = number(pieces[0]), second <= 60 else { return nil }
        guard pieces.count == 2 else { return (whole + Int64(second)) * 1_000_000 }
        guard (1...9).contains(pieces[1].count), pieces[1].allSatisfy({ $0.isASCII && $0.isNumber }),
            let fraction = Int64((pieces[1] + "00000").prefix(6))
        else { return nil }
        return (whole + Int64(second)) * 1_000_000 + fraction
    }

    private static func number(_ text: Substring) -> Int32? {
        guard (1...4).contains(text.count), text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Int32(text)
    }

    // MARK: Calendar

    private static func moment(_ civil: Civil, now: WallTime) -> WallTime? {
        var east: Int64 = 0
        if case .east(let seconds) = civil.zone { east = seconds }
        var seconds = time_t(now.microseconds / 1_000_000 + east)
        var fields = tm()
        if civil.zone == .local { localtime_r(&seconds, &fields) } else { gmtime_r(&seconds, &fields) }
        if let date = civil.date {
            fields.tm_year = date.year - 1900
            fields.tm_mon = date.month - 1
            fields.tm_mday = date.day
        }
        fields.tm_mday += civil.dayOffset
        let (day, month) = (fields.tm_mday, fields.tm_mon)
        // Clock fields and not seconds from midnight: a day of 23 or 25 hours has its own 03:00.
        let clock = civil.microseconds / 1_000_000
        fields.tm_hour = Int32(clock / 3600)
        fields.tm_min = Int32(clock / 60 % 60)
        fields.tm_sec = Int32(clock % 60)
        fields.tm_isdst = -1
        let time = civil.zone == .local ? mktime(&fields) : timegm(&fields) - Int(east)
        guard civil.date == nil || (fields.tm_mday, fields.tm_mon) == (day, month) else { return nil }
        return WallTime(microseconds: Int64(time) * 1_000_000 + civil.microseconds % 1_000_000)
    }
}
