// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Containers that a runtime calls running although what would tell it of their end is gone, or they are.
///
/// conmon holds the exit status and the output of CRI-O's container (and is in a scope of its own). Killed, it takes neither
/// the container with it nor does CRI-O notice: it lists the container as running for ever. The kubelet notices nothing
/// either.
extension ContainerStuck {
    /// A container whose runtime is wrong about it.
    private struct Lost {
        var container: Container
        var at: Moment
        /// Its processes live, and nobody holds them.
        var isAlive: Bool
    }

    /// How long a list may be behind the processes.
    private static let listLag = Duration.seconds(10)

    /// What an incident about these is about.
    static func monitors(of runtime: RuntimeFacts) -> String { "containers of \(runtime.name)" }

    func assessMonitors(
        _ runtime: RuntimeFacts, _ facts: NodeFacts, _ configuration: EngineConfiguration
    ) -> Assessment {
        guard let listed = runtime.containersAt else { return .unknown(inquiries: []) }
        let (lost, open) = Self.lost(runtime, facts, listed, configuration)
        guard let first = lost.min(by: { $0.at.monotonic < $1.at.monotonic }) else {
            let questions: [Inquiry] =
                open ? [.containerProcesses, .probe(runtime.endpoint, from: .pods)] : []
            if open { return .unknown(inquiries: questions) }
            return .cleared(
                Evidence(
                    at: listed.wall, source: .cri,
                    summary:
                        "\(runtime.name) lists no running container that has lost its conmon or its exit",
                    command: runtime.endpoint.crictl("ps")))
        }
        return .holds(finding(lost, since: first.at, runtime))
    }

    /// Those that are lost, and whether others may be.
    private static func lost(
        _ runtime: RuntimeFacts, _ facts: NodeFacts, _ listed: Moment, _ configuration: EngineConfiguration
    ) -> (lost: [Lost], open: Bool) {
        var found: [Lost] = []
        var open = false
        for container in runtime.containers ?? [] where container.state == .running {
            if let entry = facts.containers.entries[container.id] {
                guard let at = entry.monitorLostAt else { continue }
                if entry.lastSeen.monotonic >= at.monotonic + configuration.lossGrace {
                    found.append(Lost(container: container, at: at, isAlive: true))
                } else {
                    open = true
                }
            } else if let end = facts.containers.ended[container.id] {
                let isScanned = facts.containers.scannedAt.map { $0.monotonic >= end.at.monotonic } ?? false
                if isScanned, listed.monotonic >= end.at.monotonic + listLag {
                    found.append(Lost(container: container, at: end.at, isAlive: false))
                } else {
                    open = true
                }
            }
        }
        return (
            found.sorted { ($0.container.label, $0.container.id) < ($1.container.label, $1.container.id) },
            open
        )
    }

    private func finding(_ lost: [Lost], since: Moment, _ runtime: RuntimeFacts) -> Finding {
        let alive = lost.filter(\.isAlive).map(\.container.label)
        let dead = lost.filter { !$0.isAlive }.map(\.container.label)
        let names = { (labels: [String]) in labels.prefix(3).joined(separator: ", ").bounded(200) }
        let sentence =
            alive.isEmpty
            ? "\(runtime.name) lists \(names(dead)) as running, and no process of it is left"
            : "the conmon of \(names(alive)) died, and nothing monitors the container now"
        return Finding(
            cause: .shimLost, severity: .warning, confirmed: true, since: since, sentence: sentence,
            explanation:
                "\(runtime.name) learns that a container exited from its monitor (conmon, a shim); without one it keeps reporting the container as running."
                + (alive.isEmpty || dead.isEmpty ? "" : " Of \(names(dead)) no process is left."),
            impact: Impact(
                sentence: alive.isEmpty
                    ? "The pod serves nothing, and nothing restarts it."
                    : "Its output is lost, and nothing will notice when it exits."),
            evidence: lost.prefix(4).map {
                Evidence(
                    at: $0.at.wall, source: .node,
                    summary: $0.isAlive
                        ? "\($0.container.label) (\($0.container.id.prefix(12))) runs without a conmon"
                        : "no process of \($0.container.label) (\($0.container.id.prefix(12))) is left; \(runtime.name) lists it as running",
                    command: runtime.endpoint.crictl("inspect \($0.container.id)"))
            },
            nextSteps: [
                NextStep(
                    "see what the runtime says about it",
                    runtime.endpoint.crictl("inspect \(lost.first?.container.id ?? "")")),
                NextStep("see which of its processes are alive", RuntimeCase<RuntimeSwitched>.listMonitors),
                NextStep(
                    "have the cluster recreate the pod (from where kubectl works)",
                    "kubectl delete pod --namespace \(lost.first?.container.namespace ?? "default") \(lost.first?.container.podName ?? "POD")"
                ),
            ],
            clearsWhen:
                "\(runtime.name) lists no container as running whose conmon, or whose every process, is gone",
            inquiries: [.containerProcesses, .probe(runtime.endpoint, from: .pods)])
    }
}
