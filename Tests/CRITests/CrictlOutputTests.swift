// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import CRI

@Suite("Successful crictl calls")
struct CrictlOutputTests {
    private func outcome(_ rung: ProbeReport.Rung, _ stdout: String) -> ProbeReport.Outcome {
        CrictlOutput.outcome(rung: rung, exitCode: 0, stdout: Array(stdout.utf8), stderr: [])
    }

    @Test("every recorded version of crictl and runtime is read")
    func fixtures() throws {
        let outputs = try Recorded.lines("outputs.jsonl", as: Recorded.Output.self)
        #expect(outputs.count == 48)
        for output in outputs {
            let rung = try #require(Recorded.rung(ofCall: output.call))
            let outcome = outcome(rung, output.stdout)
            #expect(
                Self.isMeaningful(outcome, call: output.call),
                "\(output.recording) \(output.call): \(outcome)")
        }
    }

    /// What every recording must show, whatever ran in it.
    private static func isMeaningful(_ outcome: ProbeReport.Outcome, call: String) -> Bool {
        switch outcome {
        case .version(let version):
            let isCRIO = version.name == "cri-o"
            return (isCRIO || version.name == "containerd") && call.contains(isCRIO ? "crio" : "containerd")
                && version.version.contains { $0.isNumber } && version.apiVersion.hasPrefix("v1")
        case .status(let status):
            let isContainerd = call.contains("containerd")
            return status.condition("RuntimeReady")?.status == true && status.condition("NetworkReady") != nil
                && (status.cniConfDir == (isContainerd ? "/etc/cni/net.d" : nil))
                && (status.defaultRuntime == (isContainerd ? "runc" : nil))
                && ((status.lastCNILoadStatus != nil) == isContainerd)
                && (!isContainerd
                    || status.places?.directories == ["/var/lib/containerd", "/run/containerd"]
                        && status.places?.handlers.contains { $0.name == "runc" } == true)
        case .pods(let pods):
            return pods.allSatisfy {
                $0.id.count == 64 && !$0.name.isEmpty && !$0.uid.isEmpty && isRecent($0.createdAt)
            }
        case .containers(let containers):
            return containers.allSatisfy {
                $0.id.count == 64 && $0.podSandboxID.count == 64 && !$0.name.isEmpty && !$0.podName.isEmpty
                    && !$0.namespace.isEmpty && $0.state != .unknown && isRecent($0.createdAt)
            }
        case .reached, .failed, .broken: return false
        }
    }

    /// A sandbox that containerd 2.0 could not recover has a creation time before the epoch: none.
    private static func isRecent(_ time: WallTime?) -> Bool { time?.date.hasPrefix("2026-11-") ?? true }

    @Test(
        "every recording in the corpus is read",
        .enabled(if: Recorded.corpus != nil, "no corpus of recordings"))
    func corpus() throws {
        let corpus = try #require(Recorded.corpus)
        let files = try #require(FileManager.default.enumerator(at: corpus, includingPropertiesForKeys: nil))
        var read = 0
        for case let file as URL in files where ["json", "out"].contains(file.pathExtension) {
            guard file.deletingLastPathComponent().lastPathComponent == "crictl",
                let rung = Recorded.rung(ofCall: file.lastPathComponent),
                try Recorded.exitCode(of: file) == 0
            else { continue }
            let stdout = Array(try Data(contentsOf: file))
            let outcome = CrictlOutput.outcome(rung: rung, exitCode: 0, stdout: stdout, stderr: [])
            #expect(
                ProbeReport(endpoint: .wellKnown[0], rung: rung, outcome: outcome, latency: .zero).succeeded,
                "\(file.path): \(outcome)")
            read += 1
        }
        #expect(read > 100)
    }

    @Test("network not ready, from containerd")
    func networkNotReady() throws {
        let json = """
            {"status":{"conditions":[{"type":"NetworkReady","status":false,"reason":"NetworkPluginNotReady",
             "message":"Network plugin returns error: cni plugin not initialized"}],"new":[1]},
             "config":{"containerd":{"defaultRuntimeName":7},"cni":"no object any more"},
             "lastCNILoadStatus":"cni config load failed: no network config found"}
            """
        guard case .status(let status) = outcome(.status, json) else {
            Issue.record("not read")
            return
        }
        #expect(status.condition("NetworkReady")?.status == false)
        #expect(status.condition("NetworkReady")?.reason == "NetworkPluginNotReady")
        #expect(status.lastCNILoadStatus == "cni config load failed: no network config found")
        #expect(status.defaultRuntime == nil && status.cniConfDir == nil)
    }

    @Test("where a runtime keeps its things")
    func places() throws {
        let containerd = """
            {"status":{"conditions":null},"config":{"containerdRootDir":"/data/c","rootDir":"/data/c/io.containerd.grpc.v1.cri",
             "stateDir":"/run/x/io.containerd.grpc.v1.cri","sandboxImage":"registry.k8s.io/pause:3.10",
             "cni":{"binDir":"","binDirs":["/opt/cni/bin"],"confDir":"/data/net.d"},
             "containerd":{"snapshotter":"native","defaultRuntimeName":"runc","runtimes":{
              "runc":{"runtimeType":"io.containerd.runc.v2","options":{"BinaryName":"/opt/runc","Root":"","SystemdCgroup":true}},
              "kata":{"runtimeType":"io.containerd.kata.v2","runtimePath":"/opt/kata/shim","options":null},"odd":7}}}}
            """
        guard case .status(let status) = outcome(.status, containerd) else {
            Issue.record("not read")
            return
        }
        let places = try #require(status.places)
        #expect(places.directories == ["/data/c", "/run/x"])
        #expect(places.cniConfDir == "/data/net.d" && places.cniBinDirs == ["/opt/cni/bin"])
        #expect(places.sandboxImage == "registry.k8s.io/pause:3.10" && places.snapshotter == "native")
        #expect(
            places.handlers == [
                .init(name: "kata", type: "io.containerd.kata.v2", path: "/opt/kata/shim"),
                .init(name: "runc", type: "io.containerd.runc.v2", path: "/opt/runc", usesSystemd: true),
            ])
        #expect(places.cgroupDriver == "systemd")
        let crio = """
            {"status":{"conditions":null},"config":{"sandboxImage":"p","crio":{"CgroupManagerName":"cgroupfs",
             "Runtimes":{"crun":{"RuntimePath":"/usr/bin/crun","RuntimeRoot":"/run/crun"}}}}}
            """
        guard case .status(let other) = outcome(.status, crio) else {
            Issue.record("not read")
            return
        }
        #expect(other.places?.cgroupDriver == "cgroupfs" && other.places?.sandboxImage == "p")
        #expect(
            other.places?.handlers == [.init(name: "crun", path: "/usr/bin/crun", root: "/run/crun")])
    }

    @Test("CRI-O's default runtime")
    func crioDefaultRuntime() {
        let json = #"{"status":{"conditions":null},"config":{"crio":{"DefaultRuntime":"crun"}}}"#
        guard case .status(let status) = outcome(.status, json) else {
            Issue.record("not read")
            return
        }
        #expect(status.defaultRuntime == "crun" && status.conditions.isEmpty)
    }

    @Test("int64 as text and number, enums by name and number, missing fields")
    func lenient() {
        let json = """
            {"containers":[{"id":"a","createdAt":1795311568927161410,"state":1,"metadata":{"attempt":"3"}},
             {"id":"b","createdAt":"1795311568927161410","state":"CONTAINER_NEW"},{"createdAt":"0","labels":7}]}
            """
        guard case .containers(let containers) = outcome(.containers, json) else {
            Issue.record("not read")
            return
        }
        #expect(containers.map(\.id) == ["a", "b", ""])
        #expect(containers.map(\.state) == [.running, .unknown, .unknown])
        #expect(containers[0].createdAt == WallTime(microseconds: 1_795_311_568_927_161))
        #expect(containers[0].createdAt == containers[1].createdAt && containers[2].createdAt == nil)
        #expect(containers[0].attempt == 3)
    }

    /// Shown by its length alone: some are large.
    struct Sample: Sendable, CustomTestStringConvertible {
        let rung: ProbeReport.Rung
        let stdout: String
        var testDescription: String { "\(rung), \(stdout.utf8.count) bytes" }

        init(_ rung: ProbeReport.Rung, _ stdout: String) {
            self.rung = rung
            self.stdout = stdout
        }
    }

    static let unreadableOutputs: [Sample] = [
        Sample(.version, ""), Sample(.version, "busybox v1.36"),
        Sample(.version, String(repeating: "x", count: 1 << 20)), Sample(.status, ""), Sample(.status, "{}"),
        Sample(.status, "[]"),
        Sample(.status, #"{"status":7}"#), Sample(.pods, #"{"containers":[]}"#),
        Sample(.pods, #"{"items":[7]}"#),
        Sample(.containers, "CONTAINER  IMAGE  CREATED"), Sample(.containers, #"{"containers":[{"id":"a""#),
        Sample(.status, String(repeating: "[", count: 100_000)),
        Sample(
            .status,
            #"{"status":{},"x":"# + String(repeating: "[", count: 100_000)
                + String(repeating: "]", count: 100_000) + "}"),
        Sample(.pods, #"{"items":["# + String(repeating: "0,", count: 1_100_000) + "0]}"),
    ]

    @Test("what is not crictl's output is unreadable, and nothing else", arguments: unreadableOutputs)
    func unreadable(_ sample: Sample) {
        let outcome = outcome(sample.rung, sample.stdout)
        guard case .failed(let failure) = outcome else {
            Issue.record("read as \(word(outcome))")
            return
        }
        #expect(failure.reason == .unreadable && failure.text.utf8.count <= 512)
    }

    @Test("brackets in strings are not nesting, and invalid UTF-8 costs one character")
    func strings() {
        let brackets = String(repeating: #"[\"{"#, count: 200)
        var bytes = Array(#"{"items":[{"id":"x","metadata":{"name":""#.utf8)
        bytes += [0xff, 0xfe] + Array(brackets.utf8) + Array(#""}}]}"#.utf8)
        let outcome = CrictlOutput.outcome(rung: .pods, exitCode: 0, stdout: bytes, stderr: [])
        guard case .pods(let pods) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(pods.first?.name.hasPrefix("\u{fffd}\u{fffd}[\"{[") == true)
    }
}
