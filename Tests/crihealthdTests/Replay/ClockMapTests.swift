// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import crihealthd

/// A capture without a journal takes its monotonic clock from `systemctl show`.
@Suite struct ClockMapTests {
    private static let shown = """
        Id=crio.service
        ActiveState=activating
        SubState=start
        StateChangeTimestamp=Sun 2026-11-22 01:50:43 UTC
        StateChangeTimestampMonotonic=5000000
        InactiveExitTimestamp=Sun 2026-11-22 01:50:42 UTC
        InactiveExitTimestampMonotonic=4100000
        ActiveEnterTimestamp=
        ActiveEnterTimestampMonotonic=0
        """

    @Test func theLatestPairIsTheNearest() throws {
        let clock = ClockMap(units: [Self.shown])
        #expect(clock.isKnown)
        let wall = try #require(WallTime(rfc3339: "2026-11-22T01:50:53Z"))
        #expect(clock.moment(wall).monotonic == MonotonicTime(microseconds: 15_000_000))
    }

    @Test("without a pair, or in another zone, the node's stamps mean nothing", arguments: ["", "CET"])
    func unknown(_ zone: String) throws {
        let text = zone.isEmpty ? "" : Self.shown.replacing("UTC", with: zone)
        let clock = ClockMap(units: [text])
        #expect(!clock.isKnown)
        let wall = try #require(WallTime(rfc3339: "2026-11-22T01:50:53Z"))
        let proc = CaptureProc(
            name: "fault.systemctl-show.crio.txt", text: Self.shown, at: clock.moment(wall), endpoints: [],
            isClockKnown: clock.isKnown)
        guard case .unit(let state) = try #require(proc.observations().first).event else {
            Issue.record("no unit")
            return
        }
        #expect(state.stateChangedAt == nil)
    }
}
