// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// CRI `NetworkReady` is false, or sandboxes fail because no configuration is loaded although CRI calls the network ready
/// (CRI-O ≤ 1.30 keeps `NetworkReady=true` when the CNI configuration is gone: lab, crio-1.30.6). Of a CNI ADD that fails with
/// a configuration ``PodNetworkFailing`` tells.
struct NetworkNotReady: Diagnosis {
    static let kind = IncidentKind.networkNotReady

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess() }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        facts.runtimes.compactMap { runtime in
            Case(runtime: runtime, facts: facts, configuration: configuration).joiningUntil
        }.filter { $0 > facts.now.monotonic }.min()
    }

    /// A cause in words.
    struct Reason {
        var name: Cause
        var explanation: String
        /// A file that is being written is read by half for a moment.
        var grace: Duration = .zero
    }
}

extension RuntimeCase<NetworkNotReady> {
    var unit: String { runtime.unit.name }
    var directory: String { runtime.cniDirectory }
    var disk: NodeAnswers.Dated<CNIConfiguration>? { facts.answers.cni[directory] }

    func assess() -> Assessment {
        let failure = lastFailure
        guard let condition = runtime.status?.condition("NetworkReady"), let at = runtime.statusAt else {
            return failure.map { .holds(finding(failed: $0)) } ?? .unknown(inquiries: [])
        }
        if !condition.status {
            return isJoining ? .unknown(inquiries: inquiries) : .holds(finding(condition, at))
        }
        if let failure { return .holds(finding(failed: failure)) }
        if let logged = latest([.cniLoadFailed]), logged.at.monotonic > at.monotonic,
            repair(of: logged) == nil
        {
            // The log is ahead of the last Status: ask now, not at the next poll.
            return .unknown(inquiries: [.probe(runtime.endpoint, from: .status)])
        }
        if let failed = latest(Self.ofOnePod), repair(of: failed) == nil {
            return .expired(
                "no pod's network setup has failed for \(configuration.createWindow.brief), and none is known to have succeeded"
            )
        }
        return .cleared(repaired ?? ready(at))
    }

    /// Until when a network that is not ready is taken for that of a node that joins its cluster; nil: it was ready
    /// before. Counted from the start of the runtime, where that is known: one that is up for long does not join.
    var joiningUntil: MonotonicTime? {
        guard !runtime.networkWasReady, !wasLoadedBefore,
            let begin = runtime.unit.startedAt ?? runtime.unit.phaseSince ?? runtime.firstSeen
        else { return nil }
        return begin.monotonic + configuration.joinGrace
    }

    private var isJoining: Bool { joiningUntil.map { $0 > now.monotonic } ?? false }

    private var inquiries: [Inquiry] {
        [.cni(directory: directory), .probe(runtime.endpoint, from: .status)]
    }

    private func ready(_ at: Moment) -> Evidence {
        Evidence(
            at: at.wall, source: .cri, summary: "\(runtime.name) reports NetworkReady=true",
            command: crictl("info"))
    }

    // MARK: What failed, and what shows that it is well again

    /// The configuration as a whole; what is wrong with it stays so until it is repaired.
    private static let ofConfiguration: [SignalName] = [
        .cniLoadFailed, .cniPluginMissing, .kubeletNetworkNotReady,
    ]
    /// The network of one pod, which may never be tried again.
    private static let ofOnePod: [SignalName] = [.sandboxNetworkFailed]

    /// The latest failure that stands. CRI-O says NetworkReady=true though its last network is gone; containerd's own
    /// word is asked.
    private var lastFailure: Signal? {
        let limit = facts.now.monotonic - configuration.createWindow
        var candidates = [latest([.cniPluginMissing])]
        candidates += [latest(Self.ofOnePod).flatMap { $0.at.monotonic >= limit ? $0 : nil }]
        if runtime.endpoint.runtime == .crio
            || runtime.status == nil && facts.monitoring.journal != .catchingUp
        {
            candidates.append(latest([.cniLoadFailed]).flatMap { $0.captures["phase"] == "init" ? nil : $0 })
        }
        // Where nobody ever asked the runtime, the kubelet's quotation of its Status is all that is known.
        if runtime.firstSeen == nil { candidates.append(latest([.kubeletNetworkNotReady])) }
        let standing = candidates.compactMap { $0 }.filter { repair(of: $0) == nil }
        return standing.first { $0.name == .cniPluginMissing }
            ?? standing.max { $0.at.monotonic < $1.at.monotonic }
    }

    /// The latest of these about this runtime, since its process started.
    private func latest(_ names: [SignalName]) -> Signal? {
        let start = runtime.unit.startedAt?.monotonic ?? MonotonicTime(microseconds: .min)
        return names.compactMap { name in
            let all =
                name == .sandboxNetworkFailed
                ? facts.signals.all(name, of: NetworkNotReady.kind) : facts.signals.all(name)
            return all.last { $0.at.monotonic >= start && concerns($0) }
        }.max { $0.at.monotonic < $1.at.monotonic }
    }

    /// What repaired the latest failure of each kind.
    private var repaired: Evidence? {
        (Self.ofConfiguration + Self.ofOnePod).compactMap { latest([$0]).flatMap(repair) }.max {
            $0.at < $1.at
        }
    }

    /// The evidence that this failure is over; nil: it stands.
    private func repair(of failure: Signal) -> Evidence? {
        if let loaded = latest([.cniLoaded]), loaded.at.monotonic > failure.at.monotonic {
            return .journal(loaded)
        }
        if let success = success(after: failure) {
            return .journal(success, "\(name) set up a pod after that")
        }
        if isOfConfiguration(failure), let disk, disk.at.monotonic > failure.at.monotonic, disk.value.isSound
        {
            return Evidence(
                at: disk.at.wall, source: .node,
                summary: "\(directory) holds a configuration, and all its plugins are installed",
                command: "ls -l \(directory)")
        }
        // containerd would not say so with the same configuration missing.
        if runtime.endpoint.runtime != .crio, failure.name != .cniPluginMissing,
            let at = runtime.statusAt, at.monotonic > failure.at.monotonic,
            runtime.status?.condition("NetworkReady")?.status == true
        {
            return ready(at)
        }
        return nil
    }

    private func isOfConfiguration(_ failure: Signal) -> Bool {
        if Self.ofConfiguration.contains(failure.name) { return true }
        let text = (failure.captures["detail"] ?? failure.excerpt).lowercased()
        return text.contains("no cni configuration file") || text.contains("cni plugin not initialized")
            || text.contains("failed to find plugin")
    }

    /// A sandbox that was set up later: any other's failure is over then. Where the configuration is broken, pods with
    /// the node's own network start all the same; only the pod that failed tells.
    private func success(after failure: Signal) -> Signal? {
        let successes = facts.signals.all(.createSucceeded, unit: unit, since: failure.at.monotonic).filter {
            $0.at.monotonic > failure.at.monotonic
        }
        guard isOfConfiguration(failure) else { return successes.last }
        guard let pod = failure.captures["pod"] else { return nil }
        return successes.last {
            $0.captures["pod"] == pod && $0.captures["namespace"] == failure.captures["namespace"]
        }
    }

    // MARK: Findings

    private func finding(_ condition: RuntimeStatus.Condition, _ at: Moment) -> Finding {
        let load = runtime.status?.lastCNILoadStatus ?? ""
        let logged = latest([.cniLoadFailed])
        let text = [load, condition.message, logged?.captures["detail"] ?? logged?.excerpt ?? ""].joined(
            separator: "\n")
        var evidence = [
            Evidence(
                at: at.wall, source: .cri,
                summary:
                    "\(runtime.name) reports NetworkReady=false (\(condition.reason)): \(condition.message)"
                    .bounded(400),
                command: crictl("info"))
        ]
        if let logged { evidence.append(Evidence.journal(logged)) }
        evidence += diskEvidence
        let since = logged.map { $0.at.monotonic < at.monotonic ? $0.at : at } ?? at
        return finding(cause(text, since: since), evidence: evidence, since: since)
    }

    private func finding(failed signal: Signal) -> Finding {
        let detail = signal.captures["detail"] ?? signal.excerpt
        let logged = latest([.cniLoadFailed]).flatMap { repair(of: $0) == nil ? $0 : nil }
        let said = logged.map { $0.captures["detail"] ?? $0.excerpt } ?? ""
        let cause: NetworkNotReady.Reason
        switch signal.name {
        case .cniPluginMissing: cause = pluginMissing(signal.captures["plugin"])
        default: cause = self.cause(detail + "\n" + said, since: signal.at)
        }
        let proofs = [signal] + (logged.map { [$0] } ?? []).filter { $0 != signal }
        return finding(
            cause, evidence: proofs.map { Evidence.journal($0) } + diskEvidence, since: signal.at)
    }

    /// The kubelet has said so: a runtime may keep NetworkReady=true without a network.
    private func isNodeNotReady(since: Moment) -> Bool {
        [SignalName.kubeletNotReady, .kubeletNetworkNotReady].contains { name in
            facts.signals.last(name, since: since.monotonic) != nil
        }
    }

    private func finding(_ cause: NetworkNotReady.Reason, evidence: [Evidence], since: Moment) -> Finding {
        Finding(
            cause: cause.name, severity: .critical, confirmed: true, since: since, grace: cause.grace,
            sentence: "the pod network of \(runtime.name) is not ready", explanation: cause.explanation,
            impact: Impact(
                sentence: "No new pod gets a network (hostNetwork pods do); running pods keep theirs."
                    + (isNodeNotReady(since: since) ? " The kubelet reports the node NotReady." : ""),
                pods: runtime.readyPods, runningContainers: runtime.runningContainers),
            evidence: evidence,
            nextSteps: [
                NextStep("see what is configured", "ls -l \(directory)"),
                NextStep("see what the runtime loaded", "\(crictl("info")) | grep -i -A3 cni"),
                NextStep("see the network agent's pods", crictl("pods --namespace kube-system")),
            ],
            clearsWhen: runtime.endpoint.runtime == .crio
                ? "NetworkReady is true, and a network is loaded or a pod that failed gets one"
                : "\(runtime.name) reports NetworkReady=true",
            inquiries: inquiries)
    }
}
