// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis
@testable import HealthEndpoint
@testable import Node
@testable import crihealthd

/// Seeded mutations of what tells of changes: package managers' logs, files, the prober's answer, what is shown of it.
@Suite(.serialized) struct ChangeFuzzTests {
    @Test(arguments: ["packages", "files", "reports"]) func nothingEndsTheProcess(_ target: String) throws {
        var mutation = Mutation(seed: FuzzTests.seed, of: try Self.seeds(target))
        let end = Date.now + FuzzTests.seconds
        var tried = 0
        while Date.now < end {
            Self.feed(target, mutation.next())
            tried += 1
        }
        print("fuzz \(target): seed \(FuzzTests.seed), \(tried) inputs")
        #expect(tried > 0)
    }

    private static func feed(_ target: String, _ bytes: [UInt8]) {
        switch target {
        case "packages":
            _ = PackageLog.detect(bytes)
            for log in PackageLog.allCases {
                let content = log.read(bytes)
                _ = ChangeText.render(content.changes)
                #expect(content.changes.allSatisfy { isPlain($0.subject) && isPlain($0.by ?? "") })
            }
        case "files":
            for path in ["/etc/containerd/config.toml", "/etc/crictl.yaml", "/etc/cni/net.d/a.conflist"] {
                _ = FileInventory.keys(path, bytes)
            }
        default:
            guard let observation = try? JSONDecoder().decode(Observation.self, from: Data(bytes)) else {
                return
            }
            var engine = Engine(rules: Recordings.rules)
            for _ in 0..<2 { _ = engine.receive(observation) }
            let changes = engine.snapshot(at: observation.at).changes
            #expect(changes.allSatisfy { isPlain($0.subject) && isPlain($0.by ?? "") })
            _ = ChangeText.json(changes)
        }
    }

    /// Nothing that moves a terminal's cursor.
    private static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    private static func seeds(_ target: String) throws -> [[UInt8]] {
        let at = WallTime(microseconds: 1_795_305_600_000_000)
        switch target {
        case "packages":
            return [
                "2026-11-30 15:54:04 startup archives install\n2026-11-30 15:54:05 upgrade crun:amd64 1.17-1 1.18-1\n",
                "Start-Date: 2026-11-30  12:45:27\nCommandline: apt-get install runc\nRequested-By: alice (1000)\n"
                    + "Upgrade: runc:amd64 (1.1.5, 1.1.6), perl:amd64 (5.36.0, automatic)\nEnd-Date: 2026-11-30  12:45:51\n",
                "2026-11-30T15:54:11+0100 SUBDEBUG Upgrade: crun-1.18-1.noarch\n"
                    + "2026-11-30T15:54:11+0100 SUBDEBUG Upgraded: crun-1.17-1.noarch\n",
                "crun-1.18-1.noarch                            Mon 30 Nov 2026 03:54:21 PM UTC\n",
            ].map { Array($0.utf8) }
        case "files":
            return [
                "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"a\"\n[a.b]\nc = [1, {d = 2}]\n",
                "runtime-endpoint: unix:///x\ndebug: false\nlist:\n- a\n",
                "{\"cniVersion\": \"1.0.0\", \"name\": \"n\", \"plugins\": [{\"type\": \"bridge\"}]}",
            ].map { Array($0.utf8) }
        default:
            let report = ChangeReport(
                digest: 7,
                packages: [
                    Change(
                        at: at, what: .package, subject: "crun", action: .changed, from: "1.17", to: "1.18",
                        by: "apt-get install", source: .dpkg)
                ],
                runs: [PackageRun(from: at, to: nil, command: "apt-get install")],
                files: [
                    FileStamp(
                        path: "/etc/crictl.yaml", size: 3, inode: 4, modifiedAt: at, changedAt: at, hash: 9,
                        keys: ["debug": 1])
                ], kernel: "6.1.0-18", bootedAt: at)
            let moment = Moment(wall: at, monotonic: MonotonicTime(microseconds: 5))
            return [
                Array(
                    try JSONEncoder().encode(Observation(at: moment, event: .node(.changes(report)))))
            ]
        }
    }
}
