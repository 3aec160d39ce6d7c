// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// The rules that the binary carries, each tried with its own examples.
@Suite("Shipped rules") struct ShippedRulesTests {
    static let rules = Result { try SignalRules.shipped() }

    struct Line: Sendable, CustomStringConvertible {
        let rule: SignalRule
        let message: String
        var description: String { rule.id + ": " + message.prefix(60) }
    }

    static let examples: [Line] = lines(\.examples)
    static let counterExamples: [Line] = lines(\.counterExamples)

    private static func lines(_ key: KeyPath<SignalRule, [String]>) -> [Line] {
        guard let all = try? rules.get().rules else { return [] }
        return all.flatMap { rule in rule[keyPath: key].map { Line(rule: rule, message: $0) } }
    }

    @Test func theyLoad() throws {
        let rules = try Self.rules.get()
        #expect(rules.rules.count >= 150)
        #expect(Self.examples.count >= rules.rules.count)
        #expect(rules.automaton.tableSize < 1 << 21)
    }

    @Test func everyRuleSaysWhatItIs() throws {
        for rule in try Self.rules.get().rules {
            #expect(!rule.meaning.isEmpty && !rule.meaning.contains("\n"), "\(rule.id)")
            #expect(!rule.examples.isEmpty, "\(rule.id) has no example")
            #expect(
                rule.isBenign == SignalVocabulary.context.contains(rule.signal) || !rule.isBenign,
                "\(rule.id)")
        }
    }

    @Test(arguments: examples) func knowsItsExample(_ line: Line) throws {
        let rules = try Self.rules.get()
        let entry = line.rule.sample(line.message)
        let signals = rules.recognize(entry)
        let mine = try #require(signals.first { $0.rule == line.rule.id }, "knew only \(signals.map(\.rule))")
        #expect(mine.name == line.rule.signal)
        let ofClass: Set<String> = mine.captures["class"] == nil ? [] : Self.classNames(mine)
        #expect(Set(mine.captures.keys).subtracting(ofClass).isSubset(of: line.rule.captureNames))
        #expect(rules.mightMatch(entry), "the prefilter would drop it")
    }

    private static func classNames(_ signal: Signal) -> Set<String> {
        let one = try? rules.get().classes.first { $0.id == signal.captures["class"] }
        let own = one.map { Set($0.templates.flatMap(\.captureNames)).union($0.constants.keys) } ?? []
        return own.union(["class", "kind", "cause", "scope"])
    }

    @Test func everyClassSaysWhatItIs() throws {
        for one in try Self.rules.get().classes {
            #expect(!one.meaning.isEmpty && !one.meaning.contains("\n"), "\(one.id)")
            #expect(!one.examples.isEmpty, "\(one.id) has no example")
            #expect(one.reference?.isEmpty == false, "\(one.id) has no reference")
        }
    }

    @Test(arguments: counterExamples) func leavesItsCounterExample(_ line: Line) throws {
        let signals = try Self.rules.get().recognize(line.rule.sample(line.message))
        #expect(!signals.contains { $0.rule == line.rule.id })
    }

    @Test(arguments: CatalogueRow.all) func knowsTheCatalogue(_ row: CatalogueRow) throws {
        let rules = try Self.rules.get()
        let signals = rules.recognize(row.entry)
        #expect(signals.contains { $0.rule == row.id }, "known as \(signals.map(\.rule))")
        #expect(rules.mightMatch(row.entry))
        if row.isBenign { #expect(SignalVocabulary.alarms(signals) == [], "\(signals.map(\.rule))") }
    }

    @Test func theCatalogueIsWhole() { #expect(CatalogueRow.all.count == 120) }
}
