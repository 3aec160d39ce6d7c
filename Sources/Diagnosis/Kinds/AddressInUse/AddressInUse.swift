// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A container cannot listen because somebody holds its address; the text is in the container's log alone.
///
/// What a lost container holds is part of RuntimeSwitched or OrphanedContainers. What the runtime's own start cannot
/// bind is RuntimeDown.
struct AddressInUse: Diagnosis {
    static let kind = IncidentKind.addressInUse

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        let questions = AddressConflict.unread(facts, configuration)
        let conflicts = AddressConflict.all(facts, configuration)
        var all: [(String, Assessment)] = [("containers", .unknown(inquiries: questions))]
        var latest: [String: AddressConflict] = [:]
        for conflict in conflicts { latest[conflict.subject] = conflict }
        for (subject, conflict) in latest.sorted(by: { $0.key < $1.key }) {
            all.append((subject, assess(conflict, facts, configuration)))
        }
        return all
    }

    private func assess(_ conflict: AddressConflict, _ facts: NodeFacts, _ configuration: EngineConfiguration)
        -> Assessment
    {
        let over = success(after: conflict, facts) ?? free(conflict) ?? unlisted(conflict, facts)
        if let over { return .cleared(over) }
        if conflict.isOver { return .unknown(inquiries: conflict.inquiries) }
        if let explained = explained(conflict, facts, configuration) { return explained }
        return .holds(finding(conflict))
    }

    /// What a lost container holds is part of the loss; where nobody knows the holder, of the loss that is known.
    private func explained(
        _ conflict: AddressConflict, _ facts: NodeFacts, _ configuration: EngineConfiguration
    )
        -> Assessment?
    {
        let summary = String(conflict.sentence.dropLast())
        if let leftover = conflict.leftover,
            let runtime = facts.runtimes.first(where: { $0.manages(leftover.processes.manager) })
        {
            let switched = RuntimeSwitched.Case(runtime: runtime, facts: facts, configuration: configuration)
            let isSwitched =
                switched.leftovers.contains { $0.processes.id == leftover.processes.id }
                || switched.unscannedLosses.contains { $0.id == leftover.processes.id }
            return .explained(
                by: isSwitched ? RuntimeSwitched.kind : OrphanedContainers.kind, subject: runtime.name,
                summary: summary)
        }
        guard conflict.holder == nil else { return nil }
        for runtime in facts.runtimes where runtime.endpoint.runtime == .crio {
            let switched = RuntimeSwitched.Case(runtime: runtime, facts: facts, configuration: configuration)
            if !switched.unscannedLosses.isEmpty {
                return .explained(by: RuntimeSwitched.kind, subject: runtime.name, summary: summary)
            }
        }
        return nil
    }

    /// It has left every list, and no other attempt took its place.
    private func unlisted(_ conflict: AddressConflict, _ facts: NodeFacts) -> Evidence? {
        let lists = facts.runtimes.compactMap { runtime in
            runtime.containersAt.map {
                (at: $0, containers: runtime.containers ?? [], endpoint: runtime.endpoint)
            }
        }
        guard let oldest = lists.min(by: { $0.at.monotonic < $1.at.monotonic }),
            oldest.at.monotonic > conflict.loggedAt.monotonic,
            !lists.contains(where: { $0.containers.contains { conflict.concerns($0) } })
        else { return nil }
        return Evidence(
            at: oldest.at.wall, source: .cri, summary: "\(conflict.label) is no longer listed",
            command: oldest.endpoint.crictl("ps --all"))
    }

    /// The same container runs now.
    private func success(after conflict: AddressConflict, _ facts: NodeFacts) -> Evidence? {
        for runtime in facts.runtimes {
            guard let at = runtime.containersAt, at.monotonic > conflict.loggedAt.monotonic else { continue }
            let running = (runtime.containers ?? []).first {
                $0.state == .running && conflict.concerns($0)
            }
            guard let running else { continue }
            return Evidence(
                at: at.wall, source: .cri, summary: "\(conflict.label) runs now (\(running.id.prefix(12)))",
                command: runtime.endpoint.crictl("ps --id \(running.id)"))
        }
        return nil
    }

    /// Nobody listens there any more.
    private func free(_ conflict: AddressConflict) -> Evidence? {
        guard let port = conflict.port, let at = conflict.freeSince else { return nil }
        return Evidence(
            at: at.wall, source: .node, summary: "nobody listens on port \(port) now",
            command: "ss -tlnp 'sport = :\(port)'")
    }

    private func finding(_ conflict: AddressConflict) -> Finding {
        let what = conflict.port.map { "port \($0)" } ?? "its address"
        return Finding(
            cause: conflict.cause, severity: .warning,
            confirmed: conflict.holder != nil, since: conflict.loggedAt,
            grace: conflict.holder == nil ? .seconds(10) : .zero,
            sentence: "\(conflict.label) cannot listen on \(what): " + conflict.holderWords,
            explanation: conflict.sentence,
            impact: Impact(
                sentence: "\(conflict.label) ends right after its start, and again at every restart."),
            evidence: conflict.evidence, nextSteps: conflict.steps,
            clearsWhen: "\(conflict.label) runs or is no longer listed, or nobody holds \(what)",
            inquiries: conflict.inquiries)
    }
}

extension AddressConflict {
    var label: String { container.label }

    /// Whether that is the same container of the same pod, in whatever attempt.
    func concerns(_ other: Container) -> Bool {
        if other.id == container.id { return true }
        return other.name == container.name && other.podName == container.podName
            && other.namespace == container.namespace && !other.podName.isEmpty
    }

    /// Who listens there now?
    var inquiries: [Inquiry] {
        port.map { [.tcpListener(address: "0.0.0.0:\($0)"), .containerProcesses] } ?? [
            .tcpListeners, .containerProcesses,
        ]
    }

    var subject: String { port.map { "TCP port \($0)" } ?? label }

    var cause: Cause {
        switch holder {
        // One that its runtime denies is part of that loss, which is told.
        case .leftover, .container: .heldByContainer
        case .runtime: .heldByRuntime
        case .unit: .heldByUnit
        case .process: .heldByProcess
        case nil: .holderUnknown
        }
    }

    var holderWords: String {
        let process = process.map { "\($0.name) (pid \($0.pid))" } ?? "somebody"
        return switch holder {
        case .leftover(let entry): "\(process) of the lost container \(entry.label) holds it"
        case .container(let entry): "\(process) of the container \(entry.label) holds it"
        case .runtime(let name): "\(name) itself listens there"
        case .unit(let unit): "\(process) of \(unit) holds it"
        case .process: "\(process) holds it"
        case nil: "it is not known who holds it"
        }
    }

    var sentence: String {
        "\(label) cannot listen" + (port.map { " on port \($0)" } ?? "") + ": \(holderWords)."
    }

    var evidence: [Evidence] {
        var all: [Evidence] = []
        if let process, let holderAt {
            all.append(
                Evidence(
                    at: holderAt.wall, source: .node,
                    summary: "\(process.label) listens on \(address ?? port.map { ":\($0)" } ?? "it")"
                        + (leftover.map { "; it belongs to \($0.label)" } ?? ""),
                    command: port.map { "ss -tlnp 'sport = :\($0)'" }))
        }
        all.append(
            Evidence(
                at: loggedAt.wall, source: .cri,
                summary: "log of \(label) (\(container.id.prefix(12))): \(line)",
                command: endpoint?.crictl("logs --tail 20 \(container.id)")))
        return all
    }

    var steps: [NextStep] {
        var all: [NextStep] = []
        if let port { all.append(NextStep("see who holds it", "ss -tlnp 'sport = :\(port)'")) }
        if let endpoint {
            all.append(
                NextStep(
                    "read what the container said", endpoint.crictl("logs --tail 20 \(container.id)")))
        }
        switch holder {
        case .unit(let unit):
            all += [
                NextStep("see whether that unit should run here", "systemctl status \(unit)"),
                NextStep(
                    "if it should not, stop it and keep it from starting", "systemctl disable --now \(unit)"),
            ]
        case .container(let entry) where entry.denial == nil:
            all += [
                endpoint.map {
                    NextStep("see what that container is", $0.crictl("inspect \(entry.processes.id)"))
                },
                endpoint.map {
                    NextStep(
                        "if the cluster does not want it, stop it (the kubelet restarts what it still wants)",
                        $0.crictl("stop \(entry.processes.id)"))
                },
            ].compactMap { $0 }
        case .runtime(let name):
            all.append(
                NextStep(
                    "give the container or \(name) another port",
                    "grep -rnE 'port|address' /etc/containerd/config.toml /etc/crio"))
        case .process:
            if let process, process.pid > 1 {
                all += [
                    NextStep(
                        "see what it is, and who started it", "ps -o pid,ppid,lstart,args -p \(process.pid)"),
                    NextStep("if nobody needs it, stop it", "kill -TERM \(process.pid)"),
                ]
            }
        case .container, .leftover, nil: break
        }
        return all
    }
}
