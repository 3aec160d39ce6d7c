import HealthModel

/// A rule in the form that is asked: globs read, the literals of the prefilter chosen.
final class CompiledRule: Sendable {
    /// A literal of the prefilter is no shorter (it would hit everywhere) …
    static let leastLiteral = 4
    /// … and no longer (the table would grow for nothing: with 24 bytes it is nearly twice as large as with 16, and a
    /// fiftieth of the hits of recorded lines is saved).
    static let mostLiteral = 16

    let rule: SignalRule
    private let units: [Glob]
    private let identifiers: [Glob]
    /// Whether its templates capture anything, and how many captures a signal of it has at most.
    private let capturesText: Bool
    private let captureCount: Int
    /// A line that the rule knows has at least one of these literals, raw, and all of its outline, in order. Empty: the
    /// rule is known by its `MESSAGE_ID`.
    let literals: [(literal: [UInt8], outline: [[UInt8]])]

    init(_ rule: SignalRule) {
        self.rule = rule
        units = rule.units.map(Glob.init)
        identifiers = rule.identifiers.map(Glob.init)
        capturesText = rule.conditions.contains { $0.templates.contains { !$0.captureNames.isEmpty } }
        captureCount = rule.captureNames.count
        literals = rule.messageID == nil ? Self.literals(of: rule.conditions) : []
    }

    /// What a rule takes from a line that it knows.
    struct Match {
        var captures: [String: String]
        /// The capture `detail`, uncut; else what the emitter says: what classes read.
        var text: ArraySlice<UInt8>
    }

    /// What it takes from the line, where it knows it.
    func match(_ entry: JournalEntry, _ line: inout LogLine) -> Match? {
        guard concerns(entry), rule.levels.isEmpty || line.level.map(rule.levels.contains) == true,
            rule.needs.allSatisfy({ line.has($0) || entry.fields[$0] != nil })
        else { return nil }
        var matcher = TemplateMatcher()
        for condition in rule.conditions where Self.find(condition, &line, &matcher) == nil { return nil }
        for condition in rule.unless where Self.find(condition, &line, &matcher) != nil { return nil }
        return captures(&line, &matcher)
    }

    /// Whether the entry is of somebody whom the rule listens to.
    func concerns(_ entry: JournalEntry) -> Bool {
        rule.sources.contains(entry.source) && passes(units, entry.unit)
            && passes(identifiers, entry.identifier)
            && (rule.messageID == nil || rule.messageID == entry.messageID)
            && rule.fields.allSatisfy({ entry.fields[$0.key] == $0.value })
    }

    private func passes(_ globs: [Glob], _ name: String?) -> Bool {
        guard !globs.isEmpty, let name else { return true }
        return globs.contains { $0.matches(name) }
    }

    /// The captures of a line that meets the conditions: it is gone through once more, which only those that matter are.
    private func captures(_ line: inout LogLine, _ matcher: inout TemplateMatcher) -> Match {
        var detail = line.text
        guard capturesText else { return Match(captures: rule.constants, text: detail) }
        var captures = [String: String](minimumCapacity: captureCount)
        for (name, value) in rule.constants { captures[name] = value }
        for condition in rule.conditions {
            guard let which = Self.find(condition, &line, &matcher),
                let text = line.part(condition.field)
            else { continue }
            for (index, step) in condition.templates[which].steps.enumerated() {
                guard let name = step.name else { continue }
                let range = matcher.range(ofStep: index)
                let bytes = text.dropFirst(range.lowerBound).prefix(range.count)
                captures[name] = PlainText.elided(bytes, limit: SignalRules.captureLimit)
                if name == "detail" { detail = bytes }
            }
        }
        return Match(captures: captures, text: detail)
    }

    /// Which of the condition's templates is in the part of the line that it asks for: the first.
    private static func find(
        _ condition: SignalRule.Condition, _ line: inout LogLine, _ matcher: inout TemplateMatcher
    ) -> Int? {
        guard let text = line.part(condition.field) else { return nil }
        return condition.templates.indices.first { matcher.matches(condition.templates[$0], in: text.span) }
    }

    /// One literal per template of the condition that filters best, and the template's outline. Any of its templates may
    /// be the one that matches, so all of them must have one.
    private static func literals(
        of conditions: [SignalRule.Condition]
    ) -> [(literal: [UInt8], outline: [[UInt8]])] {
        var best: [(literal: [UInt8], outline: [[UInt8]])] = []
        var bestLength = 0
        for condition in conditions {
            let outlines = condition.templates.map(outline(of:))
            let longest = outlines.map { outline in outline.max { $0.count < $1.count } ?? [] }
            let least = longest.map(\.count).min() ?? 0
            guard least >= leastLiteral, least > bestLength else { continue }
            best = zip(longest, outlines).map { (literal: Array($0.prefix(mostLiteral)), outline: $1) }
            bestLength = least
        }
        return best
    }

    /// The runs that stand in the raw line as they do in the field, and in that order: nothing that Go's quoting
    /// changes.
    private static func outline(of template: Template) -> [[UInt8]] {
        template.literals.flatMap { literal in
            literal.split { $0 < 0x20 || $0 > 0x7E || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        }.map(Array.init)
    }
}
