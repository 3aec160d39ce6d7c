// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import HealthModel
import Testing

@testable import Diagnosis
@testable import crihealthd

@Suite struct ReplayTests {
    @Test(
        "a restart of the daemon at every tenth observation changes nothing",
        arguments: CorpusTests.table.map(\.recording))
    func restarts(_ recording: String) throws {
        let observations = try Recordings.telling(recording)
        let straight = Replayer.replay(observations, rules: Recordings.rules)
        var broken = Replayer(rules: Recordings.rules)
        for (index, observation) in observations.enumerated() {
            if index > 0, index % 10 == 0 { try broken.restart(at: observation.at) }
            broken.receive(observation)
        }
        #expect(Chapter.verdict(broken) == Chapter.verdict(straight))
        #expect(broken.incidents.map(\.id) == straight.incidents.map(\.id))
        #expect(broken.incidents.map(\.cause) == straight.incidents.map(\.cause))
        #expect(broken.incidents.map(\.occurrences) == straight.incidents.map(\.occurrences))
        #expect(broken.incidents.map(\.symptoms) == straight.incidents.map(\.symptoms))
    }

    @Test func theSameInputGivesTheSameOutput() throws {
        let first = try Recordings.replay("containerd-1.6.20-badconfig")
        let second = try Recordings.replay("containerd-1.6.20-badconfig")
        #expect(first.incidents == second.incidents)
        #expect(first.transitions == second.transitions)
    }

    @Test func aMomentInTheMiddleShowsWhatWasOpenThen() throws {
        let time = try #require(WallTime(rfc3339: "2026-11-22T01:42:30Z"))
        let replayer = try Recordings.replay("containerd-1.6.20-kill9", until: time)
        #expect(replayer.incidents.map(\.status) == [.confirmed])
        let end = try Recordings.replay("containerd-1.6.20-kill9")
        #expect(end.incidents.map(\.status) == [.resolved])
    }

    @Test("before it begins there is nothing, and it says when it begins")
    func tooEarly() throws {
        let path = Recordings.path("containerd-1.6.20-kill9")
        let begins = try #require(try Recordings.observations("containerd-1.6.20-kill9").first?.at.wall)
        let command = try ReplayCommand.parse([path, "--at", "2020-01-01T00:00:00Z"])
        let error = #expect(throws: CommandProblem.self) { try command.run() }
        #expect(error.map { "\($0)".contains("begins at \(begins)") } == true)
    }

    @Test(
        "captures without a journal are of their time, and their units of theirs",
        arguments: CorpusTests.table.map(\.recording))
    func withoutJournal(_ recording: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "crihealthd-\(UUID())")
        try FileManager.default.copyItem(atPath: Recordings.path(recording), toPath: folder.path)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.removeItem(at: folder.appending(path: "journal.export"))
        let observations = try ReplaySource.observations(ReplayInput.detect(folder.path))
        let replayer = Replayer.replay(observations, rules: Recordings.rules)
        let first = try #require(observations.first?.at.wall)
        let last = try #require(observations.last?.at.wall)
        for incident in replayer.incidents {
            #expect(incident.openedAt >= first + .seconds(-120) && incident.openedAt <= last)
            for item in incident.evidence {
                #expect(item.at >= first + .seconds(-120) && item.at <= last, "\(item.summary)")
            }
        }
        print(
            recording, "without its journal:",
            replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause) \($0.status)" })
    }

    @Test(
        "what it is comes first, and then the verdict at the end",
        arguments: [
            ("containerd-1.6.20-kill9", "HEALTHY  "), ("containerd-1.6.20-norunc", "UNHEALTHY  "),
            ("baseline-containerd-2.1.9", "HEALTHY  "),
        ])
    func verdictLine(_ recording: String, _ word: String) throws {
        let replayer = try Recordings.replay(recording)
        let text = ReplayText.render(replayer, at: try #require(replayer.last), width: 80)
        let lines = text.split(separator: "\n")
        #expect(lines[0].hasPrefix("A recording of an unnamed node, at 2026-11-22 "))
        #expect(lines[1].hasPrefix(word))
        #expect(!text.contains("/v1/"))
        #expect(text.contains("No incident") == replayer.incidents.isEmpty)
        for incident in replayer.incidents { #expect(text.contains(incident.id)) }
    }

    @Test func theJournalAloneTellsOfTheKillAndOfItsEnd() throws {
        let path = Recordings.path("containerd-1.6.20-kill9") + "/journal.export"
        let observations = try ReplaySource.observations(ReplayInput.detect(path))
        let replayer = Replayer.replay(observations, rules: Recordings.rules)
        #expect(replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause)" } == ["RuntimeDown/Killed"])
        #expect(replayer.incidents.map(\.status) == [.resolved])
    }

    @Test(.enabled(if: JournalFile.isPossible, "no systemd-journal-remote"))
    func journalFilesTellTheSameAsTheirExport() throws {
        let export = Recordings.path("containerd-1.6.20-kill9") + "/journal.export"
        let directory = try TemporaryDirectory()
        try JournalFile.take(export, as: directory.path + "/system.journal")
        let files = try ReplaySource.observations(ReplayInput.detect(directory.path))
        let stream = try ReplaySource.observations(ReplayInput.detect(export))
        #expect(files.map(\.at) == stream.map(\.at))
        let replayer = Replayer.replay(files, rules: Recordings.rules)
        let other = Replayer.replay(stream, rules: Recordings.rules)
        #expect(replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause)" } == ["RuntimeDown/Killed"])
        #expect(replayer.incidents.map(\.openedAt) == other.incidents.map(\.openedAt))
        #expect(replayer.incidents.map(\.status) == other.incidents.map(\.status))
    }

    @Test func aRecordingOfObservationsIsAnInput() throws {
        let observations = try Recordings.observations("crio-1.29.9-kill9")
        let file = FileManager.default.temporaryDirectory.appending(path: "crihealthd-\(UUID()).ndjson")
        defer { try? FileManager.default.removeItem(at: file) }
        var text = Data()
        for observation in observations {
            text += try JSONEncoder().encode(observation)
            text.append(UInt8(ascii: "\n"))
        }
        try text.write(to: file)
        #expect(try ReplaySource.observations(ReplayInput.detect(file.path)) == observations)
    }

    @Test func whatIsNoInputIsSaidSo() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "crihealthd-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(throws: ReplayError.self) { try ReplayInput.detect(folder.path) }
        #expect(throws: ReplayError.self) { try ReplayInput.detect(folder.path + "/nothing") }
        let index = folder.appending(path: "index.jsonl")
        try Data("{\"end\": \"yesterday\", \"proc\": \"x\"}\n".utf8).write(to: index)
        let error = #expect(throws: ReplayError.self) { try ReplaySource.observations(.capture(folder.path)) }
        #expect(error?.description.contains("index.jsonl:1: \"end\" is not an RFC 3339 time") == true)
    }

    @Test func aTruncatedExportGivesWhatCameBefore() throws {
        let path = Recordings.path("containerd-1.6.20-kill9") + "/journal.export"
        let whole = try Data(contentsOf: URL(filePath: path))
        let file = FileManager.default.temporaryDirectory.appending(path: "crihealthd-\(UUID()).export")
        defer { try? FileManager.default.removeItem(at: file) }
        try whole.prefix(whole.count / 2).write(to: file)
        let half = try ReplaySource.export(file.path)
        #expect(half.count > 50)
        #expect(half == Array(try ReplaySource.export(path).prefix(half.count)))
    }

    @Test(
        "names of captured calls",
        arguments: [
            ("fault.version.crictl-1.36.containerd-1.6.20", ProbeReport.Rung.version, "containerd-1.6.20"),
            ("fault.version-t2.crictl-1.36.crio-1.29.9", .version, "crio-1.29.9"),
            ("healthy.version-j.crictl-1.36.crio-1.29.9", nil, "crio-1.29.9"),
            ("fault.inspect-web.crictl-1.25.containerd-2.0.1", nil, "containerd-2.0.1"),
            ("a.ps.crictl-1.36.containerd-1.6.20", .containers, "containerd-1.6.20"),
        ] as [(String, ProbeReport.Rung?, String)])
    func calls(_ name: String, _ rung: ProbeReport.Rung?, _ runtime: String) throws {
        let call = try #require(CaptureCall(name))
        #expect(call.rung == rung)
        #expect(call.runtime == runtime)
    }
}

extension Replayer {
    /// What a restart of the daemon does: the state goes through JSON, and the new run says that it begins.
    fileprivate mutating func restart(at moment: Moment) throws {
        let state = try JSONDecoder().decode(EngineState.self, from: JSONEncoder().encode(engine.state))
        self = Replayer(rules: Recordings.rules, restoring: state, after: self)
        let facts = state.facts
        receive(
            Observation(
                at: moment,
                event: .started(
                    DaemonStart(
                        bootID: facts.bootID, version: "test", hostname: "recorded",
                        endpoints: facts.runtimes.map(\.endpoint)))))
    }
}
