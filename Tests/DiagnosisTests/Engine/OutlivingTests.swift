// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What holds a container, and what outlives what: shims, conmon, scopes, boots.
@Suite struct OutlivingTests {
    private static func id(_ digit: Character) -> String { String(repeating: digit, count: 64) }

    private static func lost(_ id: String) -> String {
        #"time="2026-11-22T01:50:00.000000000Z" level=error msg="failed to get task exit status for \"\#(id)\"" error="ttrpc: closed: unknown""#
    }

    private static func pod(_ id: String, ready: Bool) -> PodSandbox {
        PodSandbox(id: id, name: "web", namespace: "shop", uid: "u", ready: ready)
    }

    private static let leftover = ContainerProcesses(
        id: id("c"), manager: .containerd, monitor: nil, pids: [812], command: "nginx",
        startedAt: WallTime(microseconds: 0))

    /// containerd 2.3 on cgroup v2: the sandbox is ended, the container's process lives on in its scope, and the kubelet
    /// keeps the dead sandbox of the pod that it has replaced at once.
    @Test func whoLosesItsShimIsReplaced() throws {
        var scene = try Scene()
        scene.starts()
        scene.line(Self.lost(Self.id("a")))
        #expect(scene.open.map(\.sentence) == ["a shim died"])
        scene.probe(.pods, .pods([Self.pod(Self.id("a"), ready: false)]))
        scene.probe(.containers, .containers([]))
        let incident = try #require(scene.open.first)
        #expect(incident.sentence == "the shim of shop/web died")
        #expect(incident.impact.pods == nil)
        scene.wait(.seconds(1))
        scene.probe(
            .pods, .pods([Self.pod(Self.id("a"), ready: false), Self.pod(Self.id("b"), ready: true)]))
        #expect(scene.openNames == [])
    }

    @Test func whatLivesOnIsNotCalledDead() throws {
        var scene = try Scene()
        scene.starts()
        scene.line(Self.lost(Self.id("a")))
        scene.probe(.pods, .pods([Self.pod(Self.id("a"), ready: false)]))
        scene.probe(
            .containers,
            .containers([
                Container(
                    id: Self.id("c"), podSandboxID: Self.id("a"), name: "web", podName: "web",
                    namespace: "shop", state: .exited, createdAt: nil)
            ]))
        for _ in 0..<3 {
            scene.wait(.seconds(2))
            scene.feed(.node(.containerProcesses(ContainerScan(containers: [Self.leftover], complete: true))))
        }
        #expect(Set(scene.openNames) == ["ContainerStuck/ShimLost", "OrphanedContainers/CalledExited"])
        for incident in scene.open {
            #expect(!incident.sentence.contains("with it") && !incident.impact.sentence.contains("gone"))
            #expect(!incident.explanation.contains("changed default"))
            #expect(incident.impact.pods == nil && incident.impact.runningContainers == nil)
        }
        let stuck = try #require(scene.open.first { $0.kind == .containerStuck })
        #expect(stuck.explanation.contains("still alive"))
    }

    /// One that is listed as exited is not "not listed"; a sandbox whose pause process lives counts, too.
    @Test func eachIsDeniedAsItIs() throws {
        var scene = try Scene()
        scene.starts()
        let pause = ContainerProcesses(
            id: Self.id("a"), manager: .containerd, monitor: nil, pids: [811], command: "pause",
            startedAt: WallTime(microseconds: 0))
        let unknown = ContainerProcesses(
            id: Self.id("d"), manager: .containerd, monitor: nil, pids: [813], command: "redis",
            startedAt: WallTime(microseconds: 0))
        scene.probe(.pods, .pods([Self.pod(Self.id("a"), ready: false)]))
        scene.probe(.containers, .containers([]))
        for _ in 0..<3 {
            scene.wait(.seconds(2))
            scene.feed(
                .node(.containerProcesses(ContainerScan(containers: [pause, unknown], complete: true))))
        }
        let incident = try #require(scene.open.first)
        #expect(
            incident.sentence.hasPrefix("2 containers run on this node that containerd does not list, or"))
    }

    @Test func aConmonThatIsKilledIsMissed() throws {
        var node = try ContainerScene()
        node.run(1)
        node.list()
        node.scan()
        node.scene.wait(.seconds(5))
        node.record(MessageID.unitSucceeded, of: "crio-conmon-\(ContainerScene.id(1)).scope")
        node.alive[0].monitor = nil
        node.scene.wait(.seconds(1))
        node.scan()
        node.scene.wait(.seconds(3))
        node.scan()
        node.list()
        #expect(node.openNames == ["ContainerStuck/ShimLost"])
        #expect(node.scene.open.first?.sentence.hasPrefix("the conmon of shop/web-1/web died") == true)
        // And then the container, which CRI-O lists as running all the same.
        node.alive = []
        node.scan()
        node.scene.wait(.seconds(11))
        node.list()
        #expect(node.scene.open.first?.sentence.hasSuffix("as running, and no process of it is left") == true)
        node.containers = []
        node.list()
        #expect(node.openNames == [])
    }

    /// A container that ends takes its conmon with it, and is listed as exited a moment later.
    @Test func aContainerThatEndsIsNoLostConmon() throws {
        var node = try ContainerScene()
        node.run(1)
        node.list()
        node.scan()
        node.scene.wait(.seconds(5))
        node.scopes(1, MessageID.unitSucceeded)
        node.alive = []
        node.scan()
        node.list()
        node.scene.wait(.seconds(3))
        node.setState(1, .exited)
        node.list()
        node.scene.wait(.seconds(20))
        node.scan()
        node.list()
        #expect(node.scene.transitions.isEmpty)
    }

    /// `systemctl daemon-reexec` has the bus away for half a second.
    @Test func aBusThatComesBackAtOnceIsNoTrouble() throws {
        var scene = try Scene()
        scene.starts()
        scene.feed(.daemon(.bus(problem: nil)))
        scene.feed(.daemon(.bus(problem: "connection reset by peer")))
        scene.wait(.milliseconds(600))
        scene.feed(.daemon(.bus(problem: nil)))
        scene.wait(.seconds(10))
        #expect(scene.transitions.isEmpty)
        scene.feed(.daemon(.bus(problem: "timed out")))
        scene.wait(.seconds(4))
        #expect(scene.openNames == ["MonitoringImpaired/BusUnavailable"])
    }

    /// Nothing outlives a boot: no count of before it, and nothing that "keeps running".
    @Test func afterABootNothingKeepsRunning() throws {
        var scene = try Scene()
        scene.starts()
        scene.probe(.pods, .pods([Self.pod(Self.id("b"), ready: true)]))
        scene.probe(.containers, .containers([]))
        scene.killed()
        let before = try #require(scene.open.first)
        #expect(before.impact.sentence.contains("keep running") && before.impact.pods == 1)
        scene.reboot()
        scene.manager(MessageID.unitStarting)
        scene.manager(MessageID.processExit, ["EXIT_CODE": "exited", "EXIT_STATUS": "1"])
        let after = try #require(scene.open.first)
        #expect(after.id == before.id)
        #expect(!after.impact.sentence.contains("keep running"))
        #expect(after.impact.pods == nil && after.impact.runningContainers == nil)
    }
}
