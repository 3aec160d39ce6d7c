// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Node

extension FakeNode {
    /// A process of root's that could be a kubelet; `arguments` are its own.
    func kubelet(
        _ pid: Int, comm: String = "kubelet", _ arguments: [String],
        cgroup: String = "0::/system.slice/kubelet.service", uid: Int = 0, namespaces: Int = 1
    ) throws {
        try process(pid, comm: comm, cgroup: cgroup)
        try write(
            "proc/\(pid)/stat", "\(pid) (\(comm)) S" + String(repeating: " 1", count: 18) + " \(pid)00 1\n")
        try write("proc/\(pid)/comm", comm + "\n")
        try write("proc/\(pid)/cmdline", arguments.map { $0 + "\0" }.joined())
        let ids = (0..<namespaces).map { _ in "\t\(pid)" }.joined()
        try write(
            "proc/\(pid)/status", "Name:\t\(comm)\nUid:\t\(uid)\t\(uid)\t\(uid)\t\(uid)\nNSpid:\(ids)\n")
    }
}

@Suite("The kubelet that runs")
struct KubeletFinderTests {
    private func settings(_ node: FakeNode) -> [KubeletProcess.Key: String] {
        KubeletFinder(root: node.path).find()?.settings.mapValues(\.value) ?? [:]
    }

    @Test("flags win over drop-ins, they over the file, wherever it lies; what lies elsewhere says nothing")
    func precedence() throws {
        let node = try FakeNode()
        try node.write(
            "var/lib/kubelet/config.yaml", "containerRuntimeEndpoint: unix:///run/left-over.sock\n")
        try node.write(
            "srv/kubelet.yaml",
            "kind: KubeletConfiguration\ncgroupDriver: systemd # ours\nfailSwapOn: false\n"
                + "containerRuntimeEndpoint: unix:///run/file.sock\nevictionHard:\n  cgroupDriver: no\n")
        try node.write("srv/conf.d/10-a.conf", "cgroupDriver: cgroupfs\n")
        try node.write("srv/conf.d/20-b.conf", "{\"containerRuntimeEndpoint\": \"unix:///run/drop-in.sock\"}")
        try node.write("srv/conf.d/30-c.yaml", "cgroupDriver: no\n")
        try node.kubelet(
            700,
            [
                "/usr/bin/kubelet", "--config", "/srv/kubelet.yaml", "--config-dir=/srv/conf.d", "--v=2",
                "--container_runtime_endpoint=unix:///run/flag.sock", "--root-dir=/data/kubelet",
            ])
        let found = try #require(KubeletFinder(root: node.path).find())
        #expect(found.pid == 700)
        #expect(found.unit == "kubelet.service")
        #expect(found.configFile == "/srv/kubelet.yaml")
        #expect(
            found.settings[.containerRuntimeEndpoint]
                == .init(value: "unix:///run/flag.sock", origin: "--container-runtime-endpoint"))
        #expect(found.settings[.cgroupDriver] == .init(value: "cgroupfs", origin: "/srv/conf.d/10-a.conf"))
        #expect(found.settings[.failSwapOn] == .init(value: "false", origin: "/srv/kubelet.yaml"))
        #expect(found.value(.rootDirectory) == "/data/kubelet")
    }

    static let documents = [
        "{\"kind\":\"KubeletConfiguration\",\"cgroupDriver\":\"systemd\",\"authentication\":{\"x\":{\"y\":1}}}",
        "{cgroupDriver: systemd, failSwapOn: true}", "---\n# x\n\"cgroupDriver\": 'systemd'\r\n",
    ]

    @Test("block, flow and JSON", arguments: documents)
    func styles(_ document: String) throws {
        let node = try FakeNode()
        try node.write("opt/k.yaml", document)
        try node.kubelet(9, ["kubelet", "--config=/opt/k.yaml"])
        #expect(settings(node)[.cgroupDriver] == "systemd")
    }

    @Test("microk8s' kubelite reads the flags of a file, with the snap's variables")
    func kubelite() throws {
        let node = try FakeNode()
        try node.write(
            "var/snap/microk8s/77/args/kubelet",
            "--root-dir=${SNAP_COMMON}/var/lib/kubelet\n# --cgroup-driver=no\n--fail-swap-on=false\n"
                + "--container-runtime-endpoint=\"$SNAP_COMMON/run/containerd.sock\"\n")
        try node.kubelet(
            5, comm: "kubelite",
            ["/snap/microk8s/77/kubelite", "--kubelet-args-file=/var/snap/microk8s/77/args/kubelet"],
            cgroup: "0::/system.slice/snap.microk8s.daemon-kubelite.service")
        let found = try #require(KubeletFinder(root: node.path).find())
        #expect(found.unit == "snap.microk8s.daemon-kubelite.service")
        #expect(found.value(.containerRuntimeEndpoint) == "/var/snap/microk8s/common/run/containerd.sock")
        #expect(found.value(.rootDirectory) == "/var/snap/microk8s/common/var/lib/kubelet")
        #expect(found.value(.failSwapOn) == "false")
        #expect(found.value(.cgroupDriver) == nil)
    }

    @Test("k3s' own configuration and drop-ins, for it overwrites its arguments")
    func k3s() throws {
        let node = try FakeNode()
        try node.kubelet(
            5, comm: "k3s-server", ["/usr/local/bin/k3s server"], cgroup: "0::/system.slice/k3s.service")
        #expect(settings(node)[.containerRuntimeEndpoint] == "unix:///run/k3s/containerd/containerd.sock")
        try node.write("data/agent/etc/kubelet.conf.d/00-k3s-defaults.conf", "cgroupDriver: systemd\n")
        try node.write(
            "etc/rancher/k3s/config.yaml",
            "docker: true\ndata-dir: /data\nkubelet-arg:\n- fail-swap-on=false\n")
        #expect(
            settings(node) == [
                .containerRuntimeEndpoint: "unix:///run/k3s/cri-dockerd/cri-dockerd.sock",
                .cgroupDriver: "systemd",
                .failSwapOn: "false",
            ])
        try node.write("etc/rancher/k3s/config.yaml.d/1.yaml", "container-runtime-endpoint: /run/x.sock\n")
        #expect(settings(node)[.containerRuntimeEndpoint] == "/run/x.sock")
    }

    @Test("another user's, a pod's, a PID namespace's of its own: none of them is this node's")
    func strangers() throws {
        let node = try FakeNode()
        let id = NodeInspectorTests.id
        try node.kubelet(3, ["kubelet", "--cgroup-driver=no"], uid: 1000)
        try node.kubelet(
            4, ["kubelet", "--cgroup-driver=no"], cgroup: "0::/kubepods.slice/cri-containerd-\(id).scope")
        try node.kubelet(5, ["kubelet", "--cgroup-driver=no"], cgroup: "0::/docker/\(id)", namespaces: 2)
        try node.kubelet(6, comm: "hyperkube", ["hyperkube", "kube-proxy"])
        #expect(KubeletFinder(root: node.path).find() == nil)
        // RKE1's, in a container with the node's own PIDs.
        try node.kubelet(7, ["kubelet", "--cgroup-driver=x"], cgroup: "0::/docker/\(id)")
        #expect(KubeletFinder(root: node.path).find()?.containerID == id)
        try node.kubelet(8, ["kubelet", "--cgroup-driver=y"])
        #expect(settings(node)[.cgroupDriver] == "y")
    }

    @Test("a process that ended is looked for anew, and a hostile file ends nothing")
    func later() throws {
        let node = try FakeNode()
        let finder = KubeletFinder(root: node.path)
        try node.kubelet(20, ["kubelet", "--config=/k.yaml", "--config-dir=relative", "--cgroup-driver"])
        try node.write("k.yaml", "{\"cgroupRoot\": \"\u{1b}[2J" + String(repeating: "x", count: 300_000))
        #expect(finder.find()?.settings == [.cgroupDriver: .init(value: "true", origin: "--cgroup-driver")])
        try node.write("k.yaml", "cgroupRoot: \u{1b}[2Jy\n")
        #expect(finder.find()?.value(.cgroupRoot)?.unicodeScalars.contains("\u{1b}") == false)
        try node.write("proc/20/comm", "sleep\n")
        try node.write("proc/20/stat", "20 (sleep) S" + String(repeating: " 1", count: 18) + " 77 1\n")
        #expect(finder.find() == nil)
        try node.kubelet(21, ["kubelet"])
        #expect(finder.find()?.pid == 21)
        #expect(finder.find()?.pid == 21)
    }
}
