import HealthModel

extension SignalRules {
    /// What the rules are compiled to. Never changes.
    final class Storage: Sendable {
        let rules: [SignalRule]
        let compiled: [CompiledRule]
        let automaton: LiteralAutomaton
        /// Per literal of the automaton, the rules that it speaks for.
        let owners: [[Int]]
        /// Rules that are known by `MESSAGE_ID`.
        let byMessageID: [String: [Int]]
        let messageIDs: Set<String>

        init(_ rules: [SignalRule]) throws(RuleError) {
            try Self.checkClears(rules)
            var literals: [[UInt8]: [Int]] = [:]
            var byMessageID: [String: [Int]] = [:]
            let compiled = rules.map(CompiledRule.init)
            for (index, one) in compiled.enumerated() {
                if let id = one.rule.messageID {
                    byMessageID[id, default: []].append(index)
                } else if one.literals.isEmpty {
                    throw RuleError(
                        file: one.rule.file, line: one.rule.line, rule: one.rule.id,
                        problem:
                            "needs a template with \(CompiledRule.leastLiteral) plain characters in a row")
                }
                for literal in one.literals { literals[literal, default: []].append(index) }
            }
            let ordered = literals.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            guard let automaton = LiteralAutomaton(ordered.map(\.key)) else {
                throw RuleError(file: rules.last?.file ?? "", problem: "too many rules")
            }
            self.rules = rules
            self.compiled = compiled
            self.automaton = automaton
            self.byMessageID = byMessageID
            owners = ordered.map(\.value)
            messageIDs = Set(byMessageID.keys)
        }

        /// An incident that waits for a signal which no rule ever gives would stay open for ever.
        private static func checkClears(_ rules: [SignalRule]) throws(RuleError) {
            let names = Set(rules.map(\.signal.rawValue))
            for rule in rules {
                guard let clear = rule.incident?.clear?.rawValue, !names.contains(clear) else { continue }
                throw RuleError(
                    file: rule.file, line: rule.line, rule: rule.id, key: "incident.clear",
                    problem: "no rule says \"\(clear)\"",
                    suggestion: EditDistance.nearest(to: clear, among: names.sorted()))
            }
        }
    }
}
