// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// The second form of RuntimeSwitched where nobody looked through the processes: the journal and the lists tell.
@Suite struct UnscannedLossTests {
    private static let count = 3

    /// Containers of this boot, by systemd's records or by a list.
    private static func running(recorded: Bool, listed: Bool) throws -> ContainerScene {
        var node = try ContainerScene()
        for number in 1...count {
            node.run(number, pod: "web-\(number)")
            if recorded { node.scopes(number, MessageID.unitStarted) }
        }
        if listed { node.list() }
        node.scene.wait(.seconds(30))
        return node
    }

    private static func restarted(recorded: Bool = true, listed: Bool = true) throws -> ContainerScene {
        var node = try running(recorded: recorded, listed: listed)
        node.stop()
        node.start()
        for number in 1...count {
            node.stateUnknown(number)
            node.setState(number, .exited)
        }
        if listed { node.list() }
        node.scene.wait(.seconds(3))
        return node
    }

    @Test(
        "lost by the journal and the lists, by either alone",
        arguments: [(true, true), (true, false), (false, true)])
    func lost(recorded: Bool, listed: Bool) throws {
        let node = try Self.restarted(recorded: recorded, listed: listed)
        #expect(node.openNames == ["RuntimeSwitched/ContainersLost"])
        let incident = try #require(node.scene.open.first)
        #expect(incident.impact.sentence.hasPrefix("\(Self.count) containers"))
        if listed { #expect(incident.impact.sentence.contains("shop/web-1/web")) }
    }

    @Test("what they hold is part of it")
    func conflict() throws {
        var node = try Self.restarted()
        node.containers.append(
            Container(
                id: ContainerScene.id(50), podSandboxID: ContainerScene.id(900), name: "web",
                podName: "web-1",
                namespace: "shop", state: .exited, attempt: 1, createdAt: node.scene.now.wall))
        node.list()
        node.scene.feed(
            .node(
                .containerLog(
                    ContainerLog(id: ContainerScene.id(50), lines: ["httpd: bind: Address already in use"]))))
        node.scene.wait(.seconds(15))
        #expect(node.openNames == ["RuntimeSwitched/ContainersLost"])
        #expect(node.scene.open.first?.symptoms.contains { $0.name == "AddressInUse" } == true)
    }

    @Test("the end of their scopes ends it")
    func ended() throws {
        var node = try Self.restarted()
        for number in 1...Self.count { node.scopes(number, MessageID.unitSucceeded) }
        node.scene.wait(.seconds(5))
        #expect(node.openNames == [])
    }

    @Test("a start that finds them again ends it")
    func rolledBack() throws {
        var node = try Self.restarted()
        node.stop()
        node.start()
        for number in 1...Self.count { node.setState(number, .running) }
        node.list()
        node.scene.wait(.seconds(5))
        #expect(node.openNames == [])
    }

    @Test("containers of an earlier boot, and those that ended before the restart, are none")
    func harmless() throws {
        var node = try ContainerScene()
        for number in 1...5 { node.stateUnknown(number) }
        node.scene.wait(.seconds(60))
        #expect(node.scene.transitions.isEmpty)
        var other = try Self.running(recorded: true, listed: true)
        for number in 1...Self.count {
            other.scopes(number, MessageID.unitSucceeded)
            other.setState(number, .exited)
        }
        other.list()
        other.stop()
        other.start()
        for number in 1...Self.count { other.stateUnknown(number) }
        other.list()
        other.scene.wait(.seconds(60))
        #expect(other.scene.transitions.isEmpty)
    }

    @Test("kills that fail on a runtime that serves say so, too")
    func kills() throws {
        var node = try Self.running(recorded: true, listed: true)
        node.stop()
        node.start()
        node.scene.wait(.seconds(60))
        for _ in 0..<3 {
            node.killFails(1)
            node.scene.wait(.seconds(2))
        }
        #expect(node.openNames == ["RuntimeSwitched/ContainersLost"])
    }
}
