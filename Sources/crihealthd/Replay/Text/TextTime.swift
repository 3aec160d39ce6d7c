// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// When a line says that it was written, with as much of a date as it has.
enum TextTime: Hashable {
    /// A date and a zone.
    case exact(WallTime)
    /// A date without a zone, read as if it were UTC.
    case local(WallTime)
    /// No year: month, day, and microseconds since midnight, without a zone.
    case yearless(month: Int64, day: Int64, microsecond: Int64)
    /// Microseconds since the boot.
    case boot(Int64)
}

extension ByteCursor {
    /// `12:23:42`, `12:23:42.123456`, `12:23:42,123456`: microseconds since midnight.
    mutating func clock() -> Int64? {
        let start = self
        guard let hour = number(2...2), take(":"), let minute = number(2...2), take(":"),
            let second = number(2...2), hour < 24, minute < 60, second <= 60
        else {
            self = start
            return nil
        }
        let whole = (hour * 3600 + minute * 60 + second) * 1_000_000
        guard byte == UInt8(ascii: ".") || byte == UInt8(ascii: ","), peek(1)?.isASCIIDigit == true else {
            return whole
        }
        move(to: at + 1)
        return whole + (fraction() ?? 0)
    }

    /// `Z`, `+02:00`, `+0200`, `-07`: seconds east of UTC.
    mutating func offset() -> Int64? {
        if take("Z") { return 0 }
        let start = self
        let isWest = byte == UInt8(ascii: "-")
        guard take("+") || take("-"), let hours = number(2...2), hours < 24 else {
            self = start
            return nil
        }
        _ = take(":")
        let minutes = number(2...2) ?? 0
        return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }

    /// `2024-06-12`.
    mutating func date() -> (year: Int64, month: Int64, day: Int64)? {
        let start = self
        guard let year = number(4...4), take("-"), let month = number(2...2), take("-"),
            let day = number(2...2), (1...12).contains(month), (1...31).contains(day)
        else {
            self = start
            return nil
        }
        return (year, month, day)
    }

    /// `2024-06-12T12:23:42.123456+02:00`, also with a blank for the `T` and without a zone.
    mutating func isoTime() -> TextTime? {
        let start = self
        guard let (year, month, day) = date(), take("T") || take(" "), let clock = clock(),
            let local = WallTime(year: year, month: month, day: day, microsecondOfDay: clock)
        else {
            self = start
            return nil
        }
        if let seconds = offset() { return .exact(local + .seconds(-seconds)) }
        return .local(local)
    }

    /// `Jun 12 12:23:42`, `Dec  9 09:52:01.898146`, `juin 12 12:23:42`, `6月 12 12:23:42`.
    mutating func syslogTime() -> TextTime? {
        let start = self
        guard let month = monthName(), blanks() > 0, let day = number(1...2), (1...31).contains(day),
            blanks() > 0
        else {
            self = start
            return nil
        }
        // rsyslog can be told to write the year, too.
        let year = peek(4) == 0x20 ? number(4...4) : nil
        if year != nil { blanks() }
        guard let clock = clock() else {
            self = start
            return nil
        }
        if let year, let local = WallTime(year: year, month: month, day: day, microsecondOfDay: clock) {
            return .local(local)
        }
        return .yearless(month: month, day: day, microsecond: clock)
    }

    /// `Mon 2024-06-12 12:23:42.123456 CEST`, as journalctl's short-full, with-unit and verbose have it.
    mutating func fullTime() -> TextTime? {
        let start = self
        let name = word()
        guard (2...12).contains(name.count), !bytes[name].contains(where: \.isASCIIDigit), blanks() == 1,
            case .local(let local)? = isoTime(), take(" ")
        else {
            self = start
            return nil
        }
        let zone = bytes.text(word())
        if let seconds = Self.zone(zone) { return .exact(local + .seconds(-seconds)) }
        return .local(local)
    }

    /// `Mon Jun 12 12:23:42 2024`, as `dmesg -T` has it.
    mutating func ctime() -> TextTime? {
        let start = self
        let name = word()
        if (2...12).contains(name.count), blanks() > 0,
            case .yearless(let month, let day, let microsecond)? = syslogTime(), take(" "),
            let year = number(4...4),
            let local = WallTime(year: year, month: month, day: day, microsecondOfDay: microsecond)
        {
            return .local(local)
        }
        self = start
        return nil
    }

    /// `12345.678901`, blanks before it: seconds since the boot, or since the epoch.
    mutating func seconds(_ digits: ClosedRange<Int>) -> Int64? {
        let start = self
        blanks()
        guard let whole = number(digits), take("."), let fraction = fraction() else {
            self = start
            return nil
        }
        return whole * 1_000_000 + fraction
    }

    private mutating func monthName() -> Int64? {
        let start = at
        let name = word()
        guard (2...12).contains(name.count) else {
            move(to: start)
            return nil
        }
        if let month = MonthNames.number(bytes[name]) { return month }
        move(to: start)
        return nil
    }

    private static func zone(_ name: String) -> Int64? {
        if name == "UTC" || name == "GMT" || name == "Z" { return 0 }
        if let hours = zones[name] { return hours * 3600 }
        var cursor = ByteCursor(Array(name.utf8))
        guard let seconds = cursor.offset(), cursor.isAtEnd else { return nil }
        return seconds
    }

    /// Abbreviations that stand for one offset only (tz database).
    private static let zones: [String: Int64] = [
        "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9,
        "AEST": 10, "AEDT": 11, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    ]
}
