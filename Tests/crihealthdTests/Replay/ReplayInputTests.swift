// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Systemd
import Testing

@testable import crihealthd

/// What is given to `replay`, and what it answers to everything else.
@Suite struct ReplayInputTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = directory.path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func refusal(_ path: String) -> String {
        do { _ = try ReplaySource.observations(try ReplayInput.detect(path)) } catch { return "\(error)" }
        return "taken"
    }

    @Test func theErrorsSayWhatToGiveInstead() throws {
        let archive = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Corpus/containerd-1.6.20-kill9.tar.xz").standardizedFileURL.path
        #expect(
            refusal(archive).contains(
                "an archive can be of several nodes: unpack it, and give one node's folder"))
        let capture = Recordings.path("containerd-1.6.20-kill9")
        #expect(
            refusal(capture + "/index.jsonl").contains("give its directory: crihealthd replay \(capture)"))
        #expect(
            refusal(Recordings.folder.path).contains("it holds captures; give one of them: crihealthd replay")
        )
        #expect(refusal(try file("empty", [])).contains("is empty: there is nothing to replay"))
        #expect(refusal(directory.path + "/nothing").hasSuffix("/nothing: no such file or directory"))
        #expect(refusal("/dev/null").contains("/dev/null"))
    }

    /// A list tells that something fails, and prose nothing at all: neither is judged.
    @Test(arguments: [
        (
            "NAME    READY   STATUS              RESTARTS   AGE\nweb-1   0/1     ContainerCreating   0          17h\n",
            "bring what kubectl describe prints"
        ),
        ("node1   NotReady   <none>   34h   v1.27.2\n", "bring what kubectl describe prints"),
        (
            String(repeating: "Some words about a daemon.\n", count: 20) + "The kubelet starts pods.\n",
            "no line in it says when it was logged"
        ),
        ("kubelet.go:1547] \"Starting to listen\"\nSome words.\n", "taken"),
    ])
    func whatIsNoLogIsRefused(_ text: String, _ answer: String) throws {
        let path = try file("paste", Array(text.utf8))
        var said = "taken"
        do {
            _ = try TextStream.replay(try ByteSource(path), file: nil, rules: Recordings.rules)
        } catch { said = "\(error)" }
        #expect(said.contains(answer), "\(said)")
    }

    @Test func aWordThatAShellWouldReadIsQuoted() throws {
        let capture = directory.path + "/a b"
        try FileManager.default.createDirectory(atPath: capture, withIntermediateDirectories: true)
        let index = try file("a b/index.jsonl", Array("{}\n".utf8))
        #expect(
            refusal(index).contains("give its directory: crihealthd replay '\(capture)'"), "\(refusal(index))"
        )
    }

    /// systemd-journal-remote names its files after the sender, and users have files of their own.
    @Test(.enabled(if: JournalFile.isPossible, "no systemd-journal-remote"))
    func aDirectoryOfAnyJournalFiles() throws {
        let path = directory.path + "/remote-node1.journal"
        try JournalFile.take(Recordings.path("containerd-1.6.20-kill9") + "/journal.export", as: path)
        #expect(try ReplayInput.detect(directory.path) == .journal(.files([path])))
        let replayer = Replayer.replay(
            try ReplaySource.observations(try ReplayInput.detect(directory.path)), rules: Recordings.rules)
        #expect(replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause)" } == ["RuntimeDown/Killed"])
    }

    @Test(.enabled(if: JournalFile.isPossible, "no systemd-journal-remote"))
    func oneJournalFileIsAnInput() throws {
        let path = directory.path + "/system.journal"
        try JournalFile.take(Recordings.path("containerd-1.6.20-kill9") + "/journal.export", as: path)
        #expect(try ReplayInput.detect(path) == .journal(.files([path])))
        let replayer = Replayer.replay(
            try ReplaySource.observations(try ReplayInput.detect(path)), rules: Recordings.rules)
        #expect(replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause)" } == ["RuntimeDown/Killed"])
    }

    // MARK: Captures by hand

    private static let call = "fault.version.crictl-1.36.containerd-1.6.20"

    private func capture(exitCode: Int, stderr: String, journal: String?) throws -> [Observation] {
        let folder = directory.path + "/capture"
        try FileManager.default.createDirectory(atPath: folder + "/crictl", withIntermediateDirectories: true)
        try directory.write("capture/crictl/\(Self.call).stderr", stderr)
        try directory.write(
            "capture/index.jsonl",
            #"{"end": "2026-11-22T01:42:28.696Z", "ms": 5, "rc": \#(exitCode), "call": "\#(Self.call)", "stdout": null}"#
                + "\n")
        if let journal { try directory.write("capture/journal.export", journal) }
        return try ReplaySource.observations(try ReplayInput.detect(folder))
    }

    private func reports(_ observations: [Observation]) -> [ProbeReport.Outcome] {
        observations.compactMap { if case .probe(let report) = $0.event { report.outcome } else { nil } }
    }

    @Test func anEmptyJournalSpoilsNoCapture() throws {
        let stderr = "level=fatal msg=\"connect: connection refused\"\n"
        let observations = try capture(exitCode: 1, stderr: stderr, journal: "")
        guard case .failed(let failure) = reports(observations).first else {
            Issue.record("\(observations)")
            return
        }
        #expect(failure.reason == .refused)
    }

    @Test func aShellThatFoundNoCrictlIsNoRuntimesFault() throws {
        let observations = try capture(
            exitCode: 127, stderr: "sh: 1: crictl: not found\n", journal: nil)
        guard case .broken(let breakage) = reports(observations).first else {
            Issue.record("\(observations)")
            return
        }
        #expect(breakage.reason == .crictlMissing)
        #expect(breakage.text == "sh: 1: crictl: not found")
        let replayer = Replayer.replay(observations, rules: Recordings.rules)
        #expect(!replayer.incidents.contains { $0.kind.rawValue == "RuntimeDown" })
    }

    // MARK: Moments

    @Test func aStoryIsToldLineByLine() throws {
        let replayer = try Recordings.replay("containerd-1.6.20-kill9")
        let lines = replayer.transitions.map { ReplayText.line($0, width: 80) }
        #expect(lines.first?.hasPrefix("01:42:2") == true)
        #expect(lines.last?.contains("  RESOLVED  ") == true)
        #expect(lines.joined().split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
}
