// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// Whose processes the kernel's OOM killer took: a unit of a user, or of a node in a container, may have any name.
@Suite struct ControlGroupTests {
    @Test(arguments: [
        ("/system.slice/containerd.service", true), ("/runtime.slice/containerd.service", true),
        ("/system.slice/containerd.service/sub", true), ("/containerd.service", true),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/containerd.service", false),
        ("/system.slice/docker-0123.scope/system.slice/containerd.service", false),
        ("/kubepods/burstable/pod1/system.slice/containerd.service", false),
        ("/system.slice/xcontainerd.service", false), ("", false), ("/", false), ("/system.slice", false),
    ])
    func owner(_ cgroup: String, _ isOwn: Bool) {
        #expect(ServiceUnit.owns(cgroup, "containerd.service") == isOwn)
    }

    @Test(arguments: [
        ("/system.slice/containerd.service", "OOMKilled"),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/containerd.service", "Killed"),
    ])
    func aRootlessRuntimesEndIsNotTheNodes(_ cgroup: String, _ cause: String) throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        scene.wait(.seconds(1))
        scene.kernel(
            "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
                + "task_memcg=\(cgroup),task=containerd,pid=812,uid=1000")
        #expect(scene.openNames == ["RuntimeDown/\(cause)"])
    }
}
