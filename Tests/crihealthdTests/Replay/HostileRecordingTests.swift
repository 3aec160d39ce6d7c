// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import HealthModel
import Systemd
import Testing

@testable import crihealthd

/// The recordings of Tests/Hostile: nobody hides an outage, makes one up, or ends one.
@Suite struct HostileRecordingTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Hostile").standardizedFileURL.path

    private static func replay(_ name: String) throws -> Replayer {
        let input = try ReplayInput.detect(folder + "/" + name)
        return Replayer.replay(try ReplaySource.observations(input), rules: Recordings.rules)
    }

    @Test(
        "what is open in the end",
        arguments: [
            ("hide-control.export", ["RuntimeDown/Killed"]),
            ("hide-runtime-down.export", ["RuntimeDown/Killed"]),
            ("open-addresses-exhausted-probe-output.export", []),
            ("open-plugin-missing-probe-output.export", []),
            ("open-diskfull-exec-probe-command.export", []), ("open-diskfull-workingdir.export", []),
            ("open-docker-container-stdout.export", []),
            ("open-ociruntimemissing-registry-message.export", []),
            ("resolve-k3s-control.export", ["CreateFailing/DiskFull"]),
            ("resolve-k3s-rawline.export", ["CreateFailing/DiskFull"]),
            ("held-k3s-klog-tab.export", ["CreateFailing/DiskFull"]), ("blind-forged.export", []),
        ])
    func verdict(_ name: String, _ open: [String]) throws {
        // Where a unit serves two sockets, each has its incident.
        let incidents = try Self.replay(name).incidents.map {
            ($0.status == .resolved ? "resolved " : "") + "\($0.kind.rawValue)/\($0.cause)"
        }
        #expect(Set(incidents) == Set(open))
    }

    /// Each once ended the process.
    @Test(arguments: ["crash-replay-duration-brief.jsonl", "crash-replay-walltime-date.jsonl"])
    func isAnsweredOrRefused(_ name: String) throws {
        let command = try #require(
            try Crihealthd.parseAsRoot(["replay", Self.folder + "/" + name]) as? ReplayCommand)
        do { try command.run() } catch { #expect(error is CommandProblem) }
    }

    /// What only root and systemd-journal may read in the journal is not everybody's.
    @Test func credentialsDoNotLeave() throws {
        let input = try ReplayInput.detect(Self.folder + "/leak-secrets-in-evidence.export")
        let observations = try ReplaySource.observations(input)
        let replayer = Replayer.replay(observations, rules: Recordings.rules)
        var shown = String(describing: replayer.transitions.map { TransitionFields.of($0).map(\.value) })
        shown += String(describing: replayer.incidents)
        shown += Secrets.mask(String(decoding: try JSONEncoder().encode(observations), as: UTF8.self))
        #expect(shown.contains("***"))
        for secret in ["S3cr3tPw", "eyJhbGciOi"] { #expect(!shown.contains(secret)) }
    }

    /// It once ended the daemon at each start, for as long as the incident was there to reopen.
    @Test func aPoisonedCheckpointIsRefusedForItsNumber() throws {
        let bytes = Array(try Data(contentsOf: URL(filePath: Self.folder + "/crash-checkpoint-repeats.json")))
        #expect(CheckpointFrame.fault(in: bytes) == "it holds the number 9223372036854775807")
    }
}
