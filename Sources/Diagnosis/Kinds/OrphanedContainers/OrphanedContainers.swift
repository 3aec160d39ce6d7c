import HealthModel

/// Processes of containers that live while no runtime answers for them: no list has the container, or the list calls
/// it exited. What a changed OCI runtime explains is RuntimeSwitched.
///
/// A container that was lost for a moment is none: it must have existed before the list was made, and live well after.
struct OrphanedContainers: Diagnosis {
    static let kind = IncidentKind.orphanedContainers

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        // What is due is asked while all is well, too: what nobody looks at is never lost.
        let due = ContainerQuestions(facts, configuration).all
        return [("processes", .unknown(inquiries: due))]
            + facts.runtimes.filter { $0.manages(.kubepods) }.map {
                ($0.name, assess($0, facts, configuration))
            }
    }

    private func assess(_ runtime: RuntimeFacts, _ facts: NodeFacts, _ configuration: EngineConfiguration)
        -> Assessment
    {
        let questions = ContainerQuestions(facts, configuration)
        let all = facts.containers.entries.values
        var denied = all.filter { $0.denial != nil && runtime.manages($0.processes.manager) }
        // A bare id in a pod's cgroup may be a container of a runtime that nobody watches, whose shims are here.
        let hasStrangers = all.contains { entry in
            !facts.runtimes.contains { $0.manages(entry.processes.manager) }
        }
        if hasStrangers, !denied.isEmpty {
            denied.removeAll { $0.processes.manager == .kubepods }
            if denied.isEmpty { return .unknown(inquiries: questions.all) }
        }
        guard !denied.isEmpty else {
            guard let scanned = facts.containers.scannedAt, let listed = runtime.containersAt,
                runtime.api.answered(since: nil)
            else { return .unknown(inquiries: questions.all) }
            return .cleared(
                Evidence(
                    at: max(scanned.wall, listed.wall), source: .node,
                    summary: "every container process belongs to a container that \(runtime.name) lists",
                    command: "crictl ps --all"))
        }
        let lost = denied.filter { $0.isLost(after: configuration.lossGrace) }
        let switched = RuntimeSwitched.Case(runtime: runtime, facts: facts, configuration: configuration)
        let explained = Set(
            runtime.endpoint.runtime == .crio
                ? switched.leftovers.map(\.processes.id) + switched.unscannedLosses.map(\.id) : [])
        let orphans = lost.filter { !explained.contains($0.processes.id) }
        if orphans.isEmpty {
            return lost.isEmpty
                ? .unknown(inquiries: questions.all)
                : .explained(
                    by: RuntimeSwitched.kind, subject: runtime.name,
                    summary: lost.count == 1
                        ? "a container that \(runtime.name) denies is alive"
                        : "\(lost.count) containers that \(runtime.name) denies are alive")
        }
        let since = orphans.compactMap(\.deniedSince).min { $0.monotonic < $1.monotonic } ?? facts.now
        let isCauseOpen = runtime.endpoint.runtime == .crio && switched.today == nil
        if isCauseOpen, facts.now.monotonic - since.monotonic < configuration.causeGrace {
            return .unknown(inquiries: questions.followUp)
        }
        return .holds(finding(orphans, since, runtime, questions, isDefaultKnown: switched.today != nil))
    }

    private func finding(
        _ orphans: [ContainerFacts.Entry], _ since: Moment, _ runtime: RuntimeFacts,
        _ questions: ContainerQuestions, isDefaultKnown: Bool
    ) -> Finding {
        let orphans = orphans.sorted { ($0.label, $0.processes.id) < ($1.label, $1.processes.id) }
        let isUnlisted = orphans.contains { $0.denial == .unlisted }
        let one = orphans.count == 1
        let subject = "\(orphans.count) container\(one ? "" : "s")"
        let names = orphans.prefix(40).map(\.label).joined(separator: ", ")
        let first = orphans.first?.processes
        return Finding(
            cause: isUnlisted ? .unlisted : .calledExited,
            weight: orphans.count, severity: .warning,
            confirmed: true, since: since,
            sentence: "\(subject) run\(one ? "s" : "") on this node that \(runtime.name) "
                + (isUnlisted ? "does not list" : "calls exited"),
            explanation:
                "Their processes live, and \(runtime.name) does not answer for them: nobody will stop, restart or account for them. "
                + (!isDefaultKnown
                    ? "Which OCI runtime is the default now is not known, so a changed default may be the cause."
                    : "The OCI runtime that made them is still the default, so a changed default is not the cause."),
            impact: Impact(
                sentence: "They hold ports, files and memory without control: \(names).",
                pods: Set(orphans.compactMap { $0.processes.monitor?.pod?.uid }).count,
                runningContainers: orphans.count),
            evidence: orphans.prefix(6).flatMap { entry in
                [
                    Evidence(
                        at: entry.lastSeen.wall, source: .node, summary: entry.aliveSentence,
                        command:
                            "cat /proc/\(entry.processes.pids.first ?? entry.processes.monitor?.pid ?? 0)/cgroup"
                    )
                ] + [entry.denialEvidence].compactMap { $0 }
            },
            nextSteps: [
                NextStep("see what the runtime lists", "crictl ps --all; crictl pods"),
                NextStep(
                    "see what lives",
                    "ps -eo pid,lstart,cgroup,args | grep '\(first?.id.prefix(13) ?? "crio-")'"),
                NextStep(
                    "see whether the pod still exists in the cluster",
                    "kubectl get pods -A -o wide | grep $(hostname)"),
                NextStep(
                    "if it does not: end its main process",
                    "kill -TERM \(first?.pids.first ?? first?.monitor?.pid ?? 0)"),
            ],
            clearsWhen:
                "every container process on the node belongs to a container that \(runtime.name) lists",
            inquiries: questions.followUp
                + [.probe(runtime.endpoint, from: .pods)])
    }
}
