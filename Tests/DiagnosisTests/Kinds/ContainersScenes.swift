// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

extension CauseScene {
    private static let runc = (name: "runc", path: "/usr/bin/runc", root: "/run/runc")

    /// Containers of runc under CRI-O for half a minute.
    private static func running(_ numbers: ClosedRange<Int> = 1...3) throws -> ContainerScene {
        var node = try ContainerScene()
        node.configure(runc.name, path: runc.path, root: runc.root)
        for number in numbers { node.run(number, pod: "web-\(number)") }
        node.list()
        node.scan()
        node.scene.wait(.seconds(30))
        return node
    }

    /// CRI-O was restarted, cannot tell the state of its containers, and they live; `isListed`: as exited, or not at
    /// all. `runtime`: its default since.
    private static func restarted(_ runtime: String, isListed: Bool) throws -> Scene {
        var node = try running()
        node.stop()
        node.start()
        for number in 1...3 {
            node.stateUnknown(number)
            node.setState(number, .exited)
        }
        if !isListed { node.containers = [] }
        if runtime == runc.name {
            node.configure(runc.name, path: runc.path, root: runc.root)
        } else {
            node.configure(runtime)
        }
        node.list()
        node.scene.wait(.seconds(3))
        node.scan()
        node.scene.wait(.seconds(12))
        return node.scene
    }

    private static func scan(_ scene: inout Scene) {
        scene.wait(.seconds(5))
        scene.feed(.node(.containerProcesses(ContainerScan(containers: [], complete: true))))
    }

    static let runtimeSwitched: [CauseScene] = [
        CauseScene(
            .runtimeSwitched, .startBlocked,
            play: { scene in
                var node = try running()
                node.stop()
                node.start(ready: false)
                for _ in 0..<3 {
                    node.scene.wait(.seconds(12))
                    node.killFails(2)
                }
                scene = node.scene
            },
            nearMiss: { scene in
                // One that ends between two of its questions is killed at the second.
                var node = try running()
                node.stop()
                node.start(ready: false)
                node.killFails(2)
                node.scene.wait(.seconds(2))
                node.scene.record(MessageID.unitStarted, of: ContainerScene.unit)
                node.answers()
                node.scene.wait(.seconds(60))
                scene = node.scene
            },
            end: {
                $0.record(MessageID.unitStarted, of: ContainerScene.unit)
                $0.lists([], of: ContainerScene.endpoint)
                scan(&$0)
            }),
        CauseScene(
            .runtimeSwitched, .containersLost, play: { $0 = try restarted("crun", isListed: true) },
            nearMiss: { $0 = try restarted("runc", isListed: true) }, end: scan),
        CauseScene(
            .runtimeSwitched, .containersOrphaned, play: { $0 = try restarted("crun", isListed: false) },
            nearMiss: { $0 = try restarted("runc", isListed: false) }, end: scan),
    ]

    /// Containers that live while no list, or a list of ended ones, has them.
    private static func denied(isListed: Bool, alive: Bool = true) throws -> Scene {
        var node = try running()
        if isListed {
            for number in 1...3 { node.setState(number, .exited) }
        } else {
            node.containers = []
        }
        node.list()
        node.scene.wait(.seconds(3))
        if !alive { node.alive = [] }
        node.scan()
        node.scene.wait(.seconds(15))
        return node.scene
    }

    static let orphanedContainers: [CauseScene] = [
        CauseScene(
            .orphanedContainers, .unlisted, play: { $0 = try denied(isListed: false) },
            nearMiss: { $0 = try denied(isListed: false, alive: false) }, end: scan),
        CauseScene(
            .orphanedContainers, .calledExited, play: { $0 = try denied(isListed: true) },
            nearMiss: { $0 = try denied(isListed: true, alive: false) }, end: scan),
    ]

    /// A container's scope, with or without its order before shutdown.target.
    private static func scope(isOrdered: Bool) throws -> Scene {
        var node = try running(1...1)
        node.scene.feed(
            .node(
                .scopes([
                    ScopeState(
                        name: "crio-\(ContainerScene.id(1)).scope", description: "libcrun container",
                        defaultDependencies: false, ordersShutdown: isOrdered)
                ])))
        return node.scene
    }

    /// The boot before reached shutdown.target (or its journal does not show that) while a container ran.
    private static func shutdown(isSeen: Bool) throws -> Scene {
        let node = try ContainerScene()
        var scene = node.scene
        scene.feed(
            .node(
                .previousShutdown(
                    PreviousShutdown(
                        bootID: "b0", reachedTargetAt: isSeen ? WallTime(microseconds: 1) : nil,
                        running: [ContainerScene.id(4)], ended: [ContainerScene.id(5)]))))
        return scene
    }

    static let shutdownNotGraceful: [CauseScene] = [
        CauseScene(
            .shutdownNotGraceful, .exposed, play: { $0 = try scope(isOrdered: false) },
            nearMiss: { $0 = try scope(isOrdered: true) },
            end: {
                $0.record(MessageID.unitSucceeded, of: "crio-\(ContainerScene.id(1)).scope")
                $0.wait(.seconds(3))
            }),
        CauseScene(
            .shutdownNotGraceful, .happened, play: { $0 = try shutdown(isSeen: true) },
            nearMiss: { $0 = try shutdown(isSeen: false) }, end: { $0.wait(.seconds(90_000)) }),
    ]
}
