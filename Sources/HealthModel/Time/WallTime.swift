// SPDX-License-Identifier: Apache-2.0

/// A point on the wall clock (CLOCK_REALTIME), in microseconds since 1970-01-01T00:00:00Z: the journal's resolution.
///
/// For people only: it can be stepped. Anything that measures a distance uses ``MonotonicTime``.
/// Encoded as an RFC 3339 string in UTC with microseconds.
public struct WallTime: Hashable, Comparable, Sendable {
    /// Microseconds since the Unix epoch.
    public var microseconds: Int64

    /// Makes a point from microseconds since the Unix epoch.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// Earlier comes first.
    public static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }

    /// The point `d` later.
    public static func + (t: Self, d: Duration) -> Self {
        Self(microseconds: t.microseconds.addingClamped(d.microseconds))
    }

    /// The distance from `b` to `a`.
    public static func - (a: Self, b: Self) -> Duration {
        .microseconds(a.microseconds.subtractingClamped(b.microseconds))
    }
}

extension WallTime: CustomStringConvertible {
    /// RFC 3339, UTC, microseconds: `2026-11-22T01:42:28.642373Z`.
    ///
    /// Years have four digits: a time past 9999, which only a damaged file tells, reads as the last one that has.
    public var description: String {
        let shown = shown
        return shown.date + "T" + shown.clock + "." + Self.pad(shown.fraction, 6) + "Z"
    }

    /// Within the years that can be written.
    private var shown: Self {
        let latest = Self(microseconds: 253_402_300_799_999_999)
        let earliest = Self(microseconds: -62_167_219_200_000_000)
        return min(max(self, earliest), latest)
    }

    /// `2026-11-22`, bounded as ``description``.
    public var date: String {
        let c = shown.civil
        return Self.pad(c.year, 4) + "-" + Self.pad(c.month, 2) + "-" + Self.pad(c.day, 2)
    }

    /// `01:42:28`.
    public var clock: String {
        let s = secondOfDay
        return Self.pad(s / 3600, 2) + ":" + Self.pad(s / 60 % 60, 2) + ":" + Self.pad(s % 60, 2)
    }

    private var days: Int64 { (microseconds - secondsRemainder) / 86_400_000_000 }
    private var secondsRemainder: Int64 {
        let r = microseconds % 86_400_000_000
        return r < 0 ? r + 86_400_000_000 : r
    }
    private var secondOfDay: Int64 { secondsRemainder / 1_000_000 }
    private var fraction: Int64 { secondsRemainder % 1_000_000 }

    /// Proleptic Gregorian date of `days` since the epoch, counted in 400-year eras that start on 1 March.
    private var civil: (year: Int64, month: Int64, day: Int64) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let m = (5 * dayOfYear + 2) / 153
        let month = m < 10 ? m + 3 : m - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * m + 2) / 5 + 1)
    }

    private static func pad(_ n: Int64, _ width: Int) -> String {
        let s = String(n)
        return s.count < width ? String(repeating: "0", count: width - s.count) + s : s
    }
}

extension WallTime {
    /// Reads RFC 3339 (`2026-11-22T01:42:28.6Z`, `…+01:00`; a blank for the `T` is taken too), or nil.
    /// Digits of the fraction past the sixth are dropped.
    public init?(rfc3339 text: some StringProtocol) {
        var scanner = DigitScanner(text.utf8)
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2),
            scanner.take("-"),
            let day = scanner.number(2), scanner.take("T") || scanner.take("t") || scanner.take(" "),
            let hour = scanner.number(2), scanner.take(":"), let minute = scanner.number(2),
            scanner.take(":"),
            let second = scanner.number(2), hour < 24, minute < 60, second <= 60
        else { return nil }
        let fraction = scanner.take(".") ? scanner.fraction() : 0
        guard let fraction, let offset = scanner.offset(), scanner.isAtEnd else { return nil }
        let seconds = hour * 3600 + minute * 60 + second - offset
        self.init(year: year, month: month, day: day, microsecondOfDay: seconds * 1_000_000 + fraction)
    }

    /// A day of the Gregorian calendar and the time since its midnight, both in UTC; nil where there is no such day.
    public init?(year: Int64, month: Int64, day: Int64, microsecondOfDay: Int64) {
        guard (0...9999).contains(year), (1...12).contains(month),
            (1...Self.days(of: month, in: year)).contains(day)
        else { return nil }
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        self.init(microseconds: days * 86_400_000_000 + microsecondOfDay)
    }

    /// The year in UTC.
    public var year: Int64 { civil.year }
}

extension WallTime {
    /// Of the Gregorian calendar.
    private static func days(of month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// Takes digits and marks from the front of a time stamp.
private struct DigitScanner<Bytes: Collection> where Bytes.Element == UInt8 {
    private var rest: Bytes.SubSequence

    init(_ bytes: Bytes) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: mark) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digit() -> Int64? {
        guard let byte = rest.first, (48...57).contains(byte) else { return nil }
        rest.removeFirst()
        return Int64(byte - 48)
    }

    mutating func number(_ digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let d = digit() else { return nil }
            value = value * 10 + d
        }
        return value
    }

    /// Microseconds; nil without a digit.
    mutating func fraction() -> Int64? {
        guard var value = digit() else { return nil }
        var kept = 1
        while let d = digit() {
            if kept < 6 {
                value = value * 10 + d
                kept += 1
            }
        }
        while kept < 6 {
            value *= 10
            kept += 1
        }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else {
            return nil
        }
        return sign * (hours * 3600 + minutes * 60)
    }
}

extension WallTime: Codable {
    /// Decodes an RFC 3339 string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = WallTime(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not an RFC 3339 time: \(text.prefix(40))")
        }
        self = time
    }

    /// Encodes an RFC 3339 string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
