// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A pod lost what holds its containers, or a request about it does not end: it is not the runtime that failed.
///
/// containerd 1.6 logs "shim disconnected" at every normal exit; only the missing exit status of a task tells a loss
/// (lab, containerd-*-shimkill).
struct ContainerStuck: Diagnosis {
    static let kind = IncidentKind.containerStuck
    static let readsRequests = true

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess() }
            + facts.runtimes.map { (Self.monitors(of: $0), assessMonitors($0, facts, configuration)) }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        facts.runtimes.flatMap {
            Case(runtime: $0, facts: facts, configuration: configuration).deadlines
        }.filter { $0 > facts.now.monotonic }.min()
    }
}

extension RuntimeCase<ContainerStuck> {
    /// How long a creation may take: the kubelet itself waits for two minutes for a container, and four for a sandbox.
    static var patience: Duration { .seconds(240) }
    /// How long a stop may go on beyond its grace period.
    static var stopPatience: Duration { .seconds(120) }
    /// How long after its last sign something that hangs is over by the clock.
    static var quiet: Duration { .seconds(600) }

    func assess() -> Assessment {
        if let hang = creation { return explained(finding(hang)) }
        if let stop { return explained(finding(stop)) }
        let lost = startLost
        if !lost.isEmpty { return .holds(finding(startLost: lost)) }
        return shimLoss
    }

    /// What hangs while the node's own disks or limits are at fault hangs for them.
    private func explained(_ finding: Finding) -> Assessment {
        guard finding.cause != Cause.staleNames.rawValue,
            NodeCase(facts: facts, configuration: configuration).breaksRequests
        else { return .holds(finding) }
        return .explained(by: NodeFault.kind, subject: NodeFault.subject, summary: finding.sentence)
    }

    var deadlines: [MonotonicTime] {
        let names: [SignalName] = [
            .nameReserved, .nameTaken, .createStalled, .createDeadline, .stopFailed, .stopStuck,
        ]
        let ends = names.compactMap { facts.signals.all($0).last }.map {
            $0.at.monotonic + Self.quiet + .milliseconds(1)
        }
        let ripening = facts.requests.all(unit: runtime.unit.name).map {
            $0.begin.at.monotonic
                + ($0.operation.hasPrefix("Stop") ? $0.grace + Self.stopPatience : Self.patience)
        }
        return ends + ripening
    }

    /// Signals of these names about this runtime that are not too old, since its process started.
    func recent(_ names: [SignalName]) -> [Signal] {
        let start = runtime.unit.startedAt?.monotonic ?? MonotonicTime(microseconds: .min)
        let limit = max(start, now.monotonic - Self.quiet)
        return names.flatMap { facts.signals.all($0, unit: nil, since: limit) }.filter(concerns).sorted {
            $0.at.monotonic < $1.at.monotonic
        }
    }

    // MARK: The loss of a shim

    private var shimLoss: Assessment {
        let lost = facts.signals.all(.shimLost).filter { $0.unit == runtime.unit.name }
        guard let last = lost.last else {
            return .expired("nothing is known to hang or to be lost, and containers do not outlive a boot")
        }
        let ids = Set(lost.compactMap { $0.captures["id"] })
        let left = remaining(ids)
        if let left, left.isEmpty, let at = runtime.podsAt, at.monotonic > last.at.monotonic,
            at.monotonic - last.at.monotonic >= configuration.lossGrace || !isListedReady(ids)
        {
            return .cleared(
                Evidence(
                    at: at.wall, source: .cri,
                    summary: "every pod that lost its shim is gone from the list, or was replaced",
                    command: crictl("pods")))
        }
        return .holds(finding(shimLost: lost, left))
    }

    /// Whether the list still has one of them as ready, as it has for a moment after the loss.
    private func isListedReady(_ ids: Set<String>) -> Bool {
        (runtime.pods ?? []).contains { $0.ready && (ids.contains($0.id) || owners(of: ids).contains($0.id)) }
    }

    private func owners(of ids: Set<String>) -> Set<String> {
        Set((runtime.containers ?? []).filter { ids.contains($0.id) }.map(\.podSandboxID))
    }

    /// The not-ready sandboxes among `ids`, or that hold a container among them, whose pods have no other; nil if nothing
    /// was listed yet. The kubelet keeps the dead sandbox of a pod that lives: its last container is in it.
    private func remaining(_ ids: Set<String>) -> [PodSandbox]? {
        guard let pods = runtime.pods else { return nil }
        let owners = owners(of: ids)
        return pods.filter { pod in
            !pod.ready && (ids.contains(pod.id) || owners.contains(pod.id))
                && !pods.contains { $0.ready && $0.name == pod.name && $0.namespace == pod.namespace }
        }
    }
}
