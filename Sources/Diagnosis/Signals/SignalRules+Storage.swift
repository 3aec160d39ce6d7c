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
        /// The rules that each literal speaks for, those of one literal together …
        private let owners: [Int]
        /// … and where each literal's begin; one more for the end.
        private let ownerStarts: [Int]
        private let outlines: Outlines
        /// Whom rules listen to, each party once; and of each rule, its party.
        private let parties: [Audience.Party]
        private let partyOfRule: [Int]
        /// Rules that are known by `MESSAGE_ID`.
        let byMessageID: [String: [Int]]
        let messageIDs: Set<String>

        init(_ rules: [SignalRule], _ classes: [SignalClass]) throws(RuleError) {
            try Self.checkClears(rules)
            try Self.checkFrames(classes, rules)
            var literals: [[UInt8]: (owners: [Int], outlines: [[[UInt8]]])] = [:]
            var byMessageID: [String: [Int]] = [:]
            let readers = try SignalClasses(classes)
            let compiled = rules.map { CompiledRule($0, room: readers.room(for: $0.signal)) }
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
            self.readers = readers
            self.compiled = compiled
            self.automaton = automaton
            self.byMessageID = byMessageID
            owners = ordered.flatMap(\.value.owners)
            ownerStarts = ordered.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.value.owners.count) }
            outlines = Outlines(ordered.map(\.value.outlines))
            messageIDs = Set(byMessageID.keys)
            var places: [Audience.Party: Int] = [:]
            partyOfRule = compiled.map { one in
                let place = places[one.audience.party] ?? places.count
                places[one.audience.party] = place
                return place
            }
            parties = places.sorted { $0.value < $1.value }.map(\.key)
        }

        /// Whether any rule could know this message. Linear in it: each literal's outlines are looked for once, and where
        /// there are more literals than can be remembered, somebody must look closer anyway.
        func mightMatch(_ message: Span<UInt8>) -> Bool {
            var reading = LiteralAutomaton.Reading()
            guard automaton.advance(&reading, in: message) else { return false }
            var seen = InlineArray<8, Int>(repeating: -1)
            var count = 0
            repeat {
                search: for place in automaton.literals(at: reading) {
                    let literal = automaton.literal(place)
                    for index in 0..<count where seen[index] == literal { continue search }
                    guard count < seen.count else { return true }
                    seen[count] = literal
                    count += 1
                    if outlines.fit(literal, message) { return true }
                }
            } while automaton.advance(&reading, in: message)
            return false
        }

        /// Calls `body` with the rules that may know the entry, in their order: a literal of theirs is in it, or it has their
        /// `MESSAGE_ID`, and it is of somebody whom they listen to. Allocates nothing for up to 8,192 rules.
        func forEachCandidate(_ entry: JournalEntry, _ body: (CompiledRule) -> Void) {
            withScratch((compiled.count + 63) / 64, of: 0 as UInt64) { found in
                automaton.forEachFound(in: entry.message.utf8.span) { literal in
                    for place in ownerStarts[literal]..<ownerStarts[literal + 1] {
                        found[owners[place] / 64] |= 1 << UInt64(owners[place] % 64)
                    }
                }
                if let id = entry.messageID, let known = byMessageID[id] {
                    for index in known { found[index / 64] |= 1 << UInt64(index % 64) }
                }
                var parties = Hearing(parties)
                for word in found.indices {
                    var rest = found[word]
                    while rest != 0 {
                        let index = word * 64 + rest.trailingZeroBitCount
                        rest &= rest - 1
                        let rule = compiled[index]
                        if rule.audience.wants(entry), parties.hear(partyOfRule[index], entry) { body(rule) }
                    }
                }
            }
        }

        /// Which parties have an entry, each asked once.
        private struct Hearing {
            private let parties: [Audience.Party]
            private var asked: UInt64 = 0
            private var answers: UInt64 = 0

            init(_ parties: [Audience.Party]) { self.parties = parties }

            /// Whether the entry is of one of that party.
            mutating func hear(_ party: Int, _ entry: JournalEntry) -> Bool {
                guard party < 64 else { return parties[party].has(entry) }
                let bit: UInt64 = 1 << UInt64(party)
                if asked & bit == 0 {
                    asked |= bit
                    if parties[party].has(entry) { answers |= bit }
                }
                return answers & bit != 0
            }
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
