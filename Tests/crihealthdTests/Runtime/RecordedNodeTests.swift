// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthEndpoint
import HealthModel
import Testing

@testable import crihealthd

@Suite struct RecordedNodeTests {
    private let directory: TemporaryDirectory
    private let endpoint = Endpoint(
        socketPath: "/run/containerd/containerd.sock", runtime: .containerd, unit: "containerd.service")

    init() throws { directory = try TemporaryDirectory() }

    private func at(_ seconds: Int64) -> Moment {
        Moment(
            wall: WallTime(microseconds: 1_700_000_000_000_000 + seconds * 1_000_000),
            monotonic: MonotonicTime(microseconds: seconds * 1_000_000))
    }

    private func probe(_ rung: ProbeReport.Rung, _ outcome: ProbeReport.Outcome, _ seconds: Int64)
        -> Observation
    {
        Observation(
            at: at(seconds),
            event: .probe(ProbeReport(endpoint: endpoint, rung: rung, outcome: outcome, latency: .zero)))
    }

    private func recording() throws -> String {
        let version = RuntimeVersion(name: "containerd", version: "1.6.20", apiVersion: "v1")
        let gone = ProbeFailure(reason: .socketMissing, errno: 2, text: "gone")
        let start = DaemonStart(bootID: "b", version: "0", hostname: "node1", endpoints: [endpoint])
        let observations = [
            Observation(at: at(100), event: .started(start)), probe(.socket, .reached, 101),
            probe(.connect, .reached, 101), probe(.version, .version(version), 101),
            probe(.socket, .failed(gone), 110), probe(.socket, .failed(gone), 111),
        ]
        let lines = try observations.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        return try directory.write("outage.jsonl", lines.joined(separator: "\n") + "\n")
    }

    @Test func aRecordingIsServedAndSaysSo() throws {
        var configuration = Configuration()
        configuration.listen = nil
        configuration.socket = directory.path + "/s"
        configuration.rulesDirectory = directory.path + "/rules.d"
        let node = try RecordedNode(
            path: try recording(), speed: 50, configuration: configuration, logger: TestDaemon.logger)
        node.start()
        let target = ListenAddress.unix(path: directory.path + "/s")
        #expect(eventually { (try? StatusAnswer.ask([target], format: .text).verdict) == .unhealthy })
        let page = try StatusAnswer.ask([target], format: .text).text
        #expect(page.contains("RECORDING of another node's outage"))
        #expect(page.contains("node1 (recording outage.jsonl)"))
        #expect(page.contains("2023-11-14"))
        node.stop()
    }

    @Test func somethingElseIsRefused() throws {
        let path = try directory.write("notes.txt", "hello\n")
        #expect(throws: ReplayError.self) {
            _ = try RecordedNode(
                path: path, speed: 1, configuration: Configuration(), logger: TestDaemon.logger)
        }
    }
}
