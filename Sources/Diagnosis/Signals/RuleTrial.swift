// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Tries rules on lines before a node does.
public struct RuleTrial: Sendable {
    /// A rule that knows a line, and what it takes from it.
    public struct Hit: Hashable, Sendable {
        /// The rule.
        public var rule: SignalRule
        /// Its captures, its constants included.
        public var captures: [String: String]
    }

    private let compiled: [CompiledRule]
    private let all: SignalRules
    private let ownClasses: [SignalClass]

    /// Of those of `rules` that `isOwn` names by the file that they come from; their order is that of the hits.
    public init(_ rules: SignalRules, where isOwn: (String) -> Bool = { _ in true }) {
        all = rules
        compiled = rules.compiled.filter { isOwn($0.rule.file) }
        ownClasses = rules.classes.filter { isOwn($0.file) }
    }

    /// The rules that know a message, whoever says it: source, unit, identifier and `MESSAGE_ID` count as given. A rule
    /// that goes by these alone knows no message. What is a fallback is silent where another rule knows the line, as it
    /// is on a node.
    public func hits(_ message: String) -> [Hit] {
        var line = LogLine(message)
        let hits = compiled.filter { Self.goesByWords($0.rule) }.compactMap { compiled in
            compiled.match(compiled.rule.sample(message), &line).map { match in
                var match = match
                all.classify(&match, compiled.rule.signal)
                return Hit(rule: compiled.rule, captures: match.captures)
            }
        }
        let isKnown = hits.contains { !$0.rule.isFallback && !$0.rule.isBenign }
        return isKnown ? hits.filter { !$0.rule.isFallback } : hits
    }

    private static func goesByWords(_ rule: SignalRule) -> Bool {
        !rule.conditions.isEmpty || !rule.needs.isEmpty || !rule.levels.isEmpty
    }

    /// What is wrong with the rules by their own words: examples that they do not know, counter-examples that they take.
    /// Empty when they do as they say. Each fault has its place.
    public var faults: [RuleError] { compiled.flatMap(faults) + ownClasses.flatMap(faults) }

    private func faults(_ one: CompiledRule) -> [RuleError] {
        let silent = one.rule.examples.filter { Self.match(one, $0) == nil }
        let taken = one.rule.counterExamples.filter { Self.match(one, $0) != nil }
        return silent.map { Self.fault(one.rule, "examples", "does not know its example", $0) }
            + taken.map { Self.fault(one.rule, "counter-examples", "takes its counter-example", $0) }
    }

    private func faults(_ one: SignalClass) -> [RuleError] {
        let lost = one.examples.filter { !winners(one, $0).contains(one.id) }
        let won = one.counterExamples.filter { winners(one, $0).contains(one.id) }
        return lost.map { Self.fault(one, "examples", "does not win its example (\(said(one, $0)))", $0) }
            + won.map { Self.fault(one, "counter-examples", "wins its counter-example", $0) }
    }

    /// The classes that win this line, over all rules that frame it for the signals that `one` reads.
    private func winners(_ one: SignalClass, _ message: String) -> [String] {
        framed(one, message).compactMap { $0["class"] }
    }

    private func said(_ one: SignalClass, _ message: String) -> String {
        let framed = framed(one, message)
        guard !framed.isEmpty else { return "no rule frames it" }
        let winners = Set(framed.compactMap { $0["class"] }).sorted()
        return winners.isEmpty ? "no class knows it" : winners.joined(separator: ", ") + " does"
    }

    private func framed(_ one: SignalClass, _ message: String) -> [[String: String]] {
        all.rules.filter { one.signals.contains($0.signal) }.flatMap { rule in
            all.recognize(rule.sample(message)).filter { $0.rule == rule.id }.map(\.captures)
        }
    }

    private static func fault(_ one: SignalClass, _ key: String, _ problem: String, _ line: String)
        -> RuleError
    {
        RuleError(
            file: one.file, line: one.line, rule: one.id, key: key,
            problem: "\(problem): \(PlainText.clean(line, limit: 120))")
    }

    private static func match(_ one: CompiledRule, _ message: String) -> CompiledRule.Match? {
        var line = LogLine(message)
        return one.match(one.rule.sample(message), &line)
    }

    private static func fault(_ rule: SignalRule, _ key: String, _ problem: String, _ line: String)
        -> RuleError
    {
        RuleError(
            file: rule.file, line: rule.line, rule: rule.id, key: key,
            problem: "\(problem): \(PlainText.clean(line, limit: 120))")
    }
}
