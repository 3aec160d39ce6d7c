// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// A configuration is loaded and ADD fails: what opens, and what ends it.
@Suite struct PodNetworkFailingTests {
    private static let flannel =
        #"plugin type=\"flannel\" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory"#

    private static func ready(_ scene: inout Scene) {
        scene.probe(
            .status,
            .status(
                RuntimeStatus(conditions: [
                    .init(type: "NetworkReady", status: true, reason: "", message: "")
                ])))
    }

    private static func made(_ scene: inout Scene, _ pod: String) {
        scene.line(
            #"time="2026-11-22T01:50:00.000000000Z" level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:\#(pod),Uid:4,Namespace:shop,Attempt:0,} returns sandbox id \"8505bcc08d328da828c087dbbb518f33623a5a21d61b89a20f14b979f4f7c389\"""#
        )
        scene.wait(.milliseconds(100))
    }

    @Test("it opens once: NetworkReady and a pod of the node's own network end nothing")
    func opensOnce() throws {
        var scene = try Scene()
        for _ in 0..<10 {
            CauseScene.network(&scene, Self.flannel, pod: "web")
            Self.ready(&scene)
            Self.made(&scene, "host-network")
            #expect(scene.openNames == ["PodNetworkFailing/CNIAgentDown"])
        }
        #expect(scene.transitions.count { $0.change == .opened } == 1)
        #expect(scene.condition(.networkReady)?.status == .false)
        Self.made(&scene, "web")
        #expect(scene.openNames == [])
    }

    @Test("another pod's network proves it when no ADD fails any more")
    func another() throws {
        var scene = try Scene()
        CauseScene.network(&scene, Self.flannel, pod: "web")
        Self.made(&scene, "db")
        #expect(scene.openNames == ["PodNetworkFailing/CNIAgentDown"])
        scene.wait(.seconds(50))
        #expect(scene.openNames == [])
    }

    @Test(
        "one pod that fails for a reason of nobody else's is a suspicion after a while, and never the node's outage"
    )
    func onePod() throws {
        var scene = try Scene()
        let text = #"plugin type=\"acme\" failed (add): no lease"#
        CauseScene.network(&scene, text)
        #expect(scene.openNames == [])
        for _ in 0..<3 { CauseScene.network(&scene, text) }
        #expect(scene.open.map(\.status) == [.suspected])
        #expect(scene.open.map(\.severity) == [.warning])
        scene.wait(.seconds(310))
        #expect(scene.openNames == [])
    }

    @Test("what failed before a pod got its network does not count for what fails after it")
    func counted() throws {
        var scene = try Scene()
        let text = #"plugin type=\"acme\" failed (add): no lease"#
        CauseScene.network(&scene, text, pod: "web")
        CauseScene.network(&scene, text, pod: "db")
        #expect(scene.openNames == ["PodNetworkFailing/CNIAddFails"])
        Self.made(&scene, "web")
        Self.made(&scene, "db")
        #expect(scene.openNames == [])
        CauseScene.network(&scene, text, pod: "api")
        #expect(scene.openNames == [])
    }
}
