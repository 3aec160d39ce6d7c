// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Node

@Suite("What a node of files has left")
struct ResourceTableTests {
    private func node(_ mountinfo: String) throws -> FakeNode {
        let node = try FakeNode()
        try node.write("proc/1/mountinfo", mountinfo)
        try node.write("proc/loadavg", "0.20 0.18 0.12 1/29900 11206\n")
        try node.write("proc/sys/kernel/pid_max", "32768\n")
        try node.write("proc/sys/kernel/threads-max", "254000\n")
        try node.write("proc/sys/fs/file-nr", "1952\t52\t9223372036854775807\n")
        try node.write("proc/sys/fs/inotify/max_user_instances", "128\n")
        try node.write("sys/fs/cgroup/system.slice/containerd.service/pids.current", "11\n")
        try node.write("sys/fs/cgroup/system.slice/containerd.service/pids.max", "11\n")
        try node.write("sys/fs/cgroup/system.slice/kubelet.service/pids.current", "15\n")
        try node.write("sys/fs/cgroup/system.slice/kubelet.service/pids.max", "max\n")
        try node.write("var/lib/containerd/x", "")
        try node.write("var/lib/kubelet/x", "")
        return node
    }

    private func read(_ node: FakeNode) throws -> NodeResources {
        let answer = node.inspector().answer(
            .resources(
                paths: ["/var/lib/containerd", "/var/lib/kubelet", "/var/lib/docker"],
                units: ["containerd.service", "kubelet.service", "../x"]))
        guard case .resources(let resources)? = answer else { throw Missing() }
        return resources
    }

    private struct Missing: Error {}

    @Test(
        "a path lies on the last mount that holds it; a read-only bind of a writable file system is no fault")
    func mounts() throws {
        let node = try node(
            """
            22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
            30 22 7:0 / /var/lib/containerd rw,relatime shared:9 - ext4 /dev/loop0 ro
            31 22 254:1 /kubelet /var/lib/kubelet ro,relatime shared:2 - ext4 /dev/vda1 rw
            32 22 0:40 / /mnt/a\\040b rw - tmpfs tmpfs rw
            garbage
            """)
        let resources = try read(node)
        #expect(
            resources.mounts.map { "\($0.path) \($0.mountPoint) \($0.source) \($0.isReadOnly)" } == [
                "/var/lib/containerd /var/lib/containerd /dev/loop0 true",
                "/var/lib/kubelet /var/lib/kubelet /dev/vda1 false",
            ])
    }

    @Test(
        "what an error made of ext4 refuses writes, whatever Linux calls it",
        arguments: ["ro", "rw,emergency_ro", "rw,shutdown"])
    func refused(_ options: String) throws {
        let mountinfo = "22 1 254:1 / / rw,relatime - ext4 /dev/vda1 \(options),errors=remount-ro\n"
        #expect(try read(try node(mountinfo)).mounts.allSatisfy(\.isReadOnly))
    }

    @Test("limits are those of the node, and of the units that have one")
    func limits() throws {
        let resources = try read(try node("22 1 254:1 / / rw - ext4 /dev/vda1 rw\n"))
        #expect(resources.tasks == .init(used: 29_900, limit: 32_768))
        #expect(resources.tasks?.isNearlyAll == true)
        #expect(resources.files?.used == 1900)
        #expect(resources.unitTasks == ["containerd.service": .init(used: 11, limit: 11)])
        #expect(resources.inotifyInstances == 128)
        #expect(resources.inotifyWatches == nil)
    }
}
