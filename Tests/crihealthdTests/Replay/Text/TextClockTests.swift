// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import crihealthd

@Suite struct TextClockTests {
    /// 2026-11-30T12:00:00Z.
    static let now = WallTime(microseconds: 1_796_040_000_000_000)

    @Test func noLineIsOfTheFuture() {
        var clock = TextClock(now: Self.now)
        #expect(clock.wall(.yearless(month: 12, day: 24, microsecond: 0))?.date == "2025-12-24")
        clock = TextClock(now: Self.now)
        #expect(clock.wall(.yearless(month: 11, day: 30, microsecond: 0))?.date == "2026-11-30")
        // A clock that is an hour ahead is no reason to go back a year.
        clock = TextClock(now: Self.now)
        #expect(clock.wall(.yearless(month: 12, day: 1, microsecond: 0))?.date == "2026-12-01")
    }

    @Test func aLeapDayIsOfALeapYear() {
        var clock = TextClock(now: Self.now)
        #expect(clock.wall(.yearless(month: 2, day: 29, microsecond: 0))?.date == "2024-02-29")
        #expect(clock.wall(.yearless(month: 2, day: 31, microsecond: 0))?.date == "2024-02-29")
    }

    @Test func whatHasNoTimeHasTheOneBefore() {
        var clock = TextClock(now: Self.now)
        #expect(clock.wall(nil) == nil)
        _ = clock.wall(.exact(Self.now))
        #expect(clock.wall(nil) == Self.now)
        #expect(clock.wall(.boot(5)) == Self.now)
    }
}
