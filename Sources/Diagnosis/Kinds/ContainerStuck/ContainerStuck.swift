import HealthModel

/// A pod lost its shim. containerd ends its sandbox; the container's own processes end with it in the shim's cgroup, and live
/// on in a scope of their own (systemd driver, cgroup v2: containerd 2.3.4).
///
/// containerd 1.6 logs "shim disconnected" at every normal exit; only the missing exit status of a task tells a loss
/// (lab, containerd-*-shimkill).
struct ContainerStuck: Diagnosis {
    static let kind = IncidentKind.containerStuck

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        facts.runtimes.map { ($0.name, assess($0, facts)) }
            + facts.runtimes.map { (Self.monitors(of: $0), assessMonitors($0, facts, configuration)) }
    }

    private func assess(_ runtime: RuntimeFacts, _ facts: NodeFacts) -> Assessment {
        let lost = facts.signals.all(.shimLost).filter { $0.unit == runtime.unit.name }
        guard let first = lost.first, let last = lost.last else {
            return .expired("no loss of a shim is known of this boot, and containers do not outlive a boot")
        }
        let ids = Set(lost.compactMap { $0.captures["id"] })
        let left = remaining(ids, runtime)
        if let left, left.isEmpty, let at = runtime.podsAt, at.monotonic > last.at.monotonic {
            return .cleared(
                Evidence(
                    at: at.wall, source: .cri,
                    summary: "every pod that lost its shim is gone from the list, or was replaced",
                    command: runtime.endpoint.crictl("pods")))
        }
        return .holds(finding(lost, since: first.at, Words(left, ids, runtime, facts), runtime))
    }

    /// Whom it concerns, and what became of the containers.
    private struct Words {
        var who: String
        var fate: String

        init(_ left: [PodSandbox]?, _ ids: Set<String>, _ runtime: RuntimeFacts, _ facts: NodeFacts) {
            let names = Set((left ?? []).map { "\($0.namespace)/\($0.name)" }).sorted()
            who =
                names.isEmpty
                ? "a shim died" : "the shim of \(names.prefix(3).joined(separator: ", ")) died".bounded(300)
            let sandboxes = Set((left ?? []).map(\.id)).union(ids)
            let members = (runtime.containers ?? []).filter { sandboxes.contains($0.podSandboxID) }.map(\.id)
            let alive = Set(members).union(sandboxes).compactMap { facts.containers.entries[$0]?.label }
            let isScanned =
                facts.containers.scannedAt.map { scan in
                    runtime.podsAt.map { scan.monotonic >= $0.monotonic } ?? false
                } ?? false
            fate =
                !alive.isEmpty
                ? "Processes of it live on, and nobody watches them: \(alive.sorted().joined(separator: ", "))."
                    .bounded(400)
                : isScanned && left != nil
                    ? "No process of its containers is left."
                    : "The runtime ends the sandbox; a container's own processes may live on."
        }
    }

    private func finding(_ lost: [Signal], since: Moment, _ words: Words, _ runtime: RuntimeFacts) -> Finding
    {
        Finding(
            cause: .shimLost, severity: .warning, confirmed: true, since: since, sentence: words.who,
            explanation:
                "\(runtime.name) lost the connection to a shim without an exit status of its task: the shim was killed or crashed. It is not the runtime that failed. \(words.fate)",
            impact: Impact(sentence: "The pod is not ready until the kubelet replaces it."),
            evidence: lost.suffix(6).map { Evidence.journal($0) },
            nextSteps: [
                NextStep("see which pods are not ready", runtime.endpoint.crictl("pods --state notready")),
                NextStep(
                    "see whether the kernel ended it (it tells of OOM and crashes, of no kill -9)",
                    "journalctl -k -g 'Killed process|segfault' -n 20"),
            ],
            clearsWhen: "each pod that lost its shim is gone from the list, or has a sandbox that is ready",
            inquiries: [.probe(runtime.endpoint, from: .pods)])
    }

    /// The not-ready sandboxes among `ids`, or that hold a container among them, whose pods have no other; nil if nothing
    /// was listed yet. The kubelet keeps the dead sandbox of a pod that lives: its last container is in it.
    private func remaining(_ ids: Set<String>, _ runtime: RuntimeFacts) -> [PodSandbox]? {
        guard let pods = runtime.pods else { return nil }
        let owners = Set((runtime.containers ?? []).filter { ids.contains($0.id) }.map(\.podSandboxID))
        return pods.filter { pod in
            !pod.ready && (ids.contains(pod.id) || owners.contains(pod.id))
                && !pods.contains { $0.ready && $0.name == pod.name && $0.namespace == pod.namespace }
        }
    }
}
