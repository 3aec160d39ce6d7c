// SPDX-License-Identifier: Apache-2.0
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

    /// Whether containers live here of a runtime that nobody watches: a bare id in a pod's cgroup may be one of them.
    static func hasStrangers(_ facts: NodeFacts) -> Bool {
        facts.containers.entries.values.contains { entry in
            !facts.runtimes.contains { $0.manages(entry.processes.manager) }
        }
    }

    private func assess(_ runtime: RuntimeFacts, _ facts: NodeFacts, _ configuration: EngineConfiguration)
        -> Assessment
    {
        let questions = ContainerQuestions(facts, configuration)
        let all = facts.containers.entries.values
        var denied = all.filter { $0.denial != nil && runtime.manages($0.processes.manager) }
        if !denied.isEmpty, Self.hasStrangers(facts) {
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
                    command: runtime.endpoint.crictl("ps --all")))
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
                        ? "a container that \(runtime.name) does not list as running is alive"
                        : "\(lost.count) containers that \(runtime.name) does not list as running are alive")
        }
        let since = orphans.compactMap(\.deniedSince).min { $0.monotonic < $1.monotonic } ?? facts.now
        let isCauseOpen = runtime.endpoint.runtime == .crio && switched.today == nil
        if isCauseOpen, facts.now.monotonic - since.monotonic < configuration.causeGrace {
            return .unknown(inquiries: questions.followUp)
        }
        let shims = facts.signals.all(.shimLost).filter { $0.unit == runtime.unit.name }
        return .holds(
            finding(
                orphans, since, runtime, questions, facts, isDefaultKnown: switched.today != nil,
                lostShims: Set(shims.compactMap { $0.captures["id"] })))
    }

    private func finding(
        _ orphans: [ContainerFacts.Entry], _ since: Moment, _ runtime: RuntimeFacts,
        _ questions: ContainerQuestions, _ facts: NodeFacts, isDefaultKnown: Bool, lostShims: Set<String>
    ) -> Finding {
        let orphans = orphans.sorted { ($0.label, $0.processes.id) < ($1.label, $1.processes.id) }
        let unlisted = orphans.count { $0.denial == .unlisted }
        let isUnlisted = unlisted > 0
        let denial =
            !isUnlisted
            ? "calls exited" : unlisted == orphans.count ? "does not list" : "does not list, or calls exited"
        let one = orphans.count == 1
        let subject = "\(orphans.count) container\(one ? "" : "s")"
        let names = orphans.prefix(40).map(\.label).joined(separator: ", ")
        let first = orphans.first?.processes
        return Finding(
            cause: isUnlisted ? .unlisted : .calledExited,
            weight: orphans.count, severity: .warning,
            confirmed: true, since: since,
            sentence: "\(subject) run\(one ? "s" : "") on this node that \(runtime.name) "
                + denial,
            explanation:
                "Their processes are alive, and \(runtime.name) does not manage them: nothing will stop, restart or account for them. "
                + reason(runtime, lostShims: lostShims, isDefaultKnown),
            impact: Impact(
                sentence: "They still hold ports, files and memory: \(names)."),
            evidence: orphans.prefix(6).flatMap { entry in
                [
                    Evidence(
                        at: entry.lastSeen.wall, source: .node, summary: entry.aliveSentence,
                        command: entry.processes.anyPID.map { "cat /proc/\($0)/cgroup" })
                ] + [entry.denialEvidence(runtime.endpoint)].compactMap { $0 }
            },
            nextSteps: [
                NextStep("see what the runtime lists", runtime.endpoint.crictl("ps --all")),
                NextStep(
                    "list the live processes",
                    "ps -eo pid,lstart,cgroup,args | grep '\(first?.id.prefix(13) ?? "crio-")'"),
                facts.wantedPods,
            ]
                + (first?.anyPID.map {
                    [NextStep("if it does not, kill its main process", "kill -TERM \($0)")]
                } ?? []),
            clearsWhen:
                "every container process on the node belongs to a container that \(runtime.name) lists",
            inquiries: questions.followUp
                + [.probe(runtime.endpoint, from: .pods)])
    }

    /// What is known of the cause. Only CRI-O asks today's default OCI runtime for a container of another.
    private func reason(_ runtime: RuntimeFacts, lostShims: Set<String>, _ isDefaultKnown: Bool) -> String {
        if !lostShims.isEmpty {
            return
                "\(runtime.name) lost a shim on this boot (ContainerStuck): processes of a container may outlive it."
        }
        guard runtime.endpoint.runtime == .crio else { return "Why is not known." }
        return isDefaultKnown
            ? "The OCI runtime that made them is still the default, so a changed default is not the cause."
            : "Which OCI runtime is the default now is not known, so a changed default may be the cause."
    }
}
