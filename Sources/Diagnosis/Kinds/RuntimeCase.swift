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

    /// Whether it is known which unit serves the socket; without one there is none to name in a command.
    var hasUnit: Bool { runtime.endpoint.unit != nil }

    /// Restarting the unit, where there is one.
    func restart(_ purpose: String) -> [NextStep] {
        hasUnit ? [NextStep(purpose, "systemctl restart \(runtime.unit.name)")] : []
    }

    /// Having the process log its goroutines, where its unit is known.
    func logGoroutines(_ purpose: String) -> [NextStep] {
        hasUnit ? [NextStep(purpose, "kill -USR1 $(systemctl show -P MainPID \(runtime.unit.name))")] : []
    }

    /// The command that asks this endpoint by hand; where no socket is known crictl asks the one it is set up for.
    func crictl(_ subcommand: String) -> ShellCommand {
        guard runtime.endpoint.hasSocket else {
            return "crictl \(words: subcommand.split(separator: " ").map(String.init))"
        }
        let words = subcommand.split(separator: " ").map(String.init)
        return "crictl --runtime-endpoint \(runtime.endpoint.address) \(words: words)"
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
