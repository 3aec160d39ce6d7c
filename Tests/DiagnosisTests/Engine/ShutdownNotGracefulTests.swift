// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

@Suite struct ShutdownNotGracefulTests {
    private static func scope(
        _ number: Int, dependencies: Bool, ordered: Bool, _ description: String = "libcrun container"
    )
        -> ScopeState
    {
        ScopeState(
            name: "crio-\(ContainerScene.id(number)).scope", description: description,
            defaultDependencies: dependencies, ordersShutdown: ordered)
    }

    @Test("a scope without an order before shutdown is exposed; sound ones in its place clear it")
    func exposed() throws {
        var node = try ContainerScene()
        node.run(1, runtime: "/usr/bin/crun", root: "/run/crun")
        node.list()
        node.scan()
        #expect(node.scene.inquiries.contains(.scopes(containers: [ContainerScene.id(1)])))
        node.scene.feed(.node(.scopes([Self.scope(1, dependencies: false, ordered: false)])))
        #expect(node.openNames == ["ShutdownNotGraceful/Exposed"])
        #expect(node.scene.open.first?.impact.sentence.contains("shop/web-1/web") == true)
        #expect(node.scene.condition(.shutdownGraceful)?.status == .false)
        #expect(node.scene.inquiries.contains(.ociRuntimes(paths: ["/usr/bin/crun"])))
        node.scene.feed(
            .node(.ociRuntimes([OCIRuntimeVersion(path: "/usr/bin/crun", name: "crun", version: "1.14.3")])))
        #expect(node.scene.open.first?.explanation.contains("crun 1.14.3") == true)

        node.alive = []
        node.containers = []
        node.scene.wait(.seconds(120))
        node.scan()
        node.scene.wait(.seconds(3))
        #expect(node.openNames == [], "the last that was exposed has ended")
        node.run(2, runtime: "/usr/bin/crun", root: "/run/crun")
        node.list()
        node.scan()
        node.scene.feed(.node(.scopes([Self.scope(2, dependencies: true, ordered: true)])))
        #expect(node.openNames == [])
        #expect(node.scene.condition(.shutdownGraceful)?.status == .true)
    }

    @Test("a container that was started after the last look is looked at soon, not at once")
    func unseen() throws {
        var node = try ContainerScene()
        node.run(1)
        node.list()
        node.scan()
        node.scene.feed(.node(.scopes([Self.scope(1, dependencies: true, ordered: true)])))
        node.scene.wait(.seconds(10))
        node.run(2)
        node.scene.inquiries = []
        node.list()
        #expect(!node.scene.inquiries.contains(.containerProcesses))
        node.scene.wait(.seconds(25))
        node.list()
        #expect(node.scene.inquiries.contains(.containerProcesses))
        node.scan()
        node.scene.inquiries = []
        node.scene.wait(.seconds(40))
        node.list()
        #expect(!node.scene.inquiries.contains(.containerProcesses), "all that is listed was seen")
    }

    @Test("a container whose monitor alone was seen, while it was being created, is looked at again")
    func halfSeen() throws {
        var node = try ContainerScene()
        node.run(1)
        let whole = node.alive
        node.alive[0].pids = []
        node.scan()
        node.list()
        node.scene.wait(.seconds(35))
        node.list()
        #expect(node.scene.inquiries.contains(.containerProcesses))
        node.scan()
        node.scene.inquiries = []
        node.scene.wait(.seconds(35))
        node.list()
        #expect(!node.scene.inquiries.contains(.containerProcesses), "twice is enough")
        node.alive = whole
        node.scene.inquiries = []
        node.scan()
        #expect(node.scene.inquiries.contains(.scopes(containers: [ContainerScene.id(1)])))
    }

    /// A node with one exposed container.
    private static func exposedNode() throws -> ContainerScene {
        var node = try ContainerScene()
        node.run(1, runtime: "/usr/bin/crun", root: "/run/crun")
        node.list()
        node.scan()
        node.scene.feed(.node(.scopes([scope(1, dependencies: false, ordered: false)])))
        #expect(node.openNames == ["ShutdownNotGraceful/Exposed"])
        node.scene.wait(.seconds(30))
        return node
    }

    @Test(
        "the end of the last exposed scope clears it, by one record of systemd",
        arguments: ["crio-", "crio-conmon-"])
    func lastEnded(_ prefix: String) throws {
        var node = try Self.exposedNode()
        node.record(MessageID.unitSucceeded, of: "\(prefix)\(ContainerScene.id(1)).scope")
        node.scene.wait(.seconds(3))
        #expect(node.openNames == [])
    }

    @Test("what ends because the machine goes down was exposed to that; it is over on the next boot")
    func reboot() throws {
        var node = try Self.exposedNode()
        node.record(MessageID.unitSucceeded, of: "crio-\(ContainerScene.id(1)).scope")
        node.scene.wait(.milliseconds(300))
        node.scene.goesDown()
        node.scene.wait(.seconds(5))
        var early = try Self.exposedNode()
        early.scene.goesDown()
        early.scene.wait(.seconds(1))
        early.record(MessageID.unitSucceeded, of: "crio-\(ContainerScene.id(1)).scope")
        early.scene.wait(.seconds(5))
        #expect(early.openNames == ["ShutdownNotGraceful/Exposed"])
        early.scene.reboot(Self.endpoint)
        early.scene.wait(.seconds(5))
        #expect(early.openNames == [])
    }

    @Test(
        "one record of a container's end is enough, whichever is not lost",
        arguments: [
            ("crio-", MessageID.unitStopping), ("crio-", MessageID.unitStopped),
            ("crio-", MessageID.unitSucceeded),
            ("crio-conmon-", MessageID.unitSucceeded),
        ])
    func anyRecord(_ prefix: String, _ record: String) throws {
        var node = try ContainerScene()
        node.record(MessageID.unitStarted, of: "crio-\(ContainerScene.id(1)).scope")
        node.record(MessageID.shutdown, of: "systemd-logind.service")
        node.record(record, of: "\(prefix)\(ContainerScene.id(1)).scope")
        node.record(MessageID.unitStarted, of: SystemTarget.shutdown)
        node.scene.reboot(Self.endpoint)
        node.scene.wait(.seconds(1))
        #expect(node.scene.transitions.isEmpty)
    }

    @Test(
        "sound scopes, half-known ones and conmon's own are silent",
        arguments: [
            scope(1, dependencies: true, ordered: true, "libcontainer container x"),
            scope(1, dependencies: false, ordered: true),
            ScopeState(name: "crio-\(ContainerScene.id(1)).scope", description: "libcrun container"),
            ScopeState(
                name: "crio-conmon-\(ContainerScene.id(1)).scope", description: "conmon",
                defaultDependencies: false,
                ordersShutdown: false),
            ScopeState(
                name: "cri-containerd-\(ContainerScene.id(1)).scope", description: "libcontainer",
                defaultDependencies: false, ordersShutdown: false),
        ])
    func silent(_ state: ScopeState) throws {
        var node = try ContainerScene()
        node.run(1)
        node.list()
        node.scan()
        node.scene.feed(.node(.scopes([state])))
        // An installed crun that nobody uses is no exposure.
        node.scene.feed(
            .node(.ociRuntimes([OCIRuntimeVersion(path: "/usr/bin/crun", name: "crun", version: "1.8.1")])))
        node.scene.wait(.seconds(60))
        #expect(node.scene.transitions.isEmpty)
    }

    private static func record(_ node: inout ContainerScene, _ unit: String, _ id: String) {
        node.scene.record(id, of: unit)
    }

    /// A boot with two containers, of which one ends before shutdown.target is reached, and the next boot.
    private static func rebooted(ending ended: [Int]) throws -> ContainerScene {
        var node = try ContainerScene()
        for number in [1, 2] {
            record(&node, "crio-\(ContainerScene.id(number)).scope", MessageID.unitStarted)
        }
        record(&node, "systemd-logind.service", MessageID.shutdown)
        for number in ended {
            record(&node, "crio-\(ContainerScene.id(number)).scope", MessageID.unitSucceeded)
        }
        record(&node, "shutdown.target", MessageID.unitStarted)
        node.scene.reboot(Self.endpoint)
        node.scene.wait(.seconds(1))
        return node
    }

    private static let endpoint = ContainerScene.endpoint

    @Test("a shutdown that left a container to the last SIGKILL is told after the boot, for a day")
    func happened() throws {
        var node = try Self.rebooted(ending: [1])
        #expect(node.openNames == ["ShutdownNotGraceful/Happened"])
        #expect(node.scene.open.first?.sentence.hasPrefix("the last shutdown killed 1 container ") == true)
        node.scene.wait(.seconds(90_000))
        #expect(node.openNames == [])
    }

    @Test("a shutdown that waited for every container is silent")
    func graceful() throws {
        let node = try Self.rebooted(ending: [1, 2])
        #expect(node.scene.transitions.isEmpty)
    }

    @Test("the same by the journal of the boot before, with what was known to run")
    func asked() throws {
        var node = try ContainerScene()
        #expect(node.scene.inquiries.contains(.previousShutdown))
        node.scene.feed(
            .node(
                .previousShutdown(
                    PreviousShutdown(
                        bootID: "b0", reachedTargetAt: WallTime(microseconds: 1),
                        running: [ContainerScene.id(4)],
                        ended: [ContainerScene.id(5)]))))
        #expect(node.openNames == ["ShutdownNotGraceful/Happened"])
    }

    @Test("a journal that does not reach to shutdown.target proves nothing")
    func cutOff() throws {
        var node = try ContainerScene()
        node.scene.feed(
            .node(
                .previousShutdown(
                    PreviousShutdown(
                        bootID: "b0", reachedTargetAt: nil, running: [ContainerScene.id(4)], ended: []))))
        node.scene.wait(.seconds(60))
        #expect(node.scene.transitions.isEmpty)
    }
}
