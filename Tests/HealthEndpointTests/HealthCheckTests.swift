// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import HealthEndpoint

/// `?exclude=`, and what is neither good nor bad.
@Suite struct HealthCheckTests {
    private func ask(_ target: String, _ snapshot: Snapshot) -> Response { Router.answer(target, snapshot) }

    /// A containerd node that nobody has been able to ask yet.
    private var unknown: Snapshot {
        var snapshot = Fixtures.healthy
        snapshot.verdict = .unknown
        snapshot.headline = "containerd has not answered yet."
        snapshot.conditions = Fixtures.conditions([
            .runtimeReady: (.unknown, "NotAsked", "containerd has not answered yet."),
            .shutdownGraceful: (.unknown, "NotApplicable", "only CRI-O does that."),
        ])
        return snapshot
    }

    @Test func whatIsNotKnownCanBeExcluded() {
        #expect(ask("/healthz", unknown).status == 503)
        #expect(ask("/healthz?exclude=RuntimeReady", unknown).status == 200)
        #expect(ask("/healthz?exclude=ShutdownGraceful", unknown).status == 503)
        #expect(ask("/healthz?exclude=shutdowngraceful&exclude=runtimeready", unknown).status == 200)
    }

    @Test func whatANodeHasNothingOfFailsNothing() {
        let answer = ask("/healthz/ShutdownGraceful?verbose", unknown)
        #expect(answer.status == 200)
        #expect(answer.text.hasPrefix("[+]ShutdownGraceful ok: not applicable: only CRI-O does that.\n"))
        #expect(ask("/healthz/RuntimeReady", unknown).status == 503)
        #expect(TextPage.render(unknown).contains("[ ] ShutdownGraceful"))
    }

    @Test(arguments: [
        (IncidentKind.runtimeSwitched, "ContainersTracked"), (.orphanedContainers, "ContainersTracked"),
        (.shutdownNotGraceful, "ShutdownGraceful"), (.networkNotReady, "NetworkReady"),
        (.podNetworkFailing, "NetworkReady"), (.nodeFault, "NodeResourcesOK"),
    ])
    func aCriticalIncidentIsExcludedByItsCondition(kind: IncidentKind, name: String) {
        var snapshot = Fixtures.down
        snapshot.open[0].kind = kind
        #expect(ask("/healthz", snapshot).status == 503)
        #expect(ask("/healthz?exclude=\(name)", snapshot).status == 200)
        #expect(ask("/healthz?exclude=RuntimeReady", snapshot).status == 503)
    }

    @Test func aStartThatCannotEndIsTwoConditions() {
        var snapshot = Fixtures.down
        snapshot.open[0].kind = .runtimeSwitched
        snapshot.open[0].cause = "StartBlocked"
        #expect(ask("/healthz?exclude=ContainersTracked", snapshot).status == 503)
        #expect(ask("/healthz?exclude=RuntimeReady", snapshot).status == 503)
        #expect(ask("/healthz?exclude=RuntimeReady&exclude=ContainersTracked", snapshot).status == 200)
    }

    @Test("A condition that is True beside an open incident of its own says so")
    func goodIsNotShownWhereSomethingIsOpen() {
        var snapshot = Fixtures.healthy
        var incident = Fixtures.killed
        incident.kind = .monitoringImpaired
        incident.cause = "BlindWindow"
        incident.severity = .info
        incident.sentence = "Some entries could not be seen."
        snapshot.open = [incident]
        #expect(TextPage.render(snapshot).contains("[i] MonitoringHealthy"))
        #expect(
            ask("/healthz?verbose", snapshot).text.contains(
                "[+]MonitoringHealthy ok: worth knowing, BlindWindow: Some entries could not be seen.\n"))
        #expect(
            HTMLPage.render(snapshot).contains(
                "<tr class=\"notice\"><th scope=\"row\">MonitoringHealthy</th>"))
    }
}
