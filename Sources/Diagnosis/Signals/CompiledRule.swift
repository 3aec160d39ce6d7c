// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A rule in the form that is asked: globs read, the literals of the prefilter chosen.
final class CompiledRule: Sendable {
    /// A literal of the prefilter is no shorter (it would hit everywhere) …
    static let leastLiteral = 4
    /// … and no longer (the table would grow for nothing: with 24 bytes it is nearly twice as large as with 16, and a
    /// fiftieth of the hits of recorded lines is saved).
    static let mostLiteral = 16

    let rule: SignalRule
    /// Whom it listens to.
    let audience: Audience
    /// Whether its templates capture anything, and how many captures a signal of it has at most, those of its classes
    /// included.
    private let capturesText: Bool
    private let captureCount: Int
    /// Whether its templates name the reports of strangers' commands and probes.
    private let namesStrangers: Bool
    /// Whether lines of information say nothing to it.
    private let hearsComplaintsOnly: Bool
    /// A line that the rule knows has at least one of these literals, raw, and all of its outline, in order. Empty: the
    /// rule is known by its `MESSAGE_ID`.
    let literals: [(literal: [UInt8], outline: [[UInt8]])]

    /// `room` is for so many captures of classes.
    init(_ rule: SignalRule, room: Int) {
        self.rule = rule
        audience = Audience(rule)
        capturesText = rule.conditions.contains { $0.templates.contains { !$0.captureNames.isEmpty } }
        captureCount = rule.captureNames.count + room
        namesStrangers = rule.conditions.contains { condition in
            condition.templates.contains { $0.literals.contains(where: Strangers.isNamed) }
        }
        hearsComplaintsOnly = Self.hearsComplaintsOnly(rule)
        literals = rule.messageID == nil ? Self.literals(of: rule.conditions) : []
    }

    /// What a rule takes from a line that it knows.
    struct Match {
        var captures: [String: String]
        /// The capture `detail`, uncut; else what the emitter says: what classes read.
        var text: ArraySlice<UInt8>
    }

    /// What it takes from the line, where it knows it and listens to who wrote it.
    func match(_ entry: JournalEntry, _ line: inout LogLine) -> Match? {
        guard audience.wants(entry), audience.party.has(entry) else { return nil }
        return read(entry, &line)
    }

    /// The same of an entry that its audience wants and has.
    func read(_ entry: JournalEntry, _ line: inout LogLine) -> Match? {
        guard rule.isBenign || namesStrangers || !line.isStrangers, !hearsComplaintsOnly || line.isComplaint,
            rule.levels.isEmpty || line.level.map(rule.levels.contains) == true,
            rule.needs.allSatisfy({ line.has($0) || entry.fields[$0] != nil })
        else { return nil }
        var matcher = TemplateMatcher()
        var which = 0
        for condition in rule.conditions {
            guard let text = heard(condition.field, &line),
                let found = Self.find(condition, text, &matcher)
            else { return nil }
            which = found
        }
        // A near-miss counts wherever it stands: a stranger who writes it silences his own line.
        if !rule.unless.isEmpty {
            var misses = TemplateMatcher()
            for condition in rule.unless {
                if let text = line.part(condition.field), Self.find(condition, text, &misses) != nil {
                    return nil
                }
            }
        }
        return captures(&line, &matcher, last: which)
    }

    /// Text that may stand anywhere in a line may be quoted there: where the rule's own examples are all complaints, so is
    /// what it hears.
    private static func hearsComplaintsOnly(_ rule: SignalRule) -> Bool {
        guard !rule.isBenign, rule.levels.isEmpty, !rule.examples.isEmpty else { return false }
        let isTied = rule.conditions.contains {
            $0.templates.allSatisfy { $0.anchoredStart && !$0.head.isEmpty }
        }
        return !isTied && rule.examples.allSatisfy { LogLine($0).isComplaint }
    }

    /// The captures of a line that meets the conditions; `matcher` knows the place of its template `last` of the last of
    /// them. Where there are more, the line is gone through once more, which only those that matter are.
    private func captures(_ line: inout LogLine, _ matcher: inout TemplateMatcher, last: Int) -> Match {
        var detail = heard("msg", &line) ?? line.text
        guard capturesText else { return Match(captures: rule.constants, text: detail) }
        var captures = [String: String](minimumCapacity: captureCount)
        for (name, value) in rule.constants { captures[name] = value }
        for condition in rule.conditions {
            guard let text = heard(condition.field, &line),
                let which = rule.conditions.count == 1 ? last : Self.find(condition, text, &matcher)
            else {
                continue
            }
            for (index, step) in condition.templates[which].steps.enumerated() {
                guard let name = step.name else { continue }
                let range = matcher.range(ofStep: index)
                let start = text.startIndex + range.lowerBound
                let bytes = text[start..<(start + range.count)]
                captures[name] = PlainText.elided(bytes.span, limit: SignalRules.captureLimit)
                if name == "detail" { detail = bytes }
            }
        }
        return Match(captures: captures, text: detail)
    }

    /// A benign rule hears all: what a stranger writes in his own line can only make that line benign.
    private func heard(_ field: String, _ line: inout LogLine) -> ArraySlice<UInt8>? {
        rule.isBenign ? line.part(field) : line.heard(field)
    }

    /// Which of the condition's templates is in the text: the first.
    private static func find(
        _ condition: SignalRule.Condition, _ text: ArraySlice<UInt8>, _ matcher: inout TemplateMatcher
    ) -> Int? {
        condition.templates.indices.first { matcher.matches(condition.templates[$0], in: text.span) }
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
    /// or its JSON encoder changes.
    private static func outline(of template: Template) -> [[UInt8]] {
        template.literals.flatMap { literal in
            literal.split {
                $0 < 0x20 || $0 > 0x7E || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\")
                    || LogValue.htmlCharacters.contains($0)
            }
        }.map(Array.init)
    }
}
