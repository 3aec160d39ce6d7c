// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The classes in the form that is asked: for each signal, those that may read its text, in their order.
struct SignalClasses: Sendable {
    /// Longest text that is read, in bytes; of a longer one the beginning and the end.
    static let textLimit = 16 << 10

    /// The classes of one signal and the literals that tell which of them could know a text.
    private struct Reader: Sendable {
        var classes: [SignalClass]
        var automaton: LiteralAutomaton
        var owners: [[Int]]
    }

    private let readers: [SignalName: Reader]

    init(_ classes: [SignalClass]) throws(RuleError) {
        var readers: [SignalName: Reader] = [:]
        for name in Set(classes.flatMap(\.signals)) {
            readers[name] = try Self.reader(classes.filter { $0.signals.contains(name) })
        }
        self.readers = readers
    }

    private static func reader(_ classes: [SignalClass]) throws(RuleError) -> Reader {
        var owners: [[UInt8]: [Int]] = [:]
        for (index, one) in classes.enumerated() {
            for template in one.templates {
                let literal = template.literals.max { $0.count < $1.count } ?? []
                guard literal.count >= CompiledRule.leastLiteral else {
                    throw RuleError(
                        file: one.file, line: one.line, rule: one.id,
                        problem:
                            "needs a template with \(CompiledRule.leastLiteral) plain characters in a row")
                }
                owners[Array(literal.prefix(CompiledRule.mostLiteral)), default: []].append(index)
            }
        }
        let ordered = owners.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        guard let automaton = LiteralAutomaton(ordered.map(\.key)) else {
            throw RuleError(file: classes.last?.file ?? "", problem: "too many classes")
        }
        return Reader(classes: classes, automaton: automaton, owners: ordered.map(\.value))
    }

    /// Whether any class reads this signal's text.
    func read(_ name: SignalName) -> Bool { readers[name] != nil }

    /// The first class that knows the text of this signal, and what it takes from it. Linear in the text.
    func first(_ name: SignalName, in text: ArraySlice<UInt8>) -> (
        class: SignalClass, captures: [String: String]
    )? {
        guard let reader = readers[name] else { return nil }
        let text = Self.plain(text)
        var found: Set<Int> = []
        reader.automaton.forEachFound(in: text.span) { literal in
            found.formUnion(reader.owners[literal])
        }
        var matcher = TemplateMatcher()
        for index in found.sorted() {
            let one = reader.classes[index]
            guard let template = one.templates.first(where: { matcher.matches($0, in: text.span) }) else {
                continue
            }
            let captures = Self.captures(template, matcher, text, one.constants)
            if one.unless.contains(where: { matcher.matches($0, in: text.span) }) { continue }
            return (one, captures)
        }
        return nil
    }

    private static func captures(
        _ template: Template, _ matcher: TemplateMatcher, _ text: [UInt8], _ constants: [String: String]
    ) -> [String: String] {
        var captures = constants
        for (index, step) in template.steps.enumerated() {
            guard let name = step.name else { continue }
            captures[name] = PlainText.elided(
                text[matcher.range(ofStep: index)], limit: SignalRules.captureLimit)
        }
        return captures
    }

    /// The text with the quotes of every level of quoting alike (Go quotes an error within an error once more: `\"`, `\\\"`),
    /// and without the middle of one that is too long: the end of a Go error is its cause.
    private static func plain(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let kept =
            text.count <= textLimit
            ? text : text.prefix(textLimit / 4) + text.suffix(textLimit - textLimit / 4)
        var plain: [UInt8] = []
        plain.reserveCapacity(kept.count)
        var slashes = 0
        for byte in kept {
            if byte == UInt8(ascii: "\\") {
                slashes += 1
                continue
            }
            if slashes > 0, byte != UInt8(ascii: "\"") {
                plain.append(contentsOf: repeatElement(UInt8(ascii: "\\"), count: slashes))
            }
            slashes = 0
            plain.append(byte)
        }
        plain.append(contentsOf: repeatElement(UInt8(ascii: "\\"), count: slashes))
        while let end = ends.first(where: plain.hasSuffix) { plain.removeLast(end.count) }
        return plain
    }

    /// What wrappers put behind an error, and what is none of it: closing quotes and brackets, line ends (also as Go quotes
    /// them), gRPC's `unknown`.
    private static let ends: [[UInt8]] = ["\"", "\n", "\\n", " ", "]", ": unknown", ": <nil>"].map {
        Array($0.utf8)
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}
