// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import crihealthd

/// The recorded half upgrade, phase by phase (its timeline.md).
@Suite struct UpgradePhasesTests {
    @Test(
        "what was open when",
        arguments: [
            ("before the upgrade", "2026-11-22T02:09:56.10Z", []),
            ("replaced on disk", "2026-11-22T02:09:56.70Z", ["UpgradeIncomplete/RestartPending"]),
            ("restarted, an old shim", "2026-11-22T02:09:58.40Z", ["UpgradeIncomplete/OldShims"]),
            (
                "a second copy, unit not reloaded", "2026-11-22T02:10:00.80Z",
                ["UpgradeIncomplete/TwoInstalls"]
            ),
            ("reloaded, not restarted", "2026-11-22T02:10:01.90Z", ["UpgradeIncomplete/UnitPointsElsewhere"]),
            ("the second copy runs", "2026-11-22T02:10:02.60Z", ["UpgradeIncomplete/TwoInstalls"]),
            ("activating, within its patience", "2026-11-22T02:10:08.10Z", ["UpgradeIncomplete/TwoInstalls"]),
            (
                "the start timed out", "2026-11-22T02:10:22.40Z",
                ["RuntimeDown/StartTimeout", "UpgradeIncomplete/TwoInstalls"]
            ),
            (
                "the binary is missing", "2026-11-22T02:10:29.96Z",
                ["RuntimeDown/BinaryMissing", "UpgradeIncomplete/TwoInstalls"]
            ),
        ] as [(String, String, [String])])
    func phase(_ name: String, _ time: String, _ open: [String]) throws {
        let limit = try #require(WallTime(rfc3339: time))
        let replayer = try Recordings.replay("S2-containerd-1.6.20-to-1.7.24", until: limit)
        let found = replayer.incidents.filter(\.isOpen).map { "\($0.kind.rawValue)/\($0.cause)" }
        #expect(found.sorted() == open)
    }
}
