// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Dates lines: what a line does not tell is taken from those before it.
struct TextClock {
    /// What the years are counted from, where no line tells one: no line is of the future.
    private let now: WallTime
    private var year: Int64?
    private var month: Int64 = 0
    /// Seconds east of UTC, as lines with a zone told last.
    private var zone: Int64 = 0
    private(set) var latest: WallTime?

    init(now: WallTime, year: Int64? = nil) {
        self.now = now
        self.year = year
    }

    /// Learns the year that a line tells elsewhere.
    mutating func learn(year: Int64) { self.year = year }

    /// Learns how far the clock of lines without a zone is from UTC.
    mutating func learn(zone: Int64) { self.zone = zone }

    /// When a line was written; nil where neither it nor one before it tells.
    mutating func wall(_ time: TextTime?) -> WallTime? {
        switch time {
        case nil: break
        case .exact(let wall): latest = wall
        case .local(let local): latest = local + .seconds(-zone)
        case .yearless(let month, let day, let microsecond):
            latest = resolve(month, day, microsecond) ?? latest
        case .boot(let microseconds):
            // A text of nothing else is dated from the boot.
            if latest.map({ $0.microseconds < Self.epochs }) ?? true {
                latest = WallTime(microseconds: microseconds)
            }
        }
        return latest
    }

    /// Times below this are distances from a boot: 30 years.
    static let epochs: Int64 = 946_684_800_000_000

    private mutating func resolve(_ month: Int64, _ day: Int64, _ microsecond: Int64) -> WallTime? {
        var year = self.year ?? guess(month, day, microsecond)
        if self.month - month >= 6 {
            year += 1
        } else if self.month != 0, month - self.month >= 6 {
            year -= 1
        }
        // Only a leap year has its 29 February.
        while WallTime(year: year, month: month, day: day, microsecondOfDay: 0) == nil {
            guard month == 2, day == 29, year > 4 else { return nil }
            year -= 1
        }
        self.year = year
        self.month = month
        return WallTime(year: year, month: month, day: day, microsecondOfDay: microsecond)
            .map { $0 + .seconds(-zone) }
    }

    /// The latest year in which that day is not of the future.
    private func guess(_ month: Int64, _ day: Int64, _ microsecond: Int64) -> Int64 {
        let this = now.year
        guard let then = WallTime(year: this, month: month, day: day, microsecondOfDay: microsecond),
            then > now + .seconds(86_400)
        else { return this }
        return this - 1
    }
}
