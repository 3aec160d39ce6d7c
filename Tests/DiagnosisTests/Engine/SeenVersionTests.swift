// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What the page and the metrics say of a node whose runtime cannot be asked, or is another since it was.
@Suite struct SeenVersionTests {
    private func starts(_ version: String) -> String {
        "time=\"2026-11-22T01:42:20Z\" level=info msg=\"starting containerd\" revision=x version=\(version)"
    }

    /// A fleet's canary: the node counts by the version that does not come up, not by the one before.
    @Test func anUpgradeThatFailsIsOneOfTheNewVersion() throws {
        var scene = try Scene()
        scene.starts()
        var view: RuntimeView? { scene.engine.snapshot(at: scene.now).runtimes.first }
        #expect(view?.version == RuntimeVersion(name: "containerd", version: "1.6.20", apiVersion: "v1"))
        scene.stops("restart")
        scene.manager(MessageID.unitStarting)
        scene.wait(.milliseconds(10))
        scene.line(starts("v2.1.9"))
        scene.killed()
        #expect(view?.version == RuntimeVersion(name: "containerd", version: "v2.1.9", apiVersion: ""))
        scene.wait(.seconds(5))
        scene.starts()
        #expect(view?.version == RuntimeVersion(name: "containerd", version: "1.6.20", apiVersion: "v1"))
    }

    /// Nobody knows of a node what nobody can ask; that crictl is missing hurts nothing on it.
    @Test func aNodeThatCannotBeAskedIsUnknown() throws {
        var scene = try Scene()
        scene.probe(.version, .broken(ProbeBreakage(reason: .crictlMissing, text: "")))
        scene.wait(.seconds(30))
        let snapshot = scene.engine.snapshot(at: scene.now)
        #expect(snapshot.open.map(\.kind) == [.monitoringImpaired])
        #expect(snapshot.verdict == .unknown)
        #expect(snapshot.headline == "crihealthd cannot ask containerd: crictl is not installed")
        scene.answers()
        scene.wait(.seconds(60))
        #expect(scene.engine.snapshot(at: scene.now).verdict == .healthy)
    }
}
