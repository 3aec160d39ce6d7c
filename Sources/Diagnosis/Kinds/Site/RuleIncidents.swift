// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Incidents that rules of `rules.d` open and clear by themselves: so many signals within a window, cleared by another
/// signal or by quiet. What node-problem-detector's rules do, with clearing.
struct RuleIncidents: Diagnosis {
    static let kind = IncidentKind(rawValue: "Rule")
    static let outlivesRuntimes = true

    /// A rule is about so many units at once, the first that said so; a unit that is made for each container would be
    /// without end.
    private static let unitLimit = 64

    private let rules: [(rule: SignalRule, incident: RuleIncident)]

    init(rules: SignalRules) {
        self.rules = rules.rules.compactMap { rule in rule.incident.map { (rule, $0) } }
    }

    func kind(of subject: String) -> IncidentKind {
        rules.first { subject.hasPrefix($0.rule.id + " ") }?.incident.kind ?? Self.kind
    }

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        rules.flatMap { rule, incident in
            let signals = facts.signals.all(rule.signal).filter { $0.rule == rule.id }
            var units: [String] = []
            var ofUnit: [String: [Signal]] = [:]
            for signal in signals {
                let unit = signal.unit ?? "node"
                guard ofUnit[unit] != nil || units.count < Self.unitLimit else { continue }
                if ofUnit[unit] == nil { units.append(unit) }
                ofUnit[unit, default: []].append(signal)
            }
            return units.sorted().map { unit in
                ("\(rule.id) on \(unit)", assess(rule, incident, ofUnit[unit] ?? [], facts))
            }
        }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        rules.compactMap { rule, incident in
            guard let quiet = incident.quiet, let last = facts.signals.last(rule.signal) else { return nil }
            return last.at.monotonic + quiet
        }.filter { $0 > facts.now.monotonic }.min()
    }

    private func assess(
        _ rule: SignalRule, _ incident: RuleIncident, _ signals: [Signal], _ facts: NodeFacts
    ) -> Assessment {
        guard let last = signals.last else { return .unknown(inquiries: []) }
        if let clear = incident.clear, let cleared = facts.signals.last(clear, since: last.at.monotonic) {
            return .cleared(Evidence.journal(cleared))
        }
        if let quiet = incident.quiet, facts.now.monotonic - last.at.monotonic >= quiet {
            return .expired("\(rule.id) has been quiet for \(quiet.brief)")
        }
        let recent = signals.filter { last.at.monotonic - $0.at.monotonic <= incident.within }
        guard recent.count >= incident.count, let first = recent.first else {
            return .unknown(inquiries: [])
        }
        var sentence = incident.sentence
        for (name, value) in last.captures.sorted(by: { $0.key < $1.key }) {
            sentence = sentence.split(separator: "{\(name)}", omittingEmptySubsequences: false).joined(
                separator: value.bounded(100))
        }
        return .holds(
            Finding(
                name: .rule(rule.signal), severity: incident.severity, confirmed: true,
                since: first.at,
                sentence: sentence.bounded(300), explanation: "\(rule.meaning) (rule \(rule.id))",
                impact: Impact(sentence: ""),
                evidence: recent.suffix(6).reversed().map { Evidence.journal($0) }, nextSteps: [],
                clearsWhen: clears(incident)))
    }

    private func clears(_ incident: RuleIncident) -> String {
        let ways = [
            incident.clear.map { "the signal \($0.rawValue) is seen" },
            incident.quiet.map { "it is quiet for \($0.brief)" },
        ].compactMap { $0 }
        return ways.isEmpty
            ? "somebody gives the rule a clear signal or a quiet time; it names neither"
            : ways.joined(separator: ", or ")
    }
}
