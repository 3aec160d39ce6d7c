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

    /// Of these rules; their order is that of the hits.
    public init(_ rules: [SignalRule]) { compiled = rules.map(CompiledRule.init) }

    /// The rules that know a message, whoever says it: source, unit, identifier and `MESSAGE_ID` count as given. A rule
    /// that goes by these alone knows no message. What is a fallback is silent where another rule knows the line, as it
    /// is on a node.
    public func hits(_ message: String) -> [Hit] {
        var line = LogLine(message)
        let hits = compiled.filter { Self.goesByWords($0.rule) }.compactMap { compiled in
            compiled.match(compiled.rule.sample(message), &line).map {
                Hit(rule: compiled.rule, captures: $0)
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
    public var faults: [RuleError] {
        compiled.flatMap { one in
            one.rule.examples.filter { Self.match(one, $0) == nil }.map {
                Self.fault(one.rule, "examples", "does not know its example", $0)
            }
                + one.rule.counterExamples.filter { Self.match(one, $0) != nil }.map {
                    Self.fault(one.rule, "counter-examples", "takes its counter-example", $0)
                }
        }
    }

    private static func match(_ one: CompiledRule, _ message: String) -> [String: String]? {
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
