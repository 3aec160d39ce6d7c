// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// What one recording must come to.
struct Expectation: CustomTestStringConvertible, Sendable {
    var recording: String
    /// `Kind/Cause` of everything that was ever shown, in the order of opening.
    var shown: [String]
    /// `Kind/Cause` of what is still open at the end.
    var open: [String]
    var testDescription: String { recording }

    init(_ recording: String, _ shown: [String], open: [String] = []) {
        self.recording = recording
        self.shown = shown
        self.open = open
    }
}

@Suite struct CorpusTests {
    static let table: [Expectation] = [
        .init("containerd-1.6.20-stopped", ["RuntimeDown/Stopped"]),
        .init("containerd-1.6.20-kill9", ["RuntimeDown/Killed"]),
        .init("containerd-1.6.20-hung", ["RuntimeDown/Hung"]),
        .init("containerd-1.6.20-sockremoved", ["RuntimeDown/SocketMissing"]),
        .init("containerd-1.6.20-sockother", ["RuntimeDown/SocketTakenOver"]),
        .init("containerd-1.6.20-badconfig", ["RuntimeDown/ConfigInvalid"]),
        .init("containerd-1.6.20-disabledplugin-badname", ["RuntimeDown/ConfigInvalid"]),
        .init("containerd-1.6.20-oom", []),
        .init("containerd-1.6.20-crashloop", []),
        .init("containerd-1.6.20-shimkill", ["ContainerStuck/ShimLost"], open: ["ContainerStuck/ShimLost"]),
        .init("containerd-1.6.20-diskfull", ["CreateFailing/DiskFull"], open: ["CreateFailing/DiskFull"]),
        .init(
            "containerd-1.6.20-portconflict", ["RuntimeDown/AddressInUse"], open: ["RuntimeDown/AddressInUse"]
        ),
        .init(
            "containerd-1.6.20-nocni", ["NetworkNotReady/CNIConfigInvalid"],
            open: ["NetworkNotReady/CNIConfigInvalid"]),
        .init(
            "containerd-1.6.20-norunc", ["CreateFailing/OCIRuntimeMissing"],
            open: ["CreateFailing/OCIRuntimeMissing"]),
        .init("crio-1.29.9-stopped", ["RuntimeDown/Stopped"]),
        .init("crio-1.29.9-hung", ["RuntimeDown/Hung"]),
        .init("crio-1.29.9-kill9", ["RuntimeDown/Killed"]),
        .init("crio-1.29.9-crashloop", []),
        .init("crio-1.29.9-oom", []),
        .init("crio-1.29.9-baseline", []),
        .init("S0-crio-1.29.9-to-1.30.6", ["RuntimeSwitched/StartBlocked"]),
        .init("S0-conf-only-crun-1.21-newuid", ["RuntimeSwitched/ContainersLost"]),
        .init(
            "S1v2-crun-1.8.1-poweroff", ["ShutdownNotGraceful/Exposed"], open: ["ShutdownNotGraceful/Exposed"]
        ),
        .init(
            "S1v2-crun-1.8.1-scope", ["ShutdownNotGraceful/Exposed"], open: ["ShutdownNotGraceful/Exposed"]),
        .init("S1v2-crun-1.8.1-crictl", ["ShutdownNotGraceful/Exposed"]),
        .init("S1v2-runc-1.1.5-poweroff", []),
        .init("S1v2-runc-1.1.5-scope", []),
        .init(
            "S2-containerd-1.6.20-to-1.7.24", ["UpgradeIncomplete/TwoInstalls", "RuntimeDown/BinaryMissing"],
            open: ["UpgradeIncomplete/TwoInstalls", "RuntimeDown/BinaryMissing"]),
        .init(
            "S3-containerd-1.4.13", ["CRIVersionUnsupported/RuntimeTooOld"],
            open: ["CRIVersionUnsupported/RuntimeTooOld"]),
        .init("S4-containerd-2.0.0", []),
        .init("S4-containerd-2.0.1", ["StatusBlocked/KnownDefect"]),
        .init("containerd-1.6.20-cridisabled", ["CRIVersionUnsupported/CRIPluginDisabled"]),
        .init(
            "containerd-1.6.20-badplugincfg", ["CRIVersionUnsupported/CRIPluginFailed"],
            open: ["CRIVersionUnsupported/CRIPluginFailed"]),
        .init("baseline-containerd-1.4.13", []),
        .init("baseline-containerd-1.6.20", []),
        .init("baseline-containerd-2.1.9", []),
    ]

    @Test("recording gives its ground truth", arguments: table)
    func groundTruth(_ expected: Expectation) throws {
        let replayer = try Recordings.replay(expected.recording)
        #expect(replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause)" } == expected.shown)
        #expect(
            replayer.incidents.filter(\.isOpen).map { "\($0.kind.rawValue)/\($0.cause)" } == expected.open)
        for incident in replayer.incidents { #expect(CommandCheck.problems(in: incident.nextSteps) == []) }
    }

    /// What is open, the headline and what is folded, over time, for every recording: as in `stories.txt`, which a person
    /// has read against each `timeline.md`. With RECORD_GOLDEN=1 in the environment the file is written instead.
    @Test func everyRecordingsStory() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "stories.txt")
        let told = try Self.table.map { expected in
            let story = Story(try Recordings.observations(expected.recording))
            return ([expected.recording] + (story.lines + story.folded).map { "  " + $0 })
                .joined(separator: "\n")
        }
        print(told.joined(separator: "\n"))
        let text = told.joined(separator: "\n\n") + "\n"
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" { try Data(text.utf8).write(to: file) }
        let known = try String(contentsOf: file, encoding: .utf8).split(separator: "\n\n")
        #expect(known.count == told.count)
        for (story, expected) in zip(told, known) {
            #expect(story.trimmingCharacters(in: .newlines) == expected.trimmingCharacters(in: .newlines))
        }
    }
}
