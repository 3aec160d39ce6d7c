// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Testing

@testable import CRI

/// A real containerd of the test's own: private root, state and socket; ended by its pid.
final class LiveContainerd: Sendable {
    static let binary = executable("/usr/bin/containerd", "/usr/local/bin/containerd")
    static let crictl = executable("/usr/local/bin/crictl", "/usr/bin/crictl") ?? Recorded.standIn

    static let runc = executable("/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc")

    private static func executable(_ paths: String...) -> String? { paths.first { access($0, X_OK) == 0 } }

    let scratch: Scratch
    let endpoint: Endpoint
    let pid: pid_t
    private let process: Process

    /// With `cri: false` its CRI plugin is disabled.
    init(cri: Bool = true) throws {
        scratch = try Scratch()
        endpoint = scratch.endpoint("containerd.sock")
        let noise = ["zfs", "btrfs", "aufs", "devmapper"].map { "\"io.containerd.snapshotter.v1.\($0)\"" }
        let disabled = noise + (cri ? [] : ["\"io.containerd.grpc.v1.cri\""])
        let config = try scratch.write(
            "config.toml",
            """
            version = 2
            root = "\(scratch.path)/root"
            state = "\(scratch.path)/state"
            disabled_plugins = [\(disabled.joined(separator: ", "))]
            [grpc]
              address = "\(endpoint.socketPath)"
            [plugins."io.containerd.grpc.v1.cri"]
              stream_server_port = "0"
              sandbox_image = "docker.io/crihealthd/pause:1"
              restrict_oom_score_adj = true
              disable_apparmor = true
            [plugins."io.containerd.grpc.v1.cri".cni]
              conf_dir = "\(scratch.path)/net.d"
              bin_dir = "\(scratch.path)/bin"
            """)
        process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.binary))
        process.arguments = ["--config", config]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        pid = process.processIdentifier
    }

    deinit {
        kill(pid, SIGCONT)
        kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    /// Runs `Tests/Support/cri-pod`; the lines that it prints.
    func pod(_ arguments: String...) throws -> [String] {
        let process = Process()
        process.executableURL = Recorded.tests.appendingPathComponent("Support/cri-pod")
        process.arguments = [endpoint.socketPath] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map { String($0) }
    }

    /// Waits until the rung's outcome is one of `words`, for 30 s at most; the last outcome's word.
    func settle(_ rung: ProbeReport.Rung, _ words: Set<String>) -> String {
        let deadline = ContinuousClock.now + .seconds(30)
        var last = ""
        while deadline > .now {
            last = word(ladder.probe(endpoint, rung: rung).outcome)
            if words.contains(last) { break }
            usleep(100_000)
        }
        return last
    }

    var ladder: ProbeLadder {
        let limits = Crictl.Limits(timeout: .seconds(2), child: ChildLimits(deadline: .seconds(10)))
        return ProbeLadder(crictl: Crictl(path: Self.crictl, limits: limits))
    }
}

@Suite(
    "A real containerd", .serialized,
    .enabled(if: getuid() == 0 && LiveContainerd.binary != nil, "needs root and containerd"))
struct LiveTests {
    private func words(_ reports: [ProbeReport]) -> [String] { reports.map { word($0.outcome) } }

    @Test("healthy, hung, healthy again, killed, socket gone")
    func life() throws {
        let containerd = try LiveContainerd()
        let (ladder, endpoint) = (containerd.ladder, containerd.endpoint)
        #expect(containerd.settle(.status, ["status"]) == "status")

        let healthy = ladder.probe(endpoint)
        #expect(words(healthy) == ["reached", "reached", "version", "status", "pods", "containers"])
        if case .version(let version) = healthy[2].outcome {
            #expect(version.name == "containerd" && version.apiVersion == "v1")
        }
        if case .status(let status) = healthy[3].outcome {
            #expect(status.condition("RuntimeReady")?.status == true)
            #expect(status.condition("NetworkReady")?.status == false)
            #expect(
                status.cniConfDir == "\(containerd.scratch.path)/net.d" && status.defaultRuntime == "runc")
            #expect(status.lastCNILoadStatus?.contains("no network config found") == true)
        }

        kill(containerd.pid, SIGSTOP)
        #expect(words(ladder.probe(endpoint)) == ["reached", "reached", "timedOut"])
        kill(containerd.pid, SIGCONT)
        #expect(containerd.settle(.containers, ["containers"]) == "containers")

        kill(containerd.pid, SIGKILL)
        #expect(containerd.settle(.connect, ["refused"]) == "refused")
        #expect(word(ladder.probe(endpoint, rung: .version).outcome) == "refused")
        unlink(endpoint.socketPath)
        #expect(words(ladder.probe(endpoint)) == ["socketMissing"])
        #expect(word(ladder.probe(endpoint, rung: .version).outcome) == "socketMissing")
    }

    @Test(
        "a pod and its container, listed as the real crictl lists them",
        .enabled(if: LiveContainerd.runc != nil))
    func lists() throws {
        let containerd = try LiveContainerd()
        #expect(containerd.settle(.status, ["status"]) == "status")
        let ids = try containerd.pod("run", "web", "\(containerd.scratch.path)/logs")
        defer { if let pod = ids.first { _ = try? containerd.pod("remove", pod) } }
        try #require(ids.count == 2)
        let reports = containerd.ladder.probe(containerd.endpoint, from: .pods)
        guard reports.count == 2, case .pods(let pods) = reports[0].outcome,
            case .containers(let containers) = reports[1].outcome
        else {
            Issue.record("\(reports)")
            return
        }
        #expect(pods.map(\.id) == [ids[0]] && pods.allSatisfy { $0.ready && $0.name == "web" })
        #expect(containers.map(\.id) == [ids[1]] && containers.map(\.podSandboxID) == [ids[0]])
        #expect(containers.map(\.podName) == ["web"] && containers.map(\.state) == [.running])
        for (call, list) in [(Crictl.Call.pods, "items"), (.containers, "containers")] {
            let printed = try containerd.ladder.crictl.run(call, endpoint: containerd.endpoint)
            #expect(try Self.shape(Data(printed.stdout), list) == Self.recordedShape(call, list))
        }
    }

    /// The key paths of a list's first item, without labels and annotations, which are the pod's own.
    private static func shape(_ json: Data, _ list: String) throws -> Set<String> {
        let root = try JSONSerialization.jsonObject(with: json) as? [String: Any]
        func paths(_ value: Any, _ path: String) -> [String] {
            guard let object = value as? [String: Any] else { return [path] }
            if path.hasSuffix("labels") || path.hasSuffix("annotations") { return [path] }
            return object.flatMap { paths($0.value, "\(path).\($0.key)") }
        }
        return Set(paths(try #require((root?[list] as? [Any])?.first), list))
    }

    private static func recordedShape(_ call: Crictl.Call, _ list: String) throws -> Set<String> {
        let name = call == .pods ? "pods" : "ps"
        let outputs = try Recorded.lines("outputs.jsonl", as: Recorded.Output.self)
        let found = outputs.first { $0.call.hasSuffix("\(name).crictl-1.36.containerd-1.6.20") }
        return try shape(Data(try #require(found).stdout.utf8), list)
    }

    @Test("without its CRI plugin it is unimplemented")
    func disabled() throws {
        let containerd = try LiveContainerd(cri: false)
        #expect(containerd.settle(.version, ["unimplemented"]) == "unimplemented")
        #expect(
            words(containerd.ladder.probe(containerd.endpoint)) == ["reached", "reached", "unimplemented"])
    }
}
