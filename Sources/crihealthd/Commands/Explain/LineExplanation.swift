// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthEndpoint
import HealthModel

/// What the rules make of a log line that somebody pasted, with or without the time, host and program in front of it.
struct LineExplanation {
    /// Most rules that are told.
    private static let limit = 5
    /// Shortest text that is looked for within the rules' own examples.
    private static let shortest = 6

    let rules: SignalRules
    let columns: Int

    /// What it means and what it is evidence of; nil where no rule knows it.
    func text(_ line: String) -> String? {
        let trial = RuleTrial(rules)
        let hits = Self.readings(line).lazy.map(trial.hits).first { !$0.isEmpty } ?? []
        guard hits.isEmpty else {
            return hits.prefix(Self.limit).map { told($0.rule, $0.captures) }.joined(separator: "\n")
        }
        let near = examples(holding: line)
        guard !near.isEmpty else { return nil }
        return TerminalText.wrap(
            "This is not a whole line that a rule knows; lines that hold it are known as:", indent: 0,
            columns: columns)
            + "\n" + near.prefix(Self.limit).map { told($0, $0.constants) }.joined(separator: "\n")
    }

    /// The line, and what follows `Nov 22 12:00:03 node1 containerd[812]: ` in it.
    private static func readings(_ line: String) -> [String] {
        let line = line.split(separator: "\n").first.map(String.init) ?? ""
        guard let mark = line.firstRange(of: "]: ") ?? line.firstRange(of: ": "),
            mark.upperBound < line.endIndex
        else { return [line] }
        return [line, String(line[mark.upperBound...])]
    }

    private func examples(holding text: String) -> [SignalRule] {
        let wanted = text.lowercased()
        guard wanted.utf8.count >= Self.shortest, wanted.utf8.count <= 512 else { return [] }
        return rules.rules.filter { rule in
            !rule.isBenign && rule.examples.contains { $0.lowercased().firstRange(of: wanted) != nil }
        }
    }

    private func told(_ rule: SignalRule, _ captures: [String: String]) -> String {
        let known = rules.classes.first { $0.id == captures["class"] }
        var fields = [("means", rule.meaning)]
        if let known { fields.append(("because", known.meaning)) }
        fields.append(("shows", evidence(rule, captures)))
        if let clears = rule.clears { fields.append(("clears", clears)) }
        if let source = known?.reference ?? rule.reference { fields.append(("source", source)) }
        let title =
            "\(rule.id): a line of \(rule.emitter), \(rule.isBenign ? "harmless" : rule.severity.rawValue)\n"
        return TerminalText.line(title) + "\n"
            + fields.map { label, text in
                TerminalText.wrap(
                    text, lead: "  " + label + String(repeating: " ", count: max(1, 8 - label.utf8.count)),
                    indent: 10, columns: columns)
            }.joined()
    }

    /// The kind and cause that it is evidence of; else the kinds that explain such a complaint.
    private func evidence(_ rule: SignalRule, _ captures: [String: String]) -> String {
        if rule.isBenign { return "nothing that is wrong" }
        if let kind = captures["kind"] {
            let name = captures["cause"].map { kind + "/" + $0 } ?? kind
            return name + " (crihealthd explain \(name))"
        }
        let kinds = Catalogue.explaining(rule.signal).map(\.rawValue)
        return kinds.isEmpty
            ? "the signal \(rule.signal.rawValue), which crihealthd reads together with others"
            : "what one of these explains: " + kinds.joined(separator: ", ")
    }
}
