// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Times and counts for people.
enum TimeText {
    /// The clock alone on the same day as `reference`, else the date too: `01:42:28`, `2026-11-21 23:59:59`.
    static func stamp(_ time: WallTime, on reference: WallTime) -> String {
        time.date == reference.date ? time.clock : time.date + " " + time.clock
    }

    /// How long that was, for people. A clock that was set back meanwhile counts as no time, not as time before.
    static func span(_ from: WallTime, _ to: WallTime) -> String { max(.zero, to - from).brief }

    /// `1 pod`, `3 pods`; `name` takes an `s`.
    static func count(_ n: UInt64, _ name: String) -> String { "\(n) \(name)" + (n == 1 ? "" : "s") }

    /// Filled with blanks on the right up to `width` (ASCII text).
    static func padded(_ text: String, _ width: Int) -> String {
        text.utf8.count < width ? text + String(repeating: " ", count: width - text.utf8.count) : text
    }
}
