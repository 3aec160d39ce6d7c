// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

/// A node with CRI-O, its lists and its processes.
struct ContainerScene {
    static let endpoint = Endpoint.wellKnown[1]
    static let unit = "crio.service"

    var scene: Scene
    var containers: [Container] = []
    var pods: [PodSandbox] = []
    var alive: [ContainerProcesses] = []

    /// `isStartSeen`: whether CRI-O's start is in what is told, or lies before it.
    init(isStartSeen: Bool = true) throws {
        scene = try Scene(endpoints: [Self.endpoint])
        if isStartSeen { start() }
    }

    static func id(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "a" + String(repeating: "0", count: 63 - digits.count) + digits
    }

    // MARK: The node

    mutating func start(ready: Bool = true) {
        scene.record(MessageID.unitStarting, of: Self.unit)
        guard ready else { return }
        scene.wait(.milliseconds(100))
        scene.record(MessageID.unitStarted, of: Self.unit)
        scene.wait(.seconds(1))
        answers()
    }

    /// systemd's record about a unit: CRI-O's, or the scope of a container.
    mutating func record(_ messageID: String, of unit: String = Self.unit) {
        scene.record(messageID, of: unit)
    }

    mutating func scopes(_ number: Int, _ messageID: String) {
        record(messageID, of: "crio-conmon-\(Self.id(number)).scope")
        record(messageID, of: "crio-\(Self.id(number)).scope")
    }

    mutating func stop() {
        scene.record(MessageID.unitStopping, of: Self.unit)
        scene.journal(
            source: .manager, unit: Self.unit, message: "", messageID: MessageID.unitStopped,
            fields: ["JOB_TYPE": "restart"])
    }

    mutating func probe(_ rung: ProbeReport.Rung, _ outcome: ProbeReport.Outcome) {
        scene.feed(
            .probe(
                ProbeReport(endpoint: Self.endpoint, rung: rung, outcome: outcome, latency: .milliseconds(20))
            ))
    }

    mutating func answers(_ version: String = "1.30.6") {
        probe(.version, .version(RuntimeVersion(name: "cri-o", version: version, apiVersion: "v1")))
    }

    mutating func list() {
        probe(.pods, .pods(pods))
        probe(.containers, .containers(containers))
    }

    mutating func scan() {
        scene.feed(.node(.containerProcesses(ContainerScan(containers: alive, complete: true))))
    }

    mutating func configure(
        _ name: String, path: String = "/usr/libexec/crio/crun", root: String? = "/run/crun"
    ) {
        scene.feed(
            .node(
                .runtimeConfiguration(
                    RuntimeConfiguration(
                        defaultRuntime: name, handlers: [.init(name: name, path: path, root: root)],
                        files: [.init(path: "/etc/crio/crio.conf.d/10-crio.conf", defaultRuntime: name)]))))
    }

    /// A running container, one minute old, with its conmon.
    mutating func run(
        _ number: Int, runtime: String = "/usr/bin/runc", root: String = "/run/runc", pod: String = "web-1"
    ) {
        let born = scene.now.wall + .seconds(-60)
        containers.append(
            Container(
                id: Self.id(number), podSandboxID: Self.id(900), name: "web", podName: pod, namespace: "shop",
                state: .running, createdAt: born))
        alive.append(
            ContainerProcesses(
                id: Self.id(number), manager: .crio,
                monitor: Monitor(
                    pid: Int32(1000 + number), name: "conmon", runtimePath: runtime, runtimeRoot: root,
                    pod: PodContainerName(container: "web", pod: pod, namespace: "shop", uid: "u-\(pod)")),
                pids: [Int32(2000 + number)], command: "nginx", startedAt: born))
    }

    mutating func setState(_ number: Int, _ state: Container.State) {
        for index in containers.indices where containers[index].id == Self.id(number) {
            containers[index].state = state
        }
    }

    mutating func line(_ message: String) { scene.line(message, unit: Self.unit) }

    mutating func stateUnknown(_ number: Int) {
        line(
            #"time="2025-01-06 08:00:03.000000000Z" level=error msg="Failed to update container state for \#(Self.id(number)): stdout: , stderr: ""#
        )
    }

    mutating func killFails(_ number: Int) {
        killFails(
            number, "error opening file `/run/other/\(Self.id(number))/status`: No such file or directory")
    }

    mutating func killFails(_ number: Int, _ reason: String) {
        line(
            #"time="2025-01-06 08:00:13.000000000Z" level=error msg="Killing container \#(Self.id(number)) failed: `/opt/crio/bin/crun --root /run/other --systemd-cgroup kill \#(Self.id(number)) KILL` failed: \#(reason)\n : exit status 1""#
        )
    }

    var openNames: [String] { scene.openNames }
}
