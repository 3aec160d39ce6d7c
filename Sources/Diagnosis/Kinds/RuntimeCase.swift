// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// One runtime, looked at once by one diagnosis: what ``Diagnosis/cases(_:_:_:)`` hands out. The reasoning is in
/// extensions for its kind (`extension RuntimeCase<RuntimeDown>`).
struct RuntimeCase<Kind: Diagnosis>: Sendable {
    let runtime: RuntimeFacts
    let facts: NodeFacts
    let configuration: EngineConfiguration

    var name: String { runtime.name }
    var now: Moment { facts.now }
    var api: APIFacts { runtime.api }

    /// Whether a line is about this runtime: its own, or one of the kubelet's, which speaks to one runtime only.
    func concerns(_ signal: Signal) -> Bool {
        if signal.unit == runtime.unit.name { return true }
        if facts.runtimes.contains(where: { $0.unit.name == signal.unit }) { return false }
        if let told = signal.captures["runtime"] { return told == runtime.endpoint.runtime.rawValue }
        return runtime.endpoint == facts.runtimes.first?.endpoint
    }

    /// The line of its last start that says that it could not open its database: no image, no container, no CRI without it.
    var damagedDatabase: Signal? {
        let start = facts.signals.last(.runtimeStarting, unit: runtime.unit.name)?.at.monotonic
        return facts.signals.last(.runtimeFatal, unit: runtime.unit.name, since: start).flatMap { line in
            line.kind == .runtimeDown && line.cause == .databaseCorrupt ? line : nil
        }
    }

    /// Whether it is known which unit serves the socket; without one there is none to name in a command.
    var hasUnit: Bool { runtime.endpoint.unit != nil }

    /// Restarting the unit, where there is one.
    func restart(_ purpose: String) -> [NextStep] {
        hasUnit ? [NextStep(purpose, "systemctl restart \(runtime.unit.name)")] : []
    }

    /// Having the process write its goroutines down, where its unit runs it as its main process: who embeds a runtime
    /// takes SIGUSR1 for itself, and mostly dies of it. systemd refuses to signal a unit without a process.
    ///
    /// containerd logs them, and leaves them in /tmp, too (cmd/containerd/main_unix.go); CRI-O writes them to /tmp only
    /// (cmd/crio/main.go, `catchShutdown`). Units of both see the node's /tmp as packaged.
    func dumpGoroutines(_ sought: String = "") -> [NextStep] {
        guard hasUnit, ownsUnit else { return [] }
        let unit = runtime.unit.name
        let place =
            runtime.endpoint.runtime == .crio
            ? "to /tmp/crio-goroutine-stacks-*.log" : "to its log, and to /tmp/containerd.PID.stacks.log"
        return [
            NextStep(
                "have it write its goroutines \(place)\(sought), before it is restarted",
                "systemctl kill --kill-who=main -s USR1 \(unit)")
        ]
    }

    /// Whether the unit is the runtime's own.
    private var ownsUnit: Bool {
        switch runtime.endpoint.runtime {
        case .containerd: runtime.unit.name.contains("containerd")
        case .crio: runtime.unit.name.contains("crio") || runtime.unit.name.contains("cri-o")
        case .criDockerd, .other: false
        }
    }

    /// The command that asks this endpoint by hand.
    func crictl(_ subcommand: String) -> ShellCommand { runtime.endpoint.crictl(subcommand) }
}

extension Endpoint {
    /// The command that asks it by hand: its words, and the endpoint, whatever /etc/crictl.yaml says.
    func crictl(_ subcommand: String) -> ShellCommand {
        let words = subcommand.split(separator: " ").map(String.init)
        // Where no socket is known crictl asks the one that it is set up for.
        return hasSocket ? "crictl --runtime-endpoint \(address) \(words: words)" : "crictl \(words: words)"
    }
}

extension NodeFacts {
    /// What the cluster may call this node: its host's name, as a rule.
    private var nodeName: String {
        let isName = hostname.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x2E
        }
        return isName && !hostname.isEmpty ? hostname : "NODE"
    }

    /// Keeping new pods away.
    var cordon: NextStep {
        NextStep(
            "keep new pods away, by the node's name in the cluster, from where kubectl works",
            "kubectl cordon \(nodeName)")
    }

    /// Moving the pods away.
    func drain(_ purpose: String) -> NextStep {
        NextStep(
            "\(purpose), by the node's name in the cluster, from where kubectl works",
            "kubectl drain \(nodeName) --ignore-daemonsets")
    }

    /// The pods that the cluster wants here.
    var wantedPods: NextStep {
        NextStep(
            "see whether the cluster still wants the pod here, from where kubectl works",
            "kubectl get pods -A -o wide --field-selector spec.nodeName=\(nodeName)")
    }

    /// Draining, then rebooting: a reboot alone ends pods in the middle of their work.
    var drainAndReboot: [NextStep] {
        [
            drain("or: drain the node"),
            NextStep("and reboot it then: no process of a container survives that", "systemctl reboot"),
        ]
    }
}

extension Diagnosis {
    /// One look of this diagnosis at one runtime.
    typealias Case = RuntimeCase<Self>

    /// `judge` on every runtime of these.
    static func cases(
        _ runtimes: [RuntimeFacts], _ facts: NodeFacts, _ configuration: EngineConfiguration,
        _ judge: (Case) -> Assessment
    ) -> [(subject: String, Assessment)] {
        runtimes.map {
            ($0.name, judge(Case(runtime: $0, facts: facts, configuration: configuration)))
        }
    }
}
