// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis
@testable import crihealthd

/// What a part of a recording tells: a journal that was sent without anything else, a node without /proc.
@Suite struct PartialRecordingTests {
    struct Part: CustomTestStringConvertible, Sendable {
        var recording: String
        var told: VerdictTests.Told
        var shown: [String]

        init(_ recording: String, _ told: VerdictTests.Told, _ shown: [String]) {
            self.recording = recording
            self.told = told
            self.shown = shown
        }

        var testDescription: String { "\(recording), \(told)" }
    }

    private static let switched = "S0-conf-only-crun-1.21-newuid"
    private static let blocked = "S0-crio-1.29.9-to-1.30.6"

    static let parts: [Part] =
        [
            .init(switched, .journalAlone, ["RuntimeSwitched/ContainersLost"]),
            .init(switched, .withoutProcesses, ["RuntimeSwitched/ContainersLost"]),
            .init(blocked, .journalAlone, ["RuntimeSwitched/StartBlocked"]),
            .init(blocked, .withoutProcesses, ["RuntimeSwitched/StartBlocked"]),
            .init("S2-containerd-1.6.20-to-1.7.24", .journalAlone, ["RuntimeDown/BinaryMissing"]),
            .init("S3-containerd-1.4.13", .withoutProcesses, ["CRIVersionUnsupported/RuntimeTooOld"]),
            .init("S3-containerd-1.4.13", .withoutJournal, ["CRIVersionUnsupported/RuntimeTooOld"]),
            .init("S4-containerd-2.0.1", .withoutJournal, ["StatusBlocked/KnownDefect"]),
            .init("S4-containerd-2.0.1", .withoutProcesses, ["StatusBlocked/KnownDefect"]),
            .init(
                "containerd-1.6.20-cridisabled", .journalAlone, ["CRIVersionUnsupported/CRIPluginDisabled"]),
            .init("containerd-1.6.20-badplugincfg", .journalAlone, ["CRIVersionUnsupported/CRIPluginFailed"]),
            .init("containerd-1.6.20-nocni", .journalAlone, ["NetworkNotReady/CNIConfigInvalid"]),
        ]
        + [
            "baseline-containerd-1.4.13", "baseline-containerd-1.6.20", "baseline-containerd-2.1.9",
            "crio-1.29.9-baseline", "S4-containerd-2.0.0", "S1v2-runc-1.1.5-scope",
            "S1v2-runc-1.1.5-poweroff",
        ].flatMap { recording in VerdictTests.Told.allCases.map { Part(recording, $0, []) } }

    @Test("a part tells what it can, and nothing that is not so", arguments: parts)
    func part(_ part: Part) throws {
        let observations = try Recordings.observations(part.recording).filter(part.told.keeps)
        let replayer = Replayer.replay(observations, rules: Recordings.rules)
        #expect(replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause)" } == part.shown)
    }

    @Test("the same from another node, with other ids, ports and names", arguments: parts)
    func retold(_ part: Part) throws {
        let observations = try Recordings.observations(part.recording).filter(part.told.keeps)
        let replayer = Replayer.replay(
            try Variant.otherNode.apply(to: observations), rules: Recordings.rules)
        #expect(replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause)" } == part.shown)
    }
}
