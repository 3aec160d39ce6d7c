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

/// Abbreviated months as strftime's `%b` writes them in the locales of glibc that people log in.
enum MonthNames {
    /// 1 to 12, by a name in any case, with or without a full stop.
    static func number(_ name: ArraySlice<UInt8>) -> Int64? {
        if name.count == 3, let month = english[key(name)] { return month }
        var text = String(decoding: name, as: UTF8.self).lowercased()
        if text.hasSuffix(".") { text.removeLast() }
        for suffix in ["月", "월"] where text.hasSuffix(suffix) {
            return Int64(text.dropLast()).flatMap { (1...12).contains($0) ? $0 : nil }
        }
        return others[text]
    }

    private static func key(_ name: ArraySlice<UInt8>) -> UInt32 {
        name.reduce(0) { $0 << 8 | UInt32($1 | 0x20) }
    }

    private static let english: [UInt32: Int64] = {
        let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        return Dictionary(
            uniqueKeysWithValues: names.enumerated().map { (key(Array($1.utf8)[...]), Int64($0 + 1)) })
    }()

    private static let others: [String: Int64] = {
        let lists = [
            "jan feb mär apr mai jun jul aug sep okt nov dez",
            "jän feb mrz apr mai jun jul aug sep okt nov dez",
            "janv févr mars avril mai juin juil août sept oct nov déc",
            "ene feb mar abr may jun jul ago sep oct nov dic",
            "gen feb mar apr mag giu lug ago set ott nov dic",
            "jan fev mar abr mai jun jul ago set out nov dez",
            "jan feb mrt apr mei jun jul aug sep okt nov dec",
            "sty lut mar kwi maj cze lip sie wrz paź lis gru",
            "led úno bře dub kvě čen čec srp zář říj lis pro",
            "jan feb mar apr maj jun jul aug sep okt nov dec",
            "jan feb mars april mai juni juli aug sep okt nov des",
            "oca şub mar nis may haz tem ağu eyl eki kas ara",
            "янв фев мар апр мая июн июл авг сен окт ноя дек",
            "січ лют бер кві тра чер лип сер вер жов лис гру",
        ]
        var table: [String: Int64] = [:]
        for list in lists {
            for (index, name) in list.split(separator: " ").enumerated() where table[String(name)] == nil {
                table[String(name)] = Int64(index + 1)
            }
        }
        return table
    }()
}
