// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension String {
    /// What quoting in quotes left of a Go error, without it.
    fileprivate var withoutBackslashes: String {
        utf8.contains(UInt8(ascii: "\\")) ? filter { $0 != "\\" } : self
    }
}

extension RuntimeCase<PodNetworkFailing> {
    func finding(_ verdict: PodNetworkFailing.Verdict) -> Finding {
        let told = verdict.told
        let isRemoval = isRemoval(told)
        let words = words(verdict)
        var evidence = told.signals.suffix(3).reversed().map { Evidence.journal($0) }
        if let first = told.signals.dropLast(3).first { evidence.append(.journal(first)) }
        evidence += diskEvidence(verdict) + agentEvidence(told)
        return Finding(
            cause: verdict.cause, severity: verdict.isOfNode && !isRemoval ? .critical : .warning,
            confirmed: verdict.isOfNode, since: told.first.at, sentence: words.sentence,
            explanation: words.explanation + " The plugin's error: \(lastWords(told)).",
            impact: Impact(
                sentence: isRemoval
                    ? "Pods stay in Terminating, and what they held (addresses, rules) stays taken; that new ones fail too is not known."
                    : "New pods stay in ContainerCreating and old ones may stay in Terminating, except hostNetwork pods; running pods keep their network. NetworkReady stays true, so the scheduler keeps sending pods here.",
                pods: verdict.pods == 0 ? nil : verdict.pods,
                runningContainers: runtime.runningContainers),
            evidence: evidence, nextSteps: words.steps + [sandboxes],
            clearsWhen: isRemoval
                ? "no removal has failed for \(configuration.createWindow.brief), or a pod gets its network"
                : "a pod gets its network",
            inquiries: [.cni(directory: directory), .probe(runtime.endpoint, from: .containers)])
    }

    /// Only removals are known to fail, and of no cause that a new pod would meet.
    private func isRemoval(_ told: Told) -> Bool {
        told.cause == .cniAddFails && told.signals.allSatisfy { $0.name == .stopFailed }
    }

    private var sandboxes: NextStep {
        NextStep("see which sandboxes are not ready", crictl("pods --state notready"))
    }

    private func lastWords(_ told: Told) -> String {
        let text = told.last.text.withoutBackslashes
        // The end of a Go error is its cause.
        return text.utf8.count <= 300 ? text : "… " + String(text.suffix(280))
    }

    private struct Text {
        var sentence: String
        var explanation: String
        var steps: [NextStep]
    }

    private func words(_ verdict: PodNetworkFailing.Verdict) -> Text {
        let told = verdict.told
        let agent = told.capture("agent")
        switch verdict.cause {
        case .cniConfigStale: return stale(verdict, agent)
        case .cniAgentDown: return agentDown(agent, told)
        case .addressesExhausted:
            let range = told.capture("range").map { " (\($0.bounded(120)))" } ?? ""
            return Text(
                sentence: "pods get no network on \(name): no address is left\(range)",
                explanation:
                    "The address range of this node is used up: by pods, or by addresses still reserved for sandboxes that are gone.",
                steps: [
                    NextStep("count what host-local has reserved", "find /var/lib/cni/networks -type f"),
                    NextStep("compare with the sandboxes that exist", crictl("pods -q")),
                ])
        case .cniPluginMissing:
            let plugin = told.capture("plugin").map { "\"\($0.bounded(60))\" " } ?? ""
            return Text(
                sentence: "pods get no network on \(name): the CNI plugin \(plugin)cannot be executed",
                explanation:
                    "The loaded configuration names a plugin that is not installed, or cannot be run.",
                steps: [NextStep("see what is installed", "ls -l /opt/cni/bin /usr/lib/cni"), configured])
        case .cniVersionIncompatible:
            return Text(
                sentence:
                    "pods get no network on \(name): plugin and configuration differ in their CNI version",
                explanation: "The installed plugin does not know the configuration's cniVersion.",
                steps: [
                    NextStep("see which version is asked for", "grep -r cniVersion \(directory)"), configured,
                ])
        case .addressConflict: return conflict(told)
        default: return other(verdict.cause, told)
        }
    }

    private var configured: NextStep { NextStep("see what is configured", "ls -l \(directory)") }

    private func conflict(_ told: Told) -> Text {
        let device = told.capture("device")
        return Text(
            sentence: "pods get no network on \(name): "
                + (device.map { "\($0.bounded(20)) has an address of another range" }
                    ?? "an address is already taken"),
            explanation:
                "What is left of an earlier network is in the way: a bridge with another subnet's address, or an address that is still reserved.",
            steps: [
                NextStep("see the bridge's address", "ip addr show \(device ?? "cni0")"),
                NextStep("see which subnet the agent was given", "cat /run/flannel/subnet.env"), configured,
            ])
    }

    private func other(_ cause: Cause, _ told: Told) -> Text {
        switch cause {
        case .cniDependencyNotReady:
            let file = told.capture("file").map { ": it waits for \($0.bounded(120))" }
            let address = told.capture("address").map { ": \($0.bounded(60)) does not answer" }
            return Text(
                sentence:
                    "pods get no network on \(name): the CNI plugin waits for what it needs\(file ?? address ?? "")",
                explanation:
                    "The plugin runs, and what it depends on is not ready: the default network under Multus, the network's control plane, or the API server.",
                steps: [
                    configured, NextStep("see the containers of the network", crictl("ps -a")),
                ])
        case .iptablesFailed:
            return Text(
                sentence: "pods get no network on \(name): a rule of iptables or nftables cannot be set",
                explanation: "iptables is missing, fails, or another process holds its lock.",
                steps: [
                    NextStep("see whether it works at all", "iptables -t nat -S"),
                    NextStep("see whether the kernel's modules are loaded", "lsmod"),
                ])
        case .cniAddHangs:
            return Text(
                sentence: "pods get no network on \(name): the CNI plugin does not return in time",
                explanation: "A CNI ADD did not return and was killed.",
                steps: [
                    NextStep(
                        "see plugins that run, and what they wait for", "ps -eo pid,etime,stat,wchan:32,args"),
                    configured,
                ])
        default:
            let isRemoval = isRemoval(told)
            let why =
                switch told.capture("reason") {
                case "died": "the CNI plugin ends without a word, or with one that cannot be read"
                case "config": "the CNI plugin refuses its configuration"
                default: "the CNI plugin fails"
                }
            return Text(
                sentence: isRemoval
                    ? "pods cannot be taken down on \(name): the CNI plugin does not remove their network"
                    : "pods get no network on \(name): \(why)",
                explanation: isRemoval
                    ? "CNI DEL fails, and the runtime keeps the sandbox until it works."
                    : "A configuration is loaded, and CNI ADD fails.",
                steps: [
                    configured, NextStep("see the network agent's containers", crictl("ps -a")),
                ])
        }
    }

    private func agentDown(_ agent: String?, _ told: Told) -> Text {
        let socket = told.capture("socket").map { " at \($0.bounded(120))" } ?? ""
        let who = agent ?? "the network's agent\(socket)"
        var steps: [NextStep] = []
        let workload = told.capture("workload")
        if let workload {
            steps.append(NextStep("see \(who)'s container", crictl("ps -a --name \(workload)")))
        } else {
            steps.append(NextStep("see the network's containers", crictl("ps -a")))
        }
        if let container = container(workload) {
            let id = container.id.filter(\.isHexDigit)
            steps.append(NextStep("see why it is not ready", crictl("logs --tail 50 \(id)")))
        }
        return Text(
            sentence: "pods get no network on \(name): \(who) does not answer, or has not started",
            explanation:
                "The CNI plugin asks \(who) on this node, or reads what it has written, and that is not there.\(state(told))",
            steps: steps + [configured])
    }

    private func stale(_ verdict: PodNetworkFailing.Verdict, _ agent: String?) -> Text {
        let stale = verdict.stale
        let file = "\(directory)/\(stale?.file ?? "")"
        return Text(
            sentence:
                "pods get no network on \(name): \(stale?.file ?? "the first configuration") belongs to a network whose agent is gone",
            explanation:
                "\(file) is read first, and \(agent ?? "its agent") does not answer; \((stale?.others ?? []).joined(separator: ", ").bounded(120)) of another network is never used.\(state(verdict.told))",
            steps: [
                NextStep("see the order of the files", "ls -l \(directory)"),
                NextStep(
                    "if that network was removed, move its file away, within the same file system",
                    "mv \(file) \(file + ".disabled")"),
            ])
    }

    // MARK: The agent

    /// The agent's container, by the name that its maker gives container or pod.
    private func container(_ workload: String?) -> Container? {
        guard let workload else { return nil }
        return runtime.containers?.filter { $0.name.hasPrefix(workload) || $0.podName.hasPrefix(workload) }
            .max { ($0.state == .running ? 1 : 0, $0.attempt) < ($1.state == .running ? 1 : 0, $1.attempt) }
    }

    private func state(_ told: Told) -> String {
        guard let workload = told.capture("workload"), runtime.containers != nil else { return "" }
        guard let container = container(workload) else {
            return " No container or pod named \(workload) is listed."
        }
        return " Its container \(container.label) is \(container.state.rawValue)."
    }

    private func agentEvidence(_ told: Told) -> [Evidence] {
        guard let workload = told.capture("workload"), let at = runtime.containersAt,
            let container = container(workload)
        else { return [] }
        return [
            Evidence(
                at: at.wall, source: .cri,
                summary: "\(container.label) is \(container.state.rawValue)".bounded(300),
                command: crictl("ps -a --name \(workload)"))
        ]
    }

    private func diskEvidence(_ verdict: PodNetworkFailing.Verdict) -> [Evidence] {
        guard let disk = facts.answers.cni[directory], !disk.value.files.isEmpty else { return [] }
        return [
            Evidence(
                at: disk.at.wall, source: .node,
                summary: "\(directory) holds \(disk.value.files.map(\.name).joined(separator: ", "))".bounded(
                    300),
                command: "ls -l \(directory)")
        ]
    }
}
