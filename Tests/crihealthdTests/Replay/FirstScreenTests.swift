// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Foundation
import HealthEndpoint
import HealthModel
import Testing

@testable import crihealthd

/// What somebody who was asleep a minute ago sees on a terminal of 24 rows and 80 columns: Tests/FirstScreens has the
/// screens, to be read.
@Suite("First screens of recorded outages") struct RecordedFirstScreenTests {
    /// A recording at its height.
    struct Height: Sendable, CustomTestStringConvertible {
        var name: String
        /// `HH:MM:SS` of 2026-11-22.
        var clock: String
        /// The step that ends it, as it is typed.
        var repair: String
        var testDescription: String { name }
    }

    static let heights: [Height] = [
        .init(name: "containerd-1.6.20-hung", clock: "01:43:34", repair: "kill -CONT 56"),
        .init(
            name: "containerd-1.6.20-portconflict", clock: "01:49:49",
            repair: "systemctl restart containerd.service"),
        .init(
            name: "S0-crio-1.29.9-to-1.30.6", clock: "01:56:00",
            repair: "systemctl kill --kill-who=main -s KILL crio.service"),
        .init(name: "containerd-1.6.20-diskfull", clock: "01:49:28", repair: "rmi --prune"),
        .init(
            name: "S2-containerd-1.6.20-to-1.7.24", clock: "02:10:30",
            repair: "systemctl restart containerd.service"),
        .init(name: "containerd-1.6.20-nocni", clock: "01:50:03", repair: "ls -l /etc/cni/net.d"),
        .init(
            name: "S4-containerd-2.0.1", clock: "02:08:00", repair: "systemctl restart containerd.service"),
        .init(
            name: "containerd-1.6.20-norunc", clock: "01:50:11",
            repair: "dpkg -S runc   # or: rpm -q --whatprovides runc"),
        .init(
            name: "containerd-1.6.20-kill9", clock: "01:42:33",
            repair: "systemctl restart containerd.service"),
    ]

    @Test(arguments: heights) func isRead(_ height: Height) throws {
        let time = try #require(WallTime(rfc3339: "2026-11-22T\(height.clock)Z"))
        let replayer = try Recordings.replay(height.name, until: time)
        let last = try #require(replayer.last)
        let now = Moment(wall: time, monotonic: last.monotonic + (time - last.wall))
        // As the daemon shows it, for there one more thing can be asked.
        let page = TextPage.render(replayer.engine.snapshot(at: now))
            .split(separator: "\n", omittingEmptySubsequences: false)
        let screen = page.prefix(23)
        #expect(page.prefix(30).contains { $0.hasPrefix("  more    crihealthd explain ") })
        for part in ["  cause   ", "  hurts   ", "  do      "] {
            #expect(screen.contains { $0.hasPrefix(part) }, "\(part)")
        }
        #expect(screen.contains { $0.hasSuffix(height.repair) })
        try FirstScreens.compare(screen.joined(separator: "\n") + "\n", height.name)
    }
}

/// The screens as committed.
enum FirstScreens {
    static func compare(_ actual: String, _ name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../FirstScreens/\(name).txt").standardizedFileURL
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
            try Data(actual.utf8).write(to: file)
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(actual == expected)
    }
}
