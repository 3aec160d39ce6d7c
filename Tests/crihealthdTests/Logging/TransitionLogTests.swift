// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Logging
import Testing

@testable import crihealthd

@Suite struct TransitionLogTests {
    private func transition(
        _ change: Transition.Change, _ status: Incident.Status, _ severity: Severity
    ) -> Transition {
        let at = Moment(wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0))
        let incident = Incident(
            id: "i", kind: .runtimeDown, subject: "containerd", cause: "Killed", severity: severity,
            status: status,
            sentence: "containerd was killed", explanation: "", impact: Impact(sentence: ""), evidence: [],
            symptoms: [], nextSteps: [], clearsWhen: "", timeline: [], openedAt: at.wall, lastSeenAt: at.wall,
            resolvedAt: nil, occurrences: 1)
        return Transition(at: at, change: change, incident: incident)
    }

    @Test(arguments: [
        (
            Transition.Change.opened, Incident.Status.confirmed, Severity.critical, Logger.Level.error,
            "containerd was killed"
        ),
        (.opened, .suspected, .critical, .notice, "suspected: containerd was killed"),
        (.changed, .confirmed, .warning, .warning, "confirmed: containerd was killed"),
        (.opened, .confirmed, .info, .notice, "containerd was killed"),
        (.resolved, .resolved, .critical, .notice, "resolved: containerd was killed"),
    ])
    func lines(
        change: Transition.Change, status: Incident.Status, severity: Severity, level: Logger.Level,
        message: String
    ) {
        let transition = transition(change, status, severity)
        #expect(TransitionLog.level(transition) == level)
        #expect(TransitionLog.message(transition) == message)
        #expect(TransitionLog.metadata(transition)["cause"] == "Killed")
    }
}
