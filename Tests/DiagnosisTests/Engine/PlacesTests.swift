// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

@Suite("Where things turn out to be")
struct PlacesTests {
    private static let guess = Endpoint(socketPath: "/run/acme/node.sock", runtime: .other, unit: nil)
    private static let real = Endpoint(
        socketPath: "/run/acme/node.sock", runtime: .containerd, unit: "acme-node.service")

    @Test("a runtime's unit is learned from its listener, and its end is told of that unit")
    func moved() throws {
        var scene = try Scene(endpoints: [Self.guess])
        scene.feed(.daemon(.endpoints([Self.real])))
        #expect(scene.engine.state.endpoints == [Self.real])
        scene.feed(
            .unit(
                UnitState(name: "acme-node.service", activeState: "active", subState: "running", mainPID: 7)))
        scene.wait(.seconds(5))
        #expect(scene.openNames == [])
        scene.feed(
            .unit(
                UnitState(
                    name: "acme-node.service", activeState: "failed", subState: "failed", result: "signal",
                    execMainCode: 2, execMainStatus: 9)))
        scene.wait(.seconds(5))
        #expect(scene.openNames == ["RuntimeDown/Killed"])
        #expect(scene.transitions.first?.incident.subject == "acme-node")
    }

    @Test("the lines of a unit whose name tells nothing are heard as its runtime's")
    func heard() throws {
        let line = "containerd: failed to load TOML: /srv/acme/runtime.toml: (12, 2): unexpected token"
        for (endpoint, isHeard) in [(Self.guess, false), (Self.real, true)] {
            var scene = try Scene(endpoints: [endpoint])
            scene.line(line, unit: "acme-node.service")
            let signals = scene.engine.state.facts.signals.all(.configInvalid)
            #expect(signals.map(\.unit) == (isHeard ? ["acme-node.service"] : []))
        }
        var scene = try Scene(endpoints: [Self.real])
        scene.line(line, unit: "other.service")
        #expect(scene.engine.state.facts.signals.all(.configInvalid).isEmpty)
    }

    @Test("k0s passes its containerd's lines on, and nobody else's as those")
    func passedOn() throws {
        let inner = #"containerd: failed to load TOML: /etc/k0s/containerd.toml: (12, 2): unexpected token"#
        for (component, isHeard) in [("containerd", true), ("kubelet", false)] {
            let message =
                #"time="2026-07-08 08:46:25" level=info msg="\#(inner)" component=\#(component) stream=stderr"#
            var scene = try Scene(endpoints: Endpoint.wellKnown(servedBy: ["k0sworker.service"]))
            scene.feed(
                .journal(
                    JournalEntry(
                        cursor: "c", at: scene.now, source: .unit, unit: "k0sworker.service", comm: "k0s",
                        message: message)))
            #expect(scene.engine.state.facts.signals.all(.configInvalid).isEmpty != isHeard)
        }
    }

    @Test("the same places again change nothing")
    func again() throws {
        var scene = try Scene(endpoints: [Self.real])
        scene.feed(
            .unit(
                UnitState(name: "acme-node.service", activeState: "active", subState: "running", mainPID: 7)))
        let before = scene.engine.state
        scene.feed(.daemon(.endpoints([Self.real])))
        #expect(scene.engine.state.facts.runtimes == before.facts.runtimes)
    }

    @Test("the kubelet that was told last is known")
    func kubelet() throws {
        var scene = try Scene()
        #expect(scene.engine.state.facts.answers.kubelet == nil)
        let kubelet = KubeletProcess(
            pid: 9, program: "k3s-server", unit: "k3s.service",
            settings: [.cgroupDriver: .init(value: "systemd", origin: "/x.conf")])
        scene.feed(.node(.kubelet(kubelet)))
        #expect(scene.engine.state.facts.answers.kubelet?.value == kubelet)
        scene.feed(.node(.kubelet(nil)))
        #expect(scene.engine.state.facts.answers.kubelet?.value == .some(nil))
    }

    @Test("a runtime writes where it says, else where its distribution has it")
    func directories() throws {
        var facts = RuntimeFacts(endpoint: Endpoint.wellKnown[0])
        #expect(facts.directories == ["/var/lib/containerd", "/run/containerd"])
        let status = RuntimeStatus(
            conditions: [],
            places: RuntimePlaces(root: "/data/c", state: "/run/x", cniConfDir: "/data/net.d"))
        let at = Moment(
            wall: WallTime(microseconds: 1), monotonic: MonotonicTime(microseconds: 1))
        facts.take(
            .probe(
                ProbeReport(
                    endpoint: facts.endpoint, rung: .status, outcome: .status(status), latency: .zero)),
            at: at)
        #expect(facts.directories == ["/data/c", "/run/x"])
        #expect(facts.cniDirectory == "/data/net.d")
        // Its last word outlives it, and a boot.
        facts.reboot()
        #expect(facts.directories == ["/data/c", "/run/x"])
        let k3s = try #require(Endpoint.wellKnown(servedBy: ["rke2-server.service"]).first)
        #expect(
            RuntimeFacts(endpoint: k3s).directories == [
                "/var/lib/rancher/rke2/agent/containerd", "/run/k3s/containerd",
            ])
    }

    /// That /var/lib/containerd can be written to proves nothing of a runtime whose root is elsewhere.
    @Test("a read-only root is over when that very place can be written to")
    func rootElsewhere() throws {
        func mount(_ path: String, isReadOnly: Bool) -> NodeResources.Mount {
            .init(path: path, mountPoint: path, source: "/dev/x", type: "ext4", isReadOnly: isReadOnly)
        }
        var scene = try Scene()
        scene.starts()
        let places = RuntimePlaces(root: "/data/c", state: "/run/x")
        scene.probe(.status, .status(RuntimeStatus(conditions: [], places: places)))
        scene.line(
            #"time="2026-12-01T03:40:00.000000000Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:web,Uid:1,Namespace:shop,Attempt:0,} failed, error" error="failed to setup sandbox files: mkdir /data/c/io.containerd.grpc.v1.cri/sandboxes/1: read-only file system""#
        )
        #expect(scene.openNames == ["NodeFault/FileSystemReadOnly"])
        let asked = scene.inquiries.contains { inquiry in
            if case .resources(let paths, _) = inquiry { paths.contains("/data/c") } else { false }
        }
        #expect(asked)
        let usual = mount("/var/lib/containerd", isReadOnly: false)
        for isReadOnly in [true, false] {
            scene.wait(.seconds(1))
            scene.feed(
                .node(.resources(NodeResources(mounts: [usual, mount("/data/c", isReadOnly: isReadOnly)]))))
            #expect(scene.openNames == (isReadOnly ? ["NodeFault/FileSystemReadOnly"] : []))
        }
    }
}
