// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import crihealthd

/// systemd's sentences, of several versions and in each of its ways to name a unit.
@Suite struct ManagerSentenceTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var sentence: String
        var unit: String?
        var id: String?
        var fields: [String: String] = [:]
        var testDescription: String { sentence }
    }

    static let rows: [Row] = [
        .init(
            sentence: "crio.service: Main process exited, code=exited, status=1/FAILURE",
            unit: "crio.service", id: MessageID.processExit,
            fields: ["EXIT_CODE": "exited", "EXIT_STATUS": "1"]),
        .init(
            sentence: "containerd.service: Main process exited, code=killed, status=9/KILL",
            unit: "containerd.service", id: MessageID.processExit,
            fields: ["EXIT_CODE": "killed", "EXIT_STATUS": "9"]),
        .init(
            sentence: "crio.service: main process exited, code=dumped, status=6/ABRT", unit: "crio.service",
            id: MessageID.processExit, fields: ["EXIT_CODE": "dumped", "EXIT_STATUS": "6"]),
        .init(
            sentence: "containerd.service: Control process exited, code=exited status=1",
            unit: "containerd.service", id: MessageID.processExit,
            fields: ["EXIT_CODE": "exited", "EXIT_STATUS": "1"]),
        .init(
            sentence: "crio.service: Failed with result 'exit-code'.", unit: "crio.service",
            id: MessageID.unitFailed, fields: ["UNIT_RESULT": "exit-code"]),
        .init(
            sentence: "crio.service: Unit entered failed state.", unit: "crio.service",
            id: MessageID.unitFailed),
        .init(
            sentence: "Unit crio.service entered failed state.", unit: "crio.service",
            id: MessageID.unitFailed),
        .init(sentence: "crio.service failed.", unit: "crio.service", id: MessageID.unitFailed),
        .init(sentence: "docker.service: Succeeded.", unit: "docker.service", id: MessageID.unitSucceeded),
        .init(
            sentence: "docker.service: Deactivated successfully.", unit: "docker.service",
            id: MessageID.unitSucceeded),
        .init(
            sentence: "crio.service: Scheduled restart job, restart counter is at 12.", unit: "crio.service",
            id: MessageID.restartScheduled, fields: ["N_RESTARTS": "12"]),
        .init(
            sentence: "kubelet.service: Service hold-off time over, scheduling restart.",
            unit: "kubelet.service", id: MessageID.restartScheduled),
        .init(
            sentence: "kubelet.service holdoff time over, scheduling restart.", unit: "kubelet.service",
            id: MessageID.restartScheduled),
        .init(
            sentence: "containerd.service: Service RestartSec=100ms expired, scheduling restart.",
            unit: "containerd.service", id: MessageID.restartScheduled),
        .init(
            sentence: "crio.service: A process of this unit has been killed by the OOM killer.",
            unit: "crio.service", id: MessageID.outOfMemory),
        .init(
            sentence: "containerd.service: start operation timed out. Terminating.",
            unit: "containerd.service"),
        .init(
            sentence: "Starting containerd container runtime...", unit: "containerd.service",
            id: MessageID.unitStarting),
        .init(
            sentence: "Started containerd container runtime.", unit: "containerd.service",
            id: MessageID.unitStarted, fields: ["JOB_RESULT": "done"]),
        .init(
            sentence: "Starting containerd.service - containerd container runtime...",
            unit: "containerd.service", id: MessageID.unitStarting),
        .init(
            sentence: "Started containerd.service.", unit: "containerd.service", id: MessageID.unitStarted,
            fields: ["JOB_RESULT": "done"]),
        .init(
            sentence: "Stopping Docker Application Container Engine...", unit: "docker.service",
            id: MessageID.unitStopping),
        .init(
            sentence: "Stopped kubelet: The Kubernetes Node Agent.", unit: "kubelet.service",
            id: MessageID.unitStopped, fields: ["JOB_RESULT": "done"]),
        .init(
            sentence: "Failed to start CRI Interface for Docker Application Container Engine.",
            unit: "cri-docker.service", id: MessageID.unitFailedToStart, fields: ["JOB_RESULT": "failed"]),
        .init(
            sentence: "Dependency failed for Kubernetes Kubelet.", unit: "kubelet.service",
            id: MessageID.unitFailedToStart, fields: ["JOB_RESULT": "dependency"]),
        .init(
            sentence: "Stopped Service for snap application microk8s.daemon-containerd.",
            unit: "snap.microk8s.daemon-containerd.service", id: MessageID.unitStopped,
            fields: ["JOB_RESULT": "done"]),
        .init(
            sentence: "Stopped target Multi-User System.", unit: "multi-user.target",
            id: MessageID.unitStopped, fields: ["JOB_RESULT": "done"]),
        .init(
            sentence: "Reached target System Shutdown.", unit: "shutdown.target", id: MessageID.unitStarted,
            fields: ["JOB_RESULT": "done"]),
        .init(sentence: "Started Session 4 of user root."),
        .init(sentence: "Reloading."),
    ]

    @Test(arguments: rows) func means(_ row: Row) {
        let sentence = ManagerSentence(row.sentence, UnitDescriptions())
        #expect(sentence.unit == row.unit)
        if row.unit != nil { #expect(sentence.messageID == row.id) }
        #expect(row.unit == nil || sentence.fields == row.fields)
    }

    @Test func rulesKnowWhatOldVersionsSay() {
        let limit = ManagerSentence(
            "start request repeated too quickly for kubelet.service", UnitDescriptions())
        #expect(limit.message == "kubelet.service: Start request repeated too quickly.")
        let job = ManagerSentence(
            "Job kubelet.service/start failed with result 'dependency'.", UnitDescriptions())
        #expect(job.message == "kubelet.service: Job kubelet.service/start failed with result 'dependency'.")
    }

    private func entries(_ text: String) -> [JournalEntry] {
        var journal = TextJournal(now: TextClockTests.now)
        var entries: [JournalEntry] = []
        journal.feed(text.utf8.span) { entries.append($0) }
        journal.finish { entries.append($0) }
        return entries
    }

    /// A description that nobody knows is the unit's that was named a moment ago.
    @Test func descriptionsAreLearnedFromTheText() {
        let all = entries(
            """
            Jun 12 12:00:00 n systemd[1]: foo.service: Failed with result 'exit-code'.
            Jun 12 12:00:00 n systemd[1]: Failed to start Our Own Agent.
            Jun 12 12:00:09 n systemd[1]: Starting Our Own Agent...
            Jun 12 12:00:09 n systemd[1]: Starting Another Agent...
            """)
        #expect(all.map(\.unit) == ["foo.service", "foo.service", "foo.service", nil])
    }

    /// systemd says "Stopped" between two attempts of `Restart=` too: that was no stop.
    @Test func aRestartIsNoStop() {
        let all = entries(
            """
            Jun 12 12:00:00 n systemd[1]: crio.service: Service hold-off time over, scheduling restart.
            Jun 12 12:00:00 n systemd[1]: crio.service: Scheduled restart job, restart counter is at 5.
            Jun 12 12:00:00 n systemd[1]: Stopped Open Container Initiative Daemon.
            Jun 12 12:00:00 n systemd[1]: Starting Open Container Initiative Daemon...
            Jun 12 12:05:00 n systemd[1]: Stopped Open Container Initiative Daemon.
            """)
        #expect(all.map { $0.fields["JOB_TYPE"] } == [nil, nil, "restart", "start", "stop"])
        #expect(all.count { $0.messageID == MessageID.restartScheduled } == 1)
    }
}
