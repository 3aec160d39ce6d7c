// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Foundation
import HealthModel
import Testing

@testable import crihealthd

@Suite struct MetricsTextfileTests {
    private func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    @Test func theDaemonKeepsItUpToDate() throws {
        let runtime = try FakeRuntime()
        let (state, journal, directory) = (
            try TemporaryDirectory(), try TemporaryDirectory(), try TemporaryDirectory()
        )
        let daemon = try TestDaemon(runtime, state: state, journal: journal) {
            $0.textfileDirectory = directory.path
            // Nobody accepts: the runtime's backlog has room for 16 connections.
            $0.cri.pace.native = .seconds(2)
        }
        let path = directory.path + "/crihealthd.prom"
        let up = "crihealthd_runtime_up{endpoint=\"\(runtime.socketPath)\"} "
        #expect(
            eventually { text(path).contains(up + "1\n") },
            "\(text(path).split(separator: "\n").filter { $0.contains("runtime_up{") }) \(directory.names)")
        #expect(!text(path).contains("process_"), "node_exporter has these of itself")
        #expect(!text(path).contains("crihealthd_http_"))
        runtime.stop()
        #expect(eventually { text(path).contains(up + "0\n") })
        daemon.daemon.stop()
        #expect(directory.names == ["crihealthd.prom"], "nothing half-written stays")
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o644)
    }

    /// A reader that looks all the time sees whole files only.
    @Test func aReaderNeverSeesHalfAFile() throws {
        let directory = try TemporaryDirectory()
        let snapshot = Replayer.replay(
            try Recordings.observations("containerd-1.6.20-kill9"), rules: Recordings.rules
        ).engine.snapshot(at: try #require(try Recordings.observations("containerd-1.6.20-kill9").last).at)
        let textfile = MetricsTextfile(
            directory: directory.path, logger: TestDaemon.logger, interval: .milliseconds(1)
        ) { snapshot }
        textfile.start()
        let path = directory.path + "/crihealthd.prom"
        #expect(eventually { !text(path).isEmpty })
        let whole = text(path)
        for _ in 0..<500 { #expect(text(path) == whole) }
        textfile.stop()
    }

    @Test func aDirectoryThatComesLaterIsWrittenTo() throws {
        let directory = try TemporaryDirectory()
        let place = directory.path + "/later"
        let trouble = MetricsTextfile.Trouble()
        let snapshot = Replayer.replay(
            try Recordings.observations("containerd-1.6.20-kill9"), rules: Recordings.rules
        ).engine.snapshot(at: try #require(try Recordings.observations("containerd-1.6.20-kill9").last).at)
        let textfile = MetricsTextfile(
            directory: place, logger: TestDaemon.logger, interval: .milliseconds(10), trouble: trouble
        ) { snapshot }
        textfile.start()
        // On the page meanwhile.
        #expect(eventually { trouble.sentence?.contains("\(place)/.crihealthd.prom.new") == true })
        mkdir(place, 0o755)
        #expect(eventually { text(place + "/crihealthd.prom").hasPrefix("# HELP crihealthd_build_info") })
        #expect(eventually { trouble.sentence == nil })
        textfile.stop()
    }
}
