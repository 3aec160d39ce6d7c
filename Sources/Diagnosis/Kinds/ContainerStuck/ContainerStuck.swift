import HealthModel

/// A pod lost its shim: its containers are gone, and it stays in the runtime's lists as not ready until it is removed.
///
/// containerd 1.6 logs "shim disconnected" at every normal exit; only the missing exit status of a task tells a loss
/// (lab, containerd-*-shimkill).
struct ContainerStuck: Diagnosis {
    static let kind = IncidentKind.containerStuck

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        facts.runtimes.map { ($0.name, assess($0, facts)) }
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
                    at: at.wall, source: .cri, summary: "no pod without a shim is listed any more",
                    command: "crictl pods"))
        }
        let names = (left ?? []).map { "\($0.namespace)/\($0.name)" }.sorted()
        let who =
            names.isEmpty
            ? "\(ids.count) task\(ids.count == 1 ? "" : "s")" : names.prefix(3).joined(separator: ", ")
        return .holds(
            Finding(
                cause: .shimLost, severity: .warning, confirmed: true, since: first.at,
                sentence: "the shim of \(who) died, and its containers with it",
                explanation:
                    "\(runtime.name) lost the connection to a shim without an exit status of its task: the shim was killed or crashed. It is not the runtime that failed.",
                impact: Impact(
                    sentence: names.isEmpty
                        ? "The containers of that shim are gone."
                        : "\(names.joined(separator: ", ")): containers gone; listed as not ready until the kubelet replaces the pod."
                            .bounded(400),
                    pods: names.isEmpty ? nil : names.count),
                evidence: lost.suffix(6).map { Evidence.journal($0) },
                nextSteps: [
                    NextStep("see which pods are not ready", "crictl pods --state notready"),
                    NextStep("see who killed the shim", "journalctl -k -g 'Killed process|segfault' -n 20"),
                ],
                clearsWhen: "the runtime lists no not-ready pod of a lost shim any more",
                inquiries: [.probe(runtime.endpoint, from: .pods)]))
    }

    /// The not-ready sandboxes among `ids`, or that hold a container among them; nil if the lists are older than the loss.
    private func remaining(_ ids: Set<String>, _ runtime: RuntimeFacts) -> [PodSandbox]? {
        guard let pods = runtime.pods else { return nil }
        let owners = Set((runtime.containers ?? []).filter { ids.contains($0.id) }.map(\.podSandboxID))
        return pods.filter { !$0.ready && (ids.contains($0.id) || owners.contains($0.id)) }
    }
}
