// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension SignalRules {
    /// What the rules are compiled to. Never changes.
    final class Storage: Sendable {
        let rules: [SignalRule]
        let classes: [SignalClass]
        let readers: SignalClasses
        let compiled: [CompiledRule]
        let automaton: LiteralAutomaton
        /// Per literal of the automaton, the rules that it speaks for.
        let owners: [[Int]]
        /// Per literal, what stands in a line beside it: of each template that it speaks for, all the plain text in order.
        private let outlines: [[[[UInt8]]]]
        /// Rules that are known by `MESSAGE_ID`.
        let byMessageID: [String: [Int]]
        let messageIDs: Set<String>

        init(_ rules: [SignalRule], _ classes: [SignalClass]) throws(RuleError) {
            try Self.checkClears(rules)
            try Self.checkFrames(classes, rules)
            var literals: [[UInt8]: (owners: [Int], outlines: [[[UInt8]]])] = [:]
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
                for (literal, outline) in one.literals {
                    literals[literal, default: ([], [])].owners.append(index)
                    literals[literal]?.outlines.append(outline)
                }
            }
            let ordered = literals.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            guard let automaton = LiteralAutomaton(ordered.map(\.key)) else {
                throw RuleError(file: rules.last?.file ?? "", problem: "too many rules")
            }
            self.rules = rules
            self.classes = classes
            readers = try SignalClasses(classes)
            self.compiled = compiled
            self.automaton = automaton
            self.byMessageID = byMessageID
            owners = ordered.map(\.value.owners)
            outlines = ordered.map(\.value.outlines)
            messageIDs = Set(byMessageID.keys)
        }

        /// Whether any rule could know this message. Linear in it: each literal's outlines are looked for once, and where
        /// there are more literals than can be remembered, somebody must look closer anyway.
        func mightMatch(_ message: Span<UInt8>) -> Bool {
            var reading = LiteralAutomaton.Reading()
            guard automaton.advance(&reading, in: message) else { return false }
            var seen = InlineArray<8, Int>(repeating: -1)
            var count = 0
            repeat {
                for literal in automaton.literals(at: reading)
                where !seen.indices.contains(where: { seen[$0] == literal }) {
                    guard count < seen.count else { return true }
                    seen[count] = literal
                    count += 1
                    for outline in outlines[literal] where message.has(inOrder: outline) { return true }
                }
            } while automaton.advance(&reading, in: message)
            return false
        }

        /// The rules that may know the entry, in their order: a literal of theirs is in it, or it has their `MESSAGE_ID`,
        /// and it is of somebody whom they listen to.
        func candidates(_ entry: JournalEntry) -> [CompiledRule] {
            var found: [Int] = []
            automaton.forEachFound(in: entry.message.utf8.span) { literal in
                for index in owners[literal] where !found.contains(index) { found.append(index) }
            }
            if let id = entry.messageID, let known = byMessageID[id] {
                for index in known where !found.contains(index) { found.append(index) }
            }
            found.sort()
            return found.compactMap { compiled[$0].concerns(entry) ? compiled[$0] : nil }
        }

        /// A class that reads what no rule says would never win; a cause that its kind does not know would never be told.
        private static func checkFrames(_ classes: [SignalClass], _ rules: [SignalRule]) throws(RuleError) {
            let names = Set(rules.map(\.signal))
            for one in classes {
                if let unknown = one.signals.subtracting(names).first?.rawValue {
                    throw RuleError(
                        file: one.file, line: one.line, rule: one.id, key: "of",
                        problem: "no rule says \"\(unknown)\"",
                        suggestion: EditDistance.nearest(to: unknown, among: names.map(\.rawValue).sorted()))
                }
                let causes = Cause.all(of: one.kind).map(\.rawValue)
                guard causes.contains(one.cause) else {
                    throw RuleError(
                        file: one.file, line: one.line, rule: one.id, key: "cause",
                        problem: "\"\(one.cause)\" is no cause of \(one.kind.rawValue)",
                        suggestion: EditDistance.nearest(to: one.cause, among: causes))
                }
            }
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
