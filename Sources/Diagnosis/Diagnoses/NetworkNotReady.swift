import HealthModel

/// CRI `NetworkReady` is false, or every sandbox fails in its network although CRI calls it ready (CRI-O ≤ 1.30 keeps
/// `NetworkReady=true` when the CNI configuration is gone: lab, crio-1.30.6).
struct NetworkNotReady: Diagnosis {
    static let kind = IncidentKind.networkNotReady

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess() }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        facts.runtimes.compactMap { runtime in
            guard !runtime.networkWasReady, let first = runtime.firstSeen else { return nil }
            let due = first.monotonic + configuration.joinGrace
            return due > facts.now.monotonic ? due : nil
        }.min()
    }

    /// A cause in words.
    struct Cause {
        var name: String
        var depth: Int
        var explanation: String
    }
}

extension RuntimeCase<NetworkNotReady> {
    private var unit: String { runtime.unit.name }
    private var directory: String { runtime.status?.cniConfDir ?? "/etc/cni/net.d" }
    private var disk: NodeAnswers.Dated<CNIConfiguration>? { facts.answers.cni[directory] }

    func assess() -> Assessment {
        let failure = lastFailure
        guard let condition = runtime.status?.condition("NetworkReady"), let at = runtime.statusAt else {
            return failure.map { .holds(finding(failed: $0)) } ?? .unknown(inquiries: [])
        }
        if !condition.status { return .holds(finding(condition, at)) }
        if let logged = facts.signals.last(.cniLoadFailed, unit: unit), logged.at.monotonic > at.monotonic {
            // The log is ahead of the last Status: ask now, not at the next poll.
            return .unknown(inquiries: [.probe(runtime.endpoint, from: .status)])
        }
        guard let failure else {
            return .cleared(
                Evidence(
                    at: at.wall, source: .cri, summary: "\(runtime.name) reports NetworkReady=true",
                    command: "crictl --runtime-endpoint \(runtime.endpoint.address) info"))
        }
        return .holds(finding(failed: failure))
    }

    /// The latest sandbox that failed in its network, if none was set up since.
    private var lastFailure: Signal? {
        let names: [SignalName] = [.addressesExhausted, .cniPluginMissing, .sandboxNetworkFailed]
        let latest = names.compactMap {
            facts.signals.last($0, unit: unit, since: facts.now.monotonic - configuration.createWindow)
        }
        .max { $0.at.monotonic < $1.at.monotonic }
        guard let latest else { return nil }
        if let success = facts.signals.last(.createSucceeded, unit: unit),
            success.at.monotonic > latest.at.monotonic
        {
            return nil
        }
        // NetworkReady came true after it: containerd would not say so with the same configuration missing.
        if runtime.endpoint.runtime != .crio, let at = runtime.statusAt, at.monotonic > latest.at.monotonic,
            runtime.status?.condition("NetworkReady")?.status == true, latest.name == .sandboxNetworkFailed
        {
            return nil
        }
        return latest
    }

    // MARK: Findings

    private func finding(_ condition: RuntimeStatus.Condition, _ at: Moment) -> Finding {
        let load = runtime.status?.lastCNILoadStatus ?? ""
        let logged = facts.signals.last(.cniLoadFailed, unit: unit)
        let text = [load, condition.message, logged?.captures["detail"] ?? logged?.excerpt ?? ""].joined(
            separator: "\n")
        let cause = cause(text)
        let joining =
            !runtime.networkWasReady && !wasLoadedBefore
            && facts.now.monotonic - (runtime.firstSeen ?? at).monotonic < configuration.joinGrace
        var evidence = [
            Evidence(
                at: at.wall, source: .cri,
                summary:
                    "\(runtime.name) reports NetworkReady=false (\(condition.reason)): \(condition.message)"
                    .bounded(400),
                command: "crictl --runtime-endpoint \(runtime.endpoint.address) info")
        ]
        if let logged { evidence.append(Evidence.journal(logged)) }
        evidence += diskEvidence
        return finding(
            cause, evidence: evidence,
            since: logged.map { min($0.at.monotonic, at.monotonic) == $0.at.monotonic ? $0.at : at } ?? at,
            confirmed: !joining, joining: joining)
    }

    private func finding(failed signal: Signal) -> Finding {
        let detail = signal.captures["detail"] ?? signal.excerpt
        let cause: NetworkNotReady.Cause
        switch signal.name {
        case .addressesExhausted:
            cause = .init(
                name: "AddressesExhausted", depth: 60,
                explanation: "The CNI plugin has no free address for a new pod: \(detail.bounded(200)).")
        case .cniPluginMissing: cause = pluginMissing(signal.captures["plugin"])
        default: cause = self.cause(detail)
        }
        return finding(
            cause, evidence: [Evidence.journal(signal)] + diskEvidence, since: signal.at, confirmed: true,
            joining: false)
    }

    private func finding(
        _ cause: NetworkNotReady.Cause, evidence: [Evidence], since: Moment, confirmed: Bool, joining: Bool
    ) -> Finding {
        Finding(
            cause: cause.name, depth: cause.depth, severity: .critical, confirmed: confirmed,
            since: since, grace: joining ? configuration.joinGrace : .zero,
            sentence: "the pod network of \(runtime.name) is not ready",
            explanation: cause.explanation,
            impact: Impact(
                sentence:
                    "No new pod gets a network (hostNetwork pods do), and the kubelet reports the node NotReady; pods that run keep theirs.",
                pods: runtime.readyPods, runningContainers: runtime.runningContainers),
            evidence: evidence,
            nextSteps: [
                NextStep("see what is configured", "ls -l \(directory)"),
                NextStep("see what the runtime made of it", "crictl info | grep -i -A3 cni"),
                NextStep("see the network agent's pods", "crictl pods --namespace kube-system"),
            ],
            clearsWhen: runtime.endpoint.runtime == .crio
                ? "NetworkReady is true and a pod's network is set up"
                : "\(runtime.name) reports NetworkReady=true",
            inquiries: [.cni(directory: directory), .probe(runtime.endpoint, from: .status)])
    }

    // MARK: Causes

    /// A configuration was loaded before, or this would be the line of the first start.
    private var wasLoadedBefore: Bool {
        facts.signals.all(.cniLoadFailed).contains { $0.unit == unit && $0.captures["phase"] != "init" }
    }

    private func cause(_ text: String) -> NetworkNotReady.Cause {
        let has = { (literal: String) in text.contains(literal) }
        if has("failed to find plugin") { return pluginMissing(disk?.value.missingPlugins.first) }
        if let disk = disk?.value, let cause = cause(onDisk: disk) { return cause }
        if has("error parsing configuration") || has("invalid cni config") || has("unexpected end of JSON") {
            return .init(
                name: "CNIConfigInvalid", depth: 58,
                explanation: "The CNI configuration in \(directory) cannot be parsed: \(problem(in: text)).")
        }
        if has("no network config found") || has("no CNI configuration file") || has("no networks found") {
            return .init(
                name: "CNIConfigMissing", depth: 50,
                explanation:
                    "There is no CNI configuration in \(directory): the network agent has not written it, or it was removed."
            )
        }
        return .init(
            name: "CNINotInitialized", depth: 10,
            explanation: "The CNI plugin is not initialized: \(text.bounded(200)).")
    }

    private func cause(onDisk configuration: CNIConfiguration) -> NetworkNotReady.Cause? {
        if configuration.errno != nil {
            return .init(
                name: "CNIDirectoryMissing", depth: 57,
                explanation: "\(directory) cannot be read: it is not there, or it is not readable.")
        }
        if let bad = configuration.files.first(where: { $0.problem != nil }) {
            return .init(
                name: "CNIConfigInvalid", depth: 58,
                explanation: "\(directory)/\(bad.name): \((bad.problem ?? "").bounded(200)).")
        }
        guard !configuration.files.isEmpty else { return nil }
        return .init(
            name: "CNIConfigNotLoaded", depth: 56,
            explanation:
                "\(directory) holds a good configuration that \(runtime.name) has not loaded: containerd ignores a file that is moved in from another directory. Write it in place, or restart the runtime."
        )
    }

    private func pluginMissing(_ plugin: String?) -> NetworkNotReady.Cause {
        .init(
            name: "CNIPluginMissing", depth: 59,
            explanation:
                "The CNI plugin \(plugin.map { "\"\($0)\" " } ?? "")that the configuration names is not installed."
        )
    }

    private func problem(in text: String) -> String {
        let line = text.split(separator: "\n").first { $0.contains("pars") || $0.contains("invalid") } ?? ""
        return String(line).bounded(200)
    }

    private var diskEvidence: [Evidence] {
        guard let disk else { return [] }
        let value = disk.value
        let what =
            value.errno.map { "\(directory) cannot be read (errno \($0))" }
            ?? (value.files.isEmpty
                ? "\(directory) holds no CNI configuration"
                : "\(directory) holds \(value.files.map(\.name).joined(separator: ", "))")
        return [
            Evidence(
                at: disk.at.wall, source: .node, summary: what.bounded(300), command: "ls -l \(directory)")
        ]
    }
}
