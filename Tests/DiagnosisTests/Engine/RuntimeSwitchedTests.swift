// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

@Suite struct RuntimeSwitchedTests {
    private static func healthy(_ count: Int = 3) throws -> ContainerScene {
        var node = try ContainerScene()
        for number in 1...count { node.run(number, pod: "web-\(number)") }
        node.list()
        node.scan()
        #expect(node.openNames == [])
        node.scene.wait(.seconds(30))
        return node
    }

    /// CRI-O was restarted with crun as the default and calls what runc made exited.
    private static func switched() throws -> ContainerScene {
        var node = try healthy()
        node.stop()
        node.start()
        for number in 1...3 {
            node.stateUnknown(number)
            node.setState(number, .exited)
        }
        node.configure("crun")
        node.list()
        node.scene.wait(.seconds(3))
        node.scan()
        return node
    }

    @Test("a changed default loses running containers; the leftovers' end resolves it")
    func lost() throws {
        var node = try Self.switched()
        #expect(node.openNames == ["RuntimeSwitched/ContainersLost"])
        let incident = try #require(node.scene.open.first)
        #expect(incident.impact.sentence.hasPrefix("3 containers run without control"))
        #expect(
            incident.sentence.contains("runc (/run/runc)") && incident.sentence.contains("crun (/run/crun)"))
        for number in 1...3 { #expect(incident.impact.sentence.contains("shop/web-\(number)/web")) }
        #expect(node.scene.condition(.containersTracked)?.status == .false)
        #expect(node.scene.condition(.runtimeReady)?.status == .true)
        node.alive = []
        node.scene.wait(.seconds(5))
        node.scan()
        #expect(node.openNames == [])
        #expect(node.scene.condition(.containersTracked)?.status == .true)
    }

    @Test("what nobody lists any more belongs to the same incident")
    func orphaned() throws {
        var node = try Self.switched()
        node.containers = []
        node.list()
        node.scene.wait(.seconds(3))
        node.scan()
        #expect(node.openNames == ["RuntimeSwitched/ContainersOrphaned"])
    }

    @Test("a RuntimeClass' container is looked for in its own handler")
    func runtimeClass() throws {
        var node = try ContainerScene()
        node.run(1, runtime: "/usr/bin/kata-runtime", root: "/run/kata", pod: "vm")
        node.pods = [
            PodSandbox(
                id: ContainerScene.id(901), name: "vm", namespace: "shop", uid: "u-vm", ready: true,
                runtimeHandler: "kata")
        ]
        node.list()
        node.scan()
        node.stop()
        node.start()
        node.scene.feed(
            .node(
                .runtimeConfiguration(
                    RuntimeConfiguration(
                        defaultRuntime: "runc",
                        handlers: [
                            .init(name: "runc", path: "/usr/bin/runc", root: "/run/runc"),
                            .init(name: "kata", path: "/usr/bin/kata-runtime", root: "/run/kata"),
                        ], files: []))))
        node.setState(1, .exited)
        node.list()
        node.scene.wait(.seconds(3))
        node.scan()
        node.scene.wait(.seconds(15))
        #expect(node.openNames == ["OrphanedContainers/CalledExited"])
    }

    @Test("what was read before a restart that only the bus tells of says nothing of today's default")
    func staleConfiguration() throws {
        var node = try ContainerScene(isStartSeen: false)
        func state(_ invocation: String, _ age: Int) -> Observation.Event {
            .unit(
                UnitState(
                    name: ContainerScene.unit, activeState: "active", subState: "running",
                    invocationID: invocation, stateChangedAt: node.scene.now.monotonic + .seconds(-age)))
        }
        node.scene.wait(.seconds(200))
        node.scene.feed(state("one", 100))
        node.run(1)
        node.answers()
        node.list()
        node.configure("runc", path: "/usr/bin/runc", root: "/run/runc")
        node.scan()
        node.scene.wait(.seconds(60))
        node.scene.feed(state("two", 5))
        node.setState(1, .exited)
        node.answers()
        node.list()
        node.scene.wait(.seconds(3))
        node.scan()
        node.scene.wait(.seconds(15))
        let incident = try #require(node.scene.open.first { $0.kind == .orphanedContainers })
        #expect(incident.explanation.contains("is not known"))
    }

    @Test("only a scan tells that a leftover is gone: silence and answers do not")
    func silence() throws {
        var node = try Self.switched()
        for _ in 0..<20 {
            node.scene.wait(.seconds(30))
            node.answers()
        }
        #expect(node.openNames == ["RuntimeSwitched/ContainersLost"])
        #expect(node.scene.inquiries.contains(.containerProcesses))
    }

    @Test(
        "while all is well the processes are looked through every five minutes, and after each start of CRI-O"
    )
    func looks() throws {
        var node = try Self.healthy()
        node.scene.inquiries = []
        for _ in 0..<20 {
            node.scene.wait(.seconds(10))
            node.list()
        }
        #expect(!node.scene.inquiries.contains(.containerProcesses))
        for _ in 0..<10 {
            node.scene.wait(.seconds(10))
            node.list()
        }
        #expect(node.scene.inquiries.contains(.containerProcesses))
        node.scan()
        node.configure("runc", path: "/usr/bin/runc", root: "/run/runc")
        node.scene.wait(.seconds(10))
        node.scene.inquiries = []
        node.stop()
        node.start()
        #expect(node.scene.inquiries.contains(.containerProcesses))
        #expect(node.scene.inquiries.contains(.runtimeConfiguration))
    }

    @Test("a start that cannot kill is one incident, and RuntimeDown stands back")
    func blocked() throws {
        var node = try Self.healthy()
        node.stop()
        node.start(ready: false)
        for number in 1...3 { node.stateUnknown(number) }
        node.scene.wait(.seconds(10))
        for pause in [1, 5, 30, 120, 240] {
            node.killFails(2)
            node.probe(.version, .failed(ProbeFailure(reason: .timedOut, text: "deadline")))
            node.scene.wait(.seconds(pause))
        }
        #expect(node.openNames == ["RuntimeSwitched/StartBlocked"])
        #expect(node.scene.condition(.runtimeReady)?.status == .false)
        node.scan()
        #expect(
            node.scene.open.first?.impact.sentence.contains("3 containers of the old OCI runtime") == true)
        node.scene.record(MessageID.unitStarted, of: ContainerScene.unit)
        node.alive = []
        node.containers = []
        node.answers()
        node.list()
        node.scan()
        #expect(node.openNames == [])
        #expect(node.scene.resolvedNames == ["RuntimeSwitched/StartBlocked"])
    }

    @Test("the other way round: runc says that the container does not exist")
    func reverse() throws {
        var node = try ContainerScene()
        node.run(7, runtime: "/usr/libexec/crio/crun", root: "/run/crun")
        node.list()
        node.scan()
        node.stop()
        node.start(ready: false)
        for _ in 0..<3 {
            node.scene.wait(.seconds(5))
            node.line(
                #"time="2025-01-06T08:00:13.000000000Z" level=error msg="Killing container \#(ContainerScene.id(7)) failed: `/usr/bin/runc --root=/run/runc --systemd-cgroup kill \#(ContainerScene.id(7)) KILL` failed: container does not exist\n : exit status 1""#
            )
        }
        #expect(node.openNames == ["RuntimeSwitched/StartBlocked"])
        #expect(node.scene.open.first?.sentence.contains("crun (/run/crun)") == true)
    }

    @Test("the first start after a reboot logs the same lines, and nothing lives")
    func reboot() throws {
        var node = try ContainerScene()
        node.start(ready: false)
        for number in 1...40 { node.stateUnknown(number) }
        node.scene.wait(.seconds(1))
        node.configure("crun")
        node.start()
        for number in 1...40 {
            node.containers.append(
                Container(
                    id: ContainerScene.id(number), podSandboxID: ContainerScene.id(900), name: "web",
                    state: .exited))
        }
        node.list()
        node.scan()
        node.scene.wait(.seconds(60))
        node.list()
        #expect(node.openNames == [])
        #expect(node.scene.transitions.isEmpty)
    }

    @Test("another path to the same runtime and root, and a runtime class, are no change")
    func harmless() throws {
        var node = try Self.healthy()
        node.run(9, runtime: "/usr/bin/kata-runtime", root: "/run/kata")
        node.stop()
        node.start()
        node.configure("runc", path: "/usr/libexec/crio/runc", root: "/run/runc")
        for _ in 0..<4 {
            node.list()
            node.scan()
            node.scene.wait(.seconds(20))
        }
        #expect(node.scene.transitions.isEmpty)
    }

    @Test("a default that was changed on disk and is not in effect yet says nothing")
    func notRestarted() throws {
        var node = try Self.healthy()
        node.configure("crun")
        node.list()
        node.scan()
        node.scene.wait(.seconds(60))
        node.scan()
        #expect(node.scene.transitions.isEmpty)
    }

    @Test("a D state is stuck, not lost")
    func uninterruptible() {
        let signal = Signal(
            rule: "crio-d-state", name: .stopStuck,
            at: Moment(wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0)), unit: nil,
            cursor: "", captures: ["id": ContainerScene.id(1), "pid": "1"], excerpt: "")
        #expect(FailedKill(signal) == nil)
    }
}

@Suite struct OrphanedContainersTests {
    @Test(
        "alive, denied, and made by today's runtime: an orphan, after its cause had time to show",
        arguments: [true, false])
    func orphan(isListed: Bool) throws {
        var node = try ContainerScene()
        node.configure("runc", path: "/usr/bin/runc", root: "/run/runc")
        node.run(1)
        node.list()
        node.scan()
        node.scene.wait(.seconds(30))
        if isListed { node.setState(1, .exited) } else { node.containers = [] }
        node.list()
        node.scene.wait(.seconds(3))
        node.scan()
        node.scene.wait(.seconds(15))
        #expect(node.openNames == ["OrphanedContainers/" + (isListed ? "CalledExited" : "Unlisted")])
        node.alive = []
        node.scan()
        #expect(node.openNames == [])
    }

    @Test("a removal under way and a container younger than the list are none")
    func races() throws {
        var node = try ContainerScene()
        node.configure("runc", path: "/usr/bin/runc", root: "/run/runc")
        node.run(1)
        node.list()
        node.scan()
        node.scene.wait(.seconds(20))
        node.containers = []
        node.list()
        node.scene.wait(.milliseconds(500))
        node.scan()
        node.scene.wait(.milliseconds(500))
        node.alive = []
        node.scan()
        node.scene.wait(.seconds(30))
        node.run(2)
        node.alive[0].startedAt = node.scene.now.wall
        node.containers = []
        node.list()
        node.scene.wait(.seconds(10))
        node.scan()
        node.scene.wait(.seconds(30))
        #expect(node.scene.transitions.isEmpty)
    }

    @Test("a sandbox' own container is in the pods' list alone")
    func infra() throws {
        var node = try ContainerScene()
        node.run(900)
        node.containers = []
        node.pods = [
            PodSandbox(id: ContainerScene.id(900), name: "web", namespace: "shop", uid: "u", ready: true)
        ]
        for _ in 0..<3 {
            node.list()
            node.scan()
            node.scene.wait(.seconds(30))
        }
        #expect(node.scene.transitions.isEmpty)
    }

    @Test("without a list of containers nobody is an orphan")
    func unlisted() throws {
        var node = try ContainerScene()
        node.run(1)
        node.scan()
        node.scene.wait(.seconds(60))
        node.scan()
        #expect(node.scene.transitions.isEmpty)
        #expect(node.scene.condition(.containersTracked)?.status == .unknown)
    }
}
