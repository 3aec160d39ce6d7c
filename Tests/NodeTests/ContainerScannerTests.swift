// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Node

@Suite struct ContainerScannerTests {
    private static let id = String(repeating: "0a", count: 32)
    private static let other = String(repeating: "b1", count: 32)
    private static let conmon =
        "/usr/libexec/crio/conmon -b /run/containers/storage/overlay-containers/\(id)/userdata -c \(id) --exit-dir"
        + " /var/run/crio/exits -l /var/log/pods/x/0.log --log-level info -n k8s_web_shop-1_prod_aa-bb_2 -r /opt/crio/bin/runc"
        + " --runtime-arg --root=/run/other-runc --socket-dir-path /var/run/crio --syslog -u \(id) -s"

    private static func scan(_ processes: [(comm: String, argv: String, cgroup: String)])
        -> [ContainerProcesses]
    {
        var scanner = ContainerScanner()
        for (index, process) in processes.enumerated() {
            scanner.add(
                pid: Int32(10 + index), comm: process.comm,
                arguments: process.argv.split(separator: " ").map(String.init),
                cgroup: process.cgroup, startedAt: WallTime(microseconds: Int64(1000 - index)))
        }
        return scanner.result(complete: true).containers
    }

    @Test("conmon's argv names the OCI runtime, its root and the pod; the cgroup names what belongs to it")
    func crio() throws {
        let found = Self.scan([
            ("conmon", Self.conmon, "0::/system.slice/crio-conmon-\(Self.id).scope"),
            ("nginx", "nginx: master", "0::/kubepods.slice/kubepods-pod1.slice/crio-\(Self.id).scope"),
            (
                "nginx", "nginx: worker",
                "9:name=systemd:/kubepods.slice/kubepods-pod1.slice/crio-\(Self.id).scope\n0::/x"
            ),
            ("bash", "bash", "0::/user.slice/user-0.slice/session-1.scope"),
        ])
        #expect(found.count == 1)
        let container = try #require(found.first)
        #expect(container.manager == .crio && container.pids == [11, 12] && container.command == "nginx")
        #expect(container.startedAt == WallTime(microseconds: 998))
        let monitor = try #require(container.monitor)
        #expect(
            monitor.pid == 10 && monitor.runtimePath == "/opt/crio/bin/runc"
                && monitor.runtimeRoot == "/run/other-runc")
        #expect(
            monitor.pod == PodContainerName(container: "web", pod: "shop-1", namespace: "prod", uid: "aa-bb"))
    }

    @Test(
        "a process that merely calls itself CRI-O's conmon",
        arguments: [
            "0::/user.slice/user-1000.slice/session-1.scope",
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/crio-conmon-0a0a.scope",
            "0::/system.slice/backup.service", "0::/",
        ])
    func impostor(_ cgroup: String) {
        let argv = "conmon -c \(Self.id) -r /home/mallory/runk --exit-dir /var/run/crio/exits"
        #expect(Self.scan([("conmon", argv, cgroup)]).first?.monitor == nil)
    }

    @Test("a root in two arguments, and options with =")
    func spelling() throws {
        let argv =
            "conmon --cid=\(Self.id) --runtime=/usr/bin/crun --runtime-arg --root --runtime-arg /run/crun --exit-dir=/run/crio/exits"
        let monitor = try #require(
            Self.scan([("conmon", argv, "0::/system.slice/crio.service")]).first?.monitor)
        #expect(
            monitor.runtimePath == "/usr/bin/crun" && monitor.runtimeRoot == "/run/crun" && monitor.pod == nil
        )
    }

    @Test(
        "containerd's scopes, its shims and the cgroupfs driver",
        arguments: [
            (
                "nginx", "nginx", "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-\(id).scope",
                ContainerProcesses.Manager.containerd
            ),
            ("nginx", "nginx", "0::/system.slice/kubepods-pod1.slice:cri-containerd:\(id)", .containerd),
            ("nginx", "nginx", "0::/kubepods/burstable/pod1234/\(id)", .kubepods),
            (
                "containerd-shim",
                "/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id \(id) -address /run/x.sock",
                "0::/system.slice/containerd.service", .containerd
            ),
        ])
    func others(_ comm: String, _ argv: String, _ cgroup: String, _ manager: ContainerProcesses.Manager) {
        let found = Self.scan([(comm, argv, cgroup)])
        #expect(found.map(\.id) == [Self.id])
        #expect(found.first?.manager == manager)
    }

    @Test(
        "not the CRI's: podman, docker, an exec session, a forged argv inside a container, nested containers",
        arguments: [
            (
                "conmon", conmon.replacing("/var/run/crio/exits", with: "/run/libpod/exits"),
                "0::/machine.slice/libpod-conmon-\(id).scope"
            ),
            ("conmon", conmon + " --exec-attach", "0::/system.slice/crio-conmon-\(id).scope"),
            (
                "conmon", conmon.replacing("-c \(id)", with: "-c short"),
                "0::/system.slice/crio-conmon-\(id).scope"
            ),
            (
                "containerd-shim", "containerd-shim-runc-v2 -namespace moby -id \(id)",
                "0::/system.slice/docker.service"
            ),
            ("sh", "sh", "0::/system.slice/docker-\(id).scope"),
            ("sh", "sh", "0::/machine.slice/libpod-\(id).scope"),
            ("sh", "sh", "0::/docker/\(id)"),
            ("sh", "sh", "12:cpu:/garbage\n::\nx"),
            ("conmon", "", ""),
        ])
    func foreign(_ comm: String, _ argv: String, _ cgroup: String) {
        #expect(Self.scan([(comm, argv, cgroup)]).isEmpty)
    }

    @Test("a container that runs containers is one container, whatever it calls its processes")
    func nested() {
        let cgroup = "0::/kubepods.slice/kubepods-pod1.slice/crio-\(Self.other).scope/docker/\(Self.id)"
        let found = Self.scan([("sh", "sh", cgroup), ("conmon", Self.conmon, cgroup)])
        #expect(found.map(\.id) == [Self.other])
        #expect(found.first?.monitor == nil)
    }

    @Test("the number of containers and pids is bounded, and then the scan is not complete")
    func bounds() {
        var scanner = ContainerScanner()
        for number in 0..<(ContainerScan.limit + 5) {
            let digits = String(number, radix: 16)
            let id = "c" + String(repeating: "0", count: 63 - digits.count) + digits
            for pid in 0..<40 {
                scanner.add(
                    pid: Int32(pid + 1), comm: "a", arguments: [], cgroup: "0::/k.slice/crio-\(id).scope",
                    startedAt: nil)
            }
        }
        let scan = scanner.result(complete: true)
        #expect(scan.containers.count == ContainerScan.limit && !scan.complete)
        #expect(scan.containers.allSatisfy { $0.pids.count == ContainerProcesses.pidLimit })
    }
}

@Suite struct ContainerInspectionTests {
    private static let id = String(repeating: "0a", count: 32)

    @Test("a node's processes come together to containers")
    func scan() throws {
        let node = try FakeNode()
        try node.process(7, comm: "sh (x)", cgroup: "0::/kubepods.slice/a.slice/crio-\(Self.id).scope\n")
        try node.process(8, comm: "sshd", cgroup: "0::/system.slice/ssh.service\n")
        guard case .containerProcesses(let scan) = node.inspector().answer(.containerProcesses) else {
            Issue.record("no answer")
            return
        }
        #expect(scan.complete && scan.containers.map(\.id) == [Self.id])
        #expect(scan.containers.first?.pids == [7] && scan.containers.first?.command == "sh (x)")
        guard
            case .containerProcesses(let cut) = node.inspector(.init(processes: 1)).answer(
                .containerProcesses)
        else {
            Issue.record("no answer")
            return
        }
        #expect(!cut.complete)
    }

    @Test("CRI-O's configuration: the last file that sets a key wins, and each is dated")
    func configuration() throws {
        let node = try FakeNode()
        #expect(node.inspector().answer(.runtimeConfiguration) == nil)
        try node.write("etc/crio/crio.conf", "[crio.runtime]\ndefault_runtime = \"runc\" # old\n")
        try node.write(
            "etc/crio/crio.conf.d/10-x.conf",
            "[crio.runtime.runtimes.\"crun\"]\nruntime_path = '/opt/crun'\nruntime_root = \"/run/c\"\n[crio.runtime]\ndefault_runtime=\"crun\""
        )
        try node.write(
            "etc/crio/crio.conf.d/20-y.conf",
            "[crio.api]\ndefault_runtime = \"no\"\n# default_runtime = \"no\"\n")
        guard case .runtimeConfiguration(let found) = node.inspector().answer(.runtimeConfiguration) else {
            Issue.record("no answer")
            return
        }
        #expect(found.defaultRuntime == "crun")
        #expect(found.handler("crun") == .init(name: "crun", path: "/opt/crun", root: "/run/c"))
        #expect(found.decidingFile?.path == "/etc/crio/crio.conf.d/10-x.conf")
        #expect(
            found.files.count == 3 && found.files.allSatisfy { $0.changedAt != nil && $0.modifiedAt != nil })
    }

    @Test("everything that listens, each with its holders")
    func listeners() throws {
        let node = try FakeNode()
        try node.write(
            "proc/net/tcp",
            "  sl  local_address rem_address   st\n   0: 0100007F:2382 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 71 1 0 100 0 0 10 0\n   1: 0100007F:C7FE 0100007F:2382 06 00000000:00000000 03:00000000 00000000     0        0 72 3 0\n"
        )
        try node.write(
            "proc/net/tcp6",
            "  sl  local_address rem_address   st\n   0: 00000000000000000000000000000000:46A0 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 73 1 0 100 0 0 10 0\n"
        )
        try node.process(4, comm: "httpd", cgroup: "0::/k.slice/crio-\(Self.id).scope\n", sockets: [73])
        guard case .tcpListeners(let found) = node.inspector().answer(.tcpListeners) else {
            Issue.record("no answer")
            return
        }
        #expect(found.map(\.address) == ["127.0.0.1:9090", "*:18080"])
        #expect(found.last?.holders.map(\.pid) == [4] && found.last?.holders.first?.containerID == Self.id)
        #expect(found.first?.holders.isEmpty == true)
    }

    @Test("this machine's own processes are looked through to the end")
    func here() {
        guard case .containerProcesses(let scan) = NodeInspector().answer(.containerProcesses) else {
            Issue.record("no answer")
            return
        }
        #expect(scan.complete)
    }

    @Test(
        "what is a user's, or another mount namespace's, is nobody's monitor",
        arguments: [
            ("containerd-shim-runc-v2", false, "0::/system.slice/x.service"),
            ("conmon", false, "0::/system.slice/crio-conmon-x.scope"),
            ("containerd-shim-runc-v2", true, "0::/user.slice/user-1000.slice/user@1000.service/x.scope"),
        ])
    func strangersMonitor(_ comm: String, _ isRoots: Bool, _ cgroup: String) {
        var scanner = ContainerScanner()
        scanner.add(
            pid: 7, comm: comm, arguments: [comm, "-namespace", "k8s.io", "-id", Self.id, "-c", Self.id],
            cgroup: cgroup, startedAt: nil, isRoots: isRoots)
        #expect(scanner.result(complete: true).containers.isEmpty)
    }

    @Test func aUsersScopeIsNoContainer() {
        var scanner = ContainerScanner()
        for number in 0..<2000 {
            let id = String(repeating: "0", count: 60) + String(format(number))
            scanner.add(
                pid: Int32(number + 1), comm: "sleep", arguments: ["sleep"],
                cgroup: "0::/user.slice/user-1000.slice/user@1000.service/cri-containerd-\(id).scope",
                startedAt: nil)
        }
        let scan = scanner.result(complete: true)
        #expect(scan.containers.isEmpty && scan.complete)
    }

    private func format(_ number: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 4 - text.count) + text
    }
}
