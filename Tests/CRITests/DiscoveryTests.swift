// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel
import Testing

@testable import CRI

@Suite("Endpoint discovery")
struct DiscoveryTests {
    static let addresses: [(String, String, RuntimeName, String?)] = [
        (
            "unix:///run/containerd/containerd.sock", "/run/containerd/containerd.sock", .containerd,
            "containerd.service"
        ),
        ("unix:///var/run/crio/crio.sock", "/run/crio/crio.sock", .crio, "crio.service"),
        ("/run//crio/crio.sock", "/run/crio/crio.sock", .crio, "crio.service"),
        ("unix:/run/cri-dockerd.sock", "/run/cri-dockerd.sock", .criDockerd, "cri-docker.service"),
        (
            "unix:///run/k3s/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock", .containerd,
            "k3s.service"
        ),
        (
            "unix:///tmp/my-containerd.sock", "/tmp/my-containerd.sock", .containerd, "containerd.service"
        ),
        ("unix:///srv/cri.sock", "/srv/cri.sock", .other, nil),
    ]

    @Test("addresses", arguments: addresses)
    func address(_ address: String, _ path: String, _ runtime: RuntimeName, _ unit: String?) throws {
        #expect(try Endpoint(address: address) == Endpoint(socketPath: path, runtime: runtime, unit: unit))
    }

    static let refused: [(String, EndpointError)] = [
        ("tcp://127.0.0.1:3735", .unsupportedScheme(scheme: "tcp", address: "tcp://127.0.0.1:3735")),
        ("npipe:////./pipe/c", .unsupportedScheme(scheme: "npipe", address: "npipe:////./pipe/c")),
        ("", .notAbsolute(address: "")), ("unix://", .notAbsolute(address: "unix://")),
        ("run/c.sock", .notAbsolute(address: "run/c.sock")), ("unix:///", .notAbsolute(address: "unix:///")),
        ("/run/a\u{1b}[2Jb", .unusablePath(address: "/run/a\u{1b}[2Jb")),
        (
            "/" + String(repeating: "x", count: 107),
            .unusablePath(address: "/" + String(repeating: "x", count: 107))
        ),
    ]

    @Test("refused addresses", arguments: refused)
    func refuses(_ address: String, _ error: EndpointError) {
        #expect(throws: error) { try Endpoint(address: address) }
        #expect(!error.description.unicodeScalars.contains("\u{1b}"))
        #expect(throws: error) { try EndpointDiscovery(root: "/nowhere").discover(configured: [address]) }
    }

    @Test("the first source that names an endpoint wins")
    func order() throws {
        let node = try Scratch()
        let discovery = EndpointDiscovery(root: node.path)
        #expect(try discovery.discover() == .init(endpoints: [], source: .wellKnown, refused: []))
        try node.write("usr/lib/systemd/system/containerd.service", "")
        try node.write("lib/systemd/system/crio.service", "")
        try expect(discovery, .wellKnown, ["/run/containerd/containerd.sock", "/run/crio/crio.sock"])
        try node.write(
            "etc/crictl.yaml",
            """
            # of the installer
            nested:
              runtime-endpoint: unix:///no.sock
            runtime-endpoint: 'unix:///run/b.sock' # b
            timeout: 2
            """
        )
        try expect(discovery, .crictl, ["/run/b.sock"])
        try node.write(
            "var/lib/kubelet/config.yaml",
            "kind: KubeletConfiguration\ncontainerRuntimeEndpoint: \"unix:///run/a.sock\"\n")
        try expect(discovery, .kubelet, ["/run/a.sock"])
        try node.write(
            "var/lib/kubelet/kubeadm-flags.env",
            "KUBELET_KUBEADM_ARGS=\"--node-ip=10.0.0.1 --container-runtime-endpoint=unix:///var/run/crio/crio.sock\"\n"
        )
        try expect(discovery, .kubelet, ["/run/crio/crio.sock"])
        let configured = try discovery.discover(configured: [
            "/run/c.sock", "/run/d.sock", "unix:///var/run/c.sock",
        ])
        #expect(configured.endpoints.map(\.socketPath) == ["/run/c.sock", "/run/d.sock"])
        #expect(configured.source == .configuration)
    }

    private func expect(
        _ discovery: EndpointDiscovery, _ source: EndpointDiscovery.Source, _ paths: [String],
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let found = try discovery.discover()
        #expect(found.source == source, sourceLocation: location)
        #expect(found.endpoints.map(\.socketPath) == paths, sourceLocation: location)
    }

    @Test("what a file names and cannot be watched is told, and the next source asked")
    func refusedFile() throws {
        let node = try Scratch()
        try node.write(
            "var/lib/kubelet/kubeadm-flags.env", "A=\"--container-runtime-endpoint=npipe:////./pipe/x\"")
        try node.write("var/lib/kubelet/config.yaml", "containerRuntimeEndpoint: tcp://1.2.3.4:5\n")
        try node.write("etc/crictl.yaml", "runtime-endpoint: unix:///run/a.sock\n")
        let found = try EndpointDiscovery(root: node.path).discover()
        #expect(found.endpoints.map(\.socketPath) == ["/run/a.sock"])
        #expect(found.refused.count == 2)
    }

    @Test("where nobody serves the socket that the kubelet names, one that is served is watched, too")
    func servedElsewhere() throws {
        let node = try Scratch()
        try node.write(
            "var/lib/kubelet/config.yaml", "containerRuntimeEndpoint: unix:///run/containerd/wrong.sock\n")
        try node.write("run/containerd/x", "")
        try node.write("run/crio/x", "")
        let discovery = EndpointDiscovery(root: node.path)
        try expect(discovery, .kubelet, ["/run/containerd/wrong.sock"])
        let listener = try Listener("\(node.path)/run/containerd/containerd.sock")
        let other = try Listener("\(node.path)/run/crio/crio.sock")
        try expect(
            discovery, .kubelet, ["/run/containerd/wrong.sock", "/run/containerd/containerd.sock"])
        let named = try Listener("\(node.path)/run/containerd/wrong.sock")
        try expect(discovery, .kubelet, ["/run/containerd/wrong.sock"])
        withExtendedLifetime((listener, other, named)) {}
    }

    static let empty = [
        "", "runtime-endpoint:\n", "runtime-endpoint: \"\"\n", "runtime-endpoint-x: /a\n", "\u{0}\u{ff}",
    ]

    @Test("a crictl.yaml that names nothing is none", arguments: empty)
    func emptyFile(_ text: String) throws {
        let node = try Scratch()
        try node.write("etc/crictl.yaml", text)
        #expect(try EndpointDiscovery(root: node.path).discover().source == .wellKnown)
    }

    @Test(
        "a live socket counts without a unit, a masked unit does not, k3s' socket gets the installed unit"
    )
    func presence() throws {
        let node = try Scratch()
        try node.write("run/crio/x", "")
        let listener = try Listener("\(node.path)/run/crio/crio.sock")
        try node.write("etc/systemd/system/x", "")
        try node.write("lib/systemd/system/containerd.service", "")
        symlink("/dev/null", "\(node.path)/etc/systemd/system/containerd.service")
        try node.write("etc/systemd/system/rke2-agent.service", "")
        let found = try EndpointDiscovery(root: node.path).discover().endpoints
        #expect(found.map(\.unit) == ["crio.service", "rke2-agent.service"])
        withExtendedLifetime(listener) {}
    }

    static let distributions: [(String, String, String)] = [
        ("k3s-agent.service", "/run/k3s/containerd/containerd.sock", "containerd"),
        ("rke2-server.service", "/run/k3s/containerd/containerd.sock", "containerd"),
        (
            "snap.microk8s.daemon-containerd.service", "/var/snap/microk8s/common/run/containerd.sock",
            "containerd"
        ),
        ("k0sworker.service", "/run/k0s/containerd.sock", "containerd"),
        ("k0scontroller.service", "/run/k0s/containerd.sock", "containerd"),
        ("snap.k8s.containerd.service", "/run/containerd/containerd.sock", "containerd"),
        ("cri-docker.service", "/run/cri-dockerd.sock", "cri-dockerd"),
    ]

    @Test(
        "each distribution is found by its unit alone, before its runtime ever ran", arguments: distributions)
    func distribution(_ unit: String, _ socket: String, _ runtime: String) throws {
        let node = try Scratch()
        try node.write("etc/systemd/system/\(unit)", "")
        let found = try EndpointDiscovery(root: node.path).discover().endpoints
        let one = try #require(found.first { $0.socketPath == socket })
        #expect(one.unit == unit)
        #expect(one.runtime.rawValue == runtime)
        #expect(found == [one])
        #expect(Endpoint.wellKnown(servedBy: [unit]).contains(one))
    }

    @Test("the kubelet that runs wins over every file, and left-overs of another do not count")
    func running() throws {
        let node = try Scratch()
        try node.write(
            "var/lib/kubelet/config.yaml", "containerRuntimeEndpoint: unix:///run/left-over.sock\n")
        try node.write("etc/systemd/system/k3s.service", "")
        let discovery = EndpointDiscovery(root: node.path)
        #expect(try discovery.discover().endpoints.map(\.unit) == ["k3s.service"])
        let kubelet = KubeletProcess(
            pid: 1, program: "kubelet", unit: "kubelet.service",
            settings: [.containerRuntimeEndpoint: .init(value: "/run/x/containerd.sock", origin: "--x")])
        #expect(
            try discovery.discover(kubelet: kubelet).endpoints.map(\.socketPath) == ["/run/x/containerd.sock"]
        )
        try node.write("etc/systemd/system/kubelet.service", "")
        #expect(try discovery.discover().endpoints.map(\.socketPath) == ["/run/left-over.sock"])
        let silent = KubeletProcess(pid: 1, program: "kubelet", unit: nil)
        #expect(try discovery.discover(kubelet: silent).source == .wellKnown)
    }
}
