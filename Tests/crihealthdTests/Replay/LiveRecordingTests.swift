// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis
@testable import crihealthd

/// Where recordings lie beside the repository.
enum LiveRecordings {
    static let folder: String? = {
        let given = ProcessInfo.processInfo.environment["CRIHEALTHD_CORPUS"]
        let beside = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../../shared/corpus").standardizedFileURL.path
        let path = given ?? beside
        return FileManager.default.fileExists(atPath: path + "/live136-baseline") ? path : nil
    }()
}

/// Recordings with a real kubelet 1.36, containerd 2.3 and CRI-O 1.36, where they lie beside the repository: what must be
/// said of them, and what must not.
@Suite(.enabled(if: LiveRecordings.folder != nil, "no recordings beside the repository"))
struct LiveRecordingTests {
    struct Truth: Sendable, CustomTestStringConvertible {
        var recording: String
        /// `Kind/Cause` that must have been shown; others may be shown beside it.
        var shown: [String]
        /// `Kind`, `Kind/Cause` or words of which nothing may say anything.
        var never: [String]
        var testDescription: String { recording }

        init(_ recording: String, _ shown: [String] = [], never: [String] = []) {
            self.recording = recording
            self.shown = shown
            self.never = never
        }
    }

    /// Of a runtime that is well.
    private static let noOutage = [
        "RuntimeDown", "CRIVersionUnsupported", "StatusBlocked", "RuntimeSwitched",
    ]

    static let truths: [Truth] = [
        .init("live136-baseline", never: noOutage + ["NetworkNotReady", "CreateFailing", "ContainerStuck"]),
        .init("live136-podimage", never: noOutage + ["NetworkNotReady", "CreateFailing", "ContainerStuck"]),
        .init("live136-stopped", ["RuntimeDown/Stopped"], never: ["ReportedByKubelet"]),
        .init("live136-badconfig", never: ["ReportedByKubelet", "refuses /etc/containerd/config.toml"]),
        .init(
            "live136-cridisabled", ["CRIVersionUnsupported/CRIPluginDisabled"],
            never: ["It is not disabled", "failed to load", "ReportedByKubelet"]),
        .init("live136-kubeletendpoint", never: noOutage + ["NetworkNotReady", "is gone", "was removed"]),
        .init("live136-kubeletflag", never: noOutage),
        .init("live136-diskfull", never: noOutage),
        .init("live136-jsonnocni", ["NetworkNotReady/CNIConfigMissing"], never: noOutage),
        .init("live136-jsonpauseimage", never: noOutage + ["OCIRuntimeMissing"]),
        .init("live136-pauseimage", never: noOutage + ["OCIRuntimeMissing"]),
        .init("live136-nvidiahook", never: noOutage),
        .init("live136-readonlyfspods", never: noOutage),
        .init("live136-shimstop", never: noOutage),
        .init("liveo136-hung", ["RuntimeDown/Hung"]),
        .init("liveo136-nocni", ["NetworkNotReady/CNIConfigMissing"], never: noOutage),
        .init("liveo136-policy", never: noOutage),
        .init("liveo136-namereserved", never: noOutage),
        .init("liveo136-runcfails", never: noOutage),
        .init("liveo136-badconfig", never: ["ReportedByKubelet", "/etc/crio/crio.conf:"]),
        .init("liveo136-rebootinincident", never: ["ReportedByKubelet"]),
    ]

    @Test(arguments: truths) func isTold(_ truth: Truth) throws {
        let folder = try #require(LiveRecordings.folder)
        let input = try ReplayInput.detect(folder + "/" + truth.recording)
        let replayer = Replayer.replay(try ReplaySource.observations(input), rules: Recordings.rules)
        let shown = replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause)" }
        for wanted in truth.shown { #expect(shown.contains(wanted), "\(shown)") }
        for incident in replayer.incidents {
            let words =
                [
                    "\(incident.kind.rawValue)/\(incident.cause)", incident.sentence, incident.explanation,
                    incident.impact.sentence,
                ] + incident.timeline.map(\.text)
            for word in truth.never {
                #expect(!words.contains { $0.contains(word) }, "\(words)")
            }
            #expect(CommandCheck.problems(in: incident.nextSteps) == [])
            for item in incident.evidence {
                #expect(item.command.map { CommandCheck.problems(in: $0) } ?? [] == [])
            }
        }
    }
}
