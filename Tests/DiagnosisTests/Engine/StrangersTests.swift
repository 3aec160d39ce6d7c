// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// CRI-O is watched, and containerd, which nobody watches, runs pods too.
@Suite struct StrangersTests {
    /// With the cgroupfs driver a container is a bare id in its pod's cgroup: whose it is its shim tells, by the sandbox.
    @Test(arguments: [true, false]) func theirContainersAreNobodysOrphans(hasShim: Bool) throws {
        var node = try ContainerScene()
        node.configure("runc", path: "/usr/bin/runc", root: "/run/runc")
        let born = node.scene.now.wall + .seconds(-60)
        node.alive = [
            ContainerProcesses(
                id: ContainerScene.id(7), manager: .kubepods, monitor: nil, pids: [2007], command: "nginx",
                startedAt: born)
        ]
        if hasShim {
            node.alive.append(
                ContainerProcesses(
                    id: ContainerScene.id(907), manager: .containerd, monitor: nil, pids: [1907],
                    command: "containerd-shim", startedAt: born))
        }
        for _ in 0..<4 {
            node.list()
            node.scene.wait(.seconds(3))
            node.scan()
            node.scene.wait(.seconds(15))
        }
        #expect(node.openNames == (hasShim ? [] : ["OrphanedContainers/Unlisted"]))
    }
}
