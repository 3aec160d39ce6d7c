// SPDX-License-Identifier: Apache-2.0

/// How far clocks on a wall are from UTC: what people read times in. Times themselves are always UTC.
public struct UTCOffset: Hashable, Sendable, CustomStringConvertible {
    /// No offset.
    public static let utc = UTCOffset(minutes: 0)

    /// Minutes east of UTC, less than a day either way.
    public let minutes: Int

    private init(minutes: Int) { self.minutes = minutes }

    /// From seconds east of UTC, whole minutes of them (RFC 3339 knows no others); a day or more is none.
    public init(seconds: Int) {
        let minutes = seconds / 60
        self.init(minutes: abs(minutes) < 1440 ? minutes : 0)
    }

    /// `+05:30`, `-05:00`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
            bytes[3] == UInt8(ascii: ":"),
            [1, 2, 4, 5].allSatisfy({ (48...57).contains(bytes[$0]) })
        else { return nil }
        let digit = { Int(bytes[$0]) - 48 }
        let (hours, minutes) = (digit(1) * 10 + digit(2), digit(4) * 10 + digit(5))
        guard hours < 24, minutes < 60 else { return nil }
        self.init(minutes: (bytes[0] == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes))
    }

    /// `+05:30`.
    public var text: String {
        let pad = { (n: Int) in (n < 10 ? "0" : "") + String(n) }
        return (minutes < 0 ? "-" : "+") + pad(abs(minutes) / 60) + ":" + pad(abs(minutes) % 60)
    }

    /// `UTC`, `UTC-05:00`: what stands behind a time.
    public var description: String { minutes == 0 ? "UTC" : "UTC" + text }

    /// The time whose date and clock in UTC are those of `time` here.
    public func shifted(_ time: WallTime) -> WallTime { time + .seconds(minutes * 60) }
}
