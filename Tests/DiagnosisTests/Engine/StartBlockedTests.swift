// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// RuntimeSwitched/StartBlocked is claimed of a start that does not end, of nothing else, and ends with it.
@Suite struct StartBlockedTests {
    private static func blocked() throws -> ContainerScene {
        var node = try ContainerScene()
        node.stop()
        node.start(ready: false)
        node.scene.wait(.seconds(10))
        node.killFails(2)
        return node
    }

    @Test("a runtime that answers is ready, whether or not its start was seen", arguments: [true, false])
    func ready(isStartSeen: Bool) throws {
        var node = try ContainerScene(isStartSeen: isStartSeen)
        node.answers()
        node.list()
        for _ in 0..<5 {
            node.scene.wait(.seconds(20))
            node.killFails(2)
            node.answers()
        }
        #expect(!node.openNames.contains("RuntimeSwitched/StartBlocked"))
    }

    @Test("of a runtime that nothing is known of, a failed kill says nothing")
    func unknown() throws {
        var node = try ContainerScene(isStartSeen: false)
        for _ in 0..<5 {
            node.scene.wait(.seconds(20))
            node.killFails(2)
        }
        #expect(node.openNames == [])
    }

    @Test("the start is the one that systemd tells, though the journal begins later")
    func startedBefore() throws {
        var node = try ContainerScene(isStartSeen: false)
        node.killFails(2)
        node.scene.wait(.milliseconds(50))
        node.killFails(2)
        node.scene.wait(.seconds(5))
        let began = node.scene.now.wall + .seconds(-60)
        node.scene.feed(
            .unit(
                UnitState(
                    name: ContainerScene.unit, activeState: "activating", subState: "start",
                    stateChangedAt: node.scene.now.monotonic + .seconds(-60))))
        #expect(node.openNames == ["RuntimeSwitched/StartBlocked"])
        #expect(node.scene.open.first?.openedAt == began)
        #expect(node.scene.open.first?.evidence.contains { $0.at == began && $0.source == .systemd } == true)
    }

    @Test("a socket that never answered since is a start that has not ended; no start is made up")
    func neverAnswered() throws {
        var node = try ContainerScene(isStartSeen: false)
        for _ in 0..<3 {
            node.probe(.version, .failed(ProbeFailure(reason: .timedOut, text: "deadline")))
            node.killFails(2)
            node.scene.wait(.seconds(2))
        }
        #expect(node.openNames.contains("RuntimeSwitched/StartBlocked"))
        let incident = try #require(node.scene.open.first { $0.kind == .runtimeSwitched })
        #expect(incident.evidence.allSatisfy { !$0.summary.contains("has been starting since") })
    }

    @Test("one failed kill in a start that goes on is none")
    func once() throws {
        var node = try Self.blocked()
        #expect(node.openNames == [])
        node.scene.wait(.seconds(2))
        node.record(MessageID.unitStarted)
        node.answers()
        node.scene.wait(.seconds(60))
        #expect(node.scene.transitions.isEmpty)
    }

    @Test("one failed kill and a start that stalls; its end clears it, also where no process was looked at")
    func stalls() throws {
        var node = try Self.blocked()
        node.scene.wait(.seconds(25))
        #expect(node.openNames == ["RuntimeSwitched/StartBlocked"])
        node.record(MessageID.unitStarted)
        node.scene.wait(.seconds(1))
        #expect(node.openNames == [])
        #expect(node.scene.resolvedNames.first == "RuntimeSwitched/StartBlocked")
    }

    @Test(
        "what says that the OCI runtime does not know the container",
        arguments: [
            ("error opening file `/run/other/ID/status`: No such file or directory", true),
            ("error opening file '/run/other/ID/status': No such file or directory", true),
            ("container does not exist", true),
            ("container \\\"ID\\\" does not exist", true),
            ("open /proc/4711/status: no such file or directory", false),
            ("error opening file `/sys/fs/cgroup/x/cgroup.kill`: No such file or directory", false),
            ("error opening file `/run/other/OTHER/status`: No such file or directory", false),
            (": fork/exec /opt/crio/bin/crun: no such file or directory", false),
            ("exec: \\\"crun\\\": executable file not found in $PATH", false),
            ("kill container: No such process", false),
        ])
    func words(_ reason: String, _ isUnknown: Bool) throws {
        var node = try ContainerScene()
        node.stop()
        node.start(ready: false)
        for _ in 0..<3 {
            node.scene.wait(.seconds(1))
            node.killFails(
                2,
                reason.replacing("ID", with: ContainerScene.id(2)).replacing(
                    "OTHER", with: ContainerScene.id(3)))
        }
        #expect(node.openNames.contains("RuntimeSwitched/StartBlocked") == isUnknown)
    }

    @Test("an OCI runtime that is not there is that")
    func missing() throws {
        var node = try ContainerScene()
        node.killFails(2, ": fork/exec /opt/crio/bin/crun: no such file or directory")
        #expect(node.openNames == ["CreateFailing/OCIRuntimeMissing"])
    }

    @Test("going back means the handler's name, not the name of its binary")
    func rollback() throws {
        var node = try ContainerScene()
        node.run(2, runtime: "/usr/libexec/crio/runc", root: "/run/runc")
        node.list()
        node.scan()
        node.scene.feed(
            .node(
                .runtimeConfiguration(
                    RuntimeConfiguration(
                        defaultRuntime: "crun",
                        handlers: [
                            .init(name: "crun", path: "/opt/crio/bin/crun", root: "/run/other"),
                            .init(name: "stable", path: "/usr/libexec/crio/runc", root: "/run/runc"),
                        ], files: []))))
        node.stop()
        node.start(ready: false)
        for _ in 0..<2 {
            node.scene.wait(.seconds(1))
            node.killFails(2)
        }
        let steps = try #require(node.scene.open.first).nextSteps.map(\.command)
        #expect(steps.contains { $0.contains("default_runtime = \"stable\"") })
    }
}
