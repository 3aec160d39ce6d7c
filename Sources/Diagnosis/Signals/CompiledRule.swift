import HealthModel

/// A rule in the form that is asked: globs read, the literals of the prefilter chosen.
struct CompiledRule: Sendable {
    /// A literal of the prefilter is no shorter (it would hit everywhere) …
    static let leastLiteral = 4
    /// … and no longer (the table would grow for nothing).
    static let mostLiteral = 24

    let rule: SignalRule
    private let units: [Glob]
    private let identifiers: [Glob]
    /// A line that the rule knows has at least one of these, raw. Empty: the rule is known by its
    /// `MESSAGE_ID`.
    let literals: [[UInt8]]

    init(_ rule: SignalRule) {
        self.rule = rule
        units = rule.units.map(Glob.init)
        identifiers = rule.identifiers.map(Glob.init)
        literals = rule.messageID == nil ? Self.literals(of: rule.conditions) : []
    }

    /// The captures, where the rule knows the line.
    func match(_ entry: JournalEntry, _ line: LogLine) -> [String: String]? {
        guard rule.sources.contains(entry.source), passes(units, entry.unit),
            passes(identifiers, entry.identifier),
            rule.messageID == nil || rule.messageID == entry.messageID,
            rule.fields.allSatisfy({ entry.fields[$0.key] == $0.value }),
            rule.levels.isEmpty || line.level.map(rule.levels.contains) == true,
            rule.needs.allSatisfy({ line[$0] != nil || entry.fields[$0] != nil })
        else { return nil }
        var captures = rule.constants
        for condition in rule.conditions {
            guard let found = Self.match(condition, line) else { return nil }
            captures.merge(found) { _, new in new }
        }
        return rule.unless.contains { Self.match($0, line) != nil } ? nil : captures
    }

    private func passes(_ globs: [Glob], _ name: String?) -> Bool {
        guard !globs.isEmpty, let name else { return true }
        return globs.contains { $0.matches(name) }
    }

    private static func match(_ condition: SignalRule.Condition, _ line: LogLine) -> [String: String]? {
        let text: [UInt8]?
        switch condition.field {
        case "message": text = line.raw
        case "msg": text = line.text
        default: text = line[condition.field]
        }
        guard let text else { return nil }
        for template in condition.templates {
            var matcher = TemplateMatcher(template, text)
            guard let ranges = matcher.match() else { continue }
            return ranges.mapValues { PlainText.clean(text[$0], limit: SignalRules.captureLimit) }
        }
        return nil
    }

    /// One literal per template of the condition that filters best. Any of its templates may be the one that
    /// matches, so all of them must have one.
    private static func literals(of conditions: [SignalRule.Condition]) -> [[UInt8]] {
        var best: [[UInt8]] = []
        var bestLength = 0
        for condition in conditions {
            let literals = condition.templates.map(literal(of:))
            let least = literals.map(\.count).min() ?? 0
            if least >= leastLiteral, least > bestLength { (best, bestLength) = (literals, least) }
        }
        return best
    }

    /// The longest run that stands in the raw line as it does in the field: nothing that Go's quoting
    /// changes.
    private static func literal(of template: Template) -> [UInt8] {
        let runs = template.literals.flatMap { literal in
            literal.split { $0 < 0x20 || $0 > 0x7E || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        }
        let longest = runs.max { $0.count < $1.count } ?? []
        return Array(longest.prefix(mostLiteral))
    }
}
