// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// The commands of Tests/Corpus/README.md that make a capture, typed as they stand there.
@Suite struct CaptureByHandTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL

    /// Runs them in a folder, with these programs in front on PATH; what `replay` takes from the folder.
    private func capture(programs: [String: String], environment: [String: String]) throws -> [Observation] {
        let directory = try TemporaryDirectory()
        let (bin, folder) = (directory.path + "/bin", directory.path + "/capture")
        for path in [bin, folder] { mkdir(path, 0o755) }
        for (name, text) in programs { try directory.write("bin/" + name, "#!/bin/sh\n" + text, mode: 0o755) }
        let readme = try String(contentsOf: Self.tests.appending(path: "Corpus/README.md"), encoding: .utf8)
        let block = try #require(readme.components(separatedBy: "For example:\n").last)
        let script = block.split(separator: "\n").map { $0.dropFirst(4) }.joined(separator: "\n")
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", script]
        shell.currentDirectoryURL = URL(fileURLWithPath: folder)
        shell.environment = ["PATH": bin + ":/usr/bin:/bin"].merging(environment) { $1 }
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        defer { withExtendedLifetime(directory) {} }
        return try ReplaySource.observations(try ReplayInput.detect(folder))
    }

    private func reports(_ observations: [Observation]) -> [ProbeReport] {
        observations.compactMap { if case .probe(let report) = $0.event { report } else { nil } }
    }

    @Test func aHealthyNodeIsRecorded() throws {
        let recording = Recordings.path("baseline-containerd-1.6.20")
        let observations = try capture(
            programs: [
                "journalctl": "cat '\(recording)/journal.export'",
                "crictl": "exec '\(Self.tests.path)/Support/crictl' \"$@\"",
            ],
            environment: ["CRICTL_REPLAY": recording + "/crictl", "CRICTL_PHASE": "healthy"])
        #expect(reports(observations).map(\.rung) == [.version, .status, .pods, .containers])
        #expect(reports(observations).allSatisfy { $0.succeeded })
        let entries = observations.count { if case .journal = $0.event { true } else { false } }
        #expect(entries > 50)
    }

    @Test func aNodeWithoutJournalAndCrictlIsRecordedAsFarAsItGoes() throws {
        let observations = try capture(
            programs: [
                "journalctl": "echo 'No journal files were found.' >&2", "crictl": "exit 127",
            ], environment: [:])
        let reasons = reports(observations).map { report -> ProbeBreakage.Reason? in
            if case .broken(let breakage) = report.outcome { breakage.reason } else { nil }
        }
        #expect(reasons == [.crictlMissing, .crictlMissing, .crictlMissing, .crictlMissing])
    }
}
