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
        /// `Kind/Cause` of each incident that is shown, by name.
        var shown: [String]
        /// Words of which nothing may say anything.
        var never: [String]
        var testDescription: String { recording }

        init(_ recording: String, _ shown: [String], never: [String] = []) {
            self.recording = recording
            self.shown = shown
            self.never = never
        }
    }

    static let truths: [Truth] = [
        .init(
            "live136-badconfig", ["RuntimeDown/ConfigInvalid"],
            never: ["ReportedByKubelet", "refuses /etc/containerd/config.toml"]),
        .init("live136-baseline", []),
        .init("live136-cniflannel", ["PodNetworkFailing/CNIAgentDown"]),
        .init(
            "live136-cridisabled", ["CRIVersionUnsupported/CRIPluginDisabled"],
            never: ["It is not disabled", "failed to load", "ReportedByKubelet"]),
        .init("live136-diskfull", ["CreateFailing/DiskFull", "NodeFault/DiskPressure"]),
        .init("live136-jsonnocni", ["NetworkNotReady/CNIConfigMissing"]),
        .init("live136-jsonpauseimage", ["CreateFailing/SandboxImageUnavailable"]),
        .init("live136-kubeletendpoint", ["KubeletDown/EndpointMissing"], never: ["is gone", "was removed"]),
        .init("live136-kubeletflag", ["KubeletDown/FlagRemoved"]),
        .init("live136-nvidiahook", ["CreateFailing/HookFailed"]),
        .init("live136-pauseimage", ["CreateFailing/SandboxImageUnavailable"]),
        .init("live136-pidslimit", ["NodeFault/PIDsExhausted"]),
        .init("live136-podimage", []),
        .init("live136-readonlyfspods", ["NodeFault/FileSystemReadOnly"]),
        .init("live136-shimstop", ["ContainerStuck/ShimUnresponsive"]),
        .init("live136-stopped", ["RuntimeDown/Stopped"], never: ["ReportedByKubelet"]),
        .init(
            "liveo136-badconfig", ["RuntimeDown/ConfigInvalid"],
            never: ["ReportedByKubelet", "/etc/crio/crio.conf:"]),
        .init("liveo136-cniflannel", ["PodNetworkFailing/CNIAgentDown"]),
        .init("liveo136-conmonmissing", ["CreateFailing/OCIRuntimeMissing"]),
        .init("liveo136-hung", ["RuntimeDown/Hung"]),
        .init("liveo136-namereserved", ["ContainerStuck/CreateHangs"]),
        .init("liveo136-nocni", ["NetworkNotReady/CNIConfigMissing"]),
        .init("liveo136-policy", ["ImagePullFailing/SignaturePolicyInvalid"]),
        .init("liveo136-rebootinincident", ["RuntimeDown/ConfigInvalid"], never: ["ReportedByKubelet"]),
        .init("liveo136-runcfails", ["CreateFailing/CgroupError"]),
    ]

    @Test(arguments: truths) func isTold(_ truth: Truth) throws {
        let folder = try #require(LiveRecordings.folder)
        let input = try ReplayInput.detect(folder + "/" + truth.recording)
        let replayer = Replayer.replay(try ReplaySource.observations(input), rules: Recordings.rules)
        let shown = replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause)" }
        #expect(shown.sorted() == truth.shown)
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
