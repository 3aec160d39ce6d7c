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
        /// How many captures a class adds at most.
        var room: Int
    }

    private let readers: [SignalName: Reader]

    init(_ classes: [SignalClass]) throws(RuleError) {
        var readers: [SignalName: Reader] = [:]
        for name in Set(classes.flatMap(\.signals)) {
            readers[name] = try Self.reader(classes.filter { $0.signals.contains(name) })
        }
        self.readers = readers
    }

    /// How many captures a class adds at most to a signal of that name.
    func room(for name: SignalName) -> Int { readers[name]?.room ?? 0 }

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
        let own = classes.map { one in
            Set(one.templates.flatMap(\.captureNames)).union(one.constants.keys).count
        }
        return Reader(
            classes: classes, automaton: automaton, owners: ordered.map(\.value), room: 4 + (own.max() ?? 0))
    }

    /// Adds to a signal's captures what the first class makes of its text that knows it: kind, cause, scope, and the class's
    /// own captures, but for those that the signal has. Linear in the text.
    func classify(_ captures: inout [String: String], _ name: SignalName, in detail: ArraySlice<UInt8>) {
        guard let reader = readers[name] else { return }
        let text = Self.plain(detail)
        let bytes = text.span
        withScratch(reader.classes.count, of: false) { found in
            reader.automaton.forEachFound(in: bytes) { literal in
                for index in reader.owners[literal] { found[index] = true }
            }
            var (matcher, misses) = (TemplateMatcher(), TemplateMatcher())
            for index in found.indices where found[index] {
                let one = reader.classes[index]
                guard let template = one.templates.first(where: { matcher.matches($0, in: bytes) }),
                    !one.unless.contains(where: { misses.matches($0, in: bytes) })
                else { continue }
                Self.add(&captures, one, template, matcher, bytes)
                return
            }
        }
    }

    private static func add(
        _ captures: inout [String: String], _ one: SignalClass, _ template: Template,
        _ matcher: TemplateMatcher,
        _ text: Span<UInt8>
    ) {
        for (index, step) in template.steps.enumerated() {
            guard let name = step.name, captures[name] == nil else { continue }
            captures[name] = PlainText.elided(
                text.extracting(matcher.range(ofStep: index)), limit: SignalRules.captureLimit)
        }
        for (name, value) in one.constants where captures[name] == nil { captures[name] = value }
        captures["class"] = one.id
        captures["kind"] = one.kind.rawValue
        captures["cause"] = one.cause
        captures["scope"] = one.scope.rawValue
    }

    /// The text with the quotes of every level of quoting alike (Go quotes an error within an error once more: `\"`, `\\\"`),
    /// and without the middle of one that is too long: the end of a Go error is its cause.
    private static func plain(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let kept =
            text.count <= textLimit
            ? text : text.prefix(textLimit / 4) + text.suffix(textLimit - textLimit / 4)
        var plain = kept.contains(UInt8(ascii: "\\")) ? unquoted(kept)[...] : kept
        while let end = ends.first(where: { plain.span.has($0.span, at: plain.count - $0.count) }) {
            plain.removeLast(end.count)
        }
        return plain
    }

    private static func unquoted(_ kept: ArraySlice<UInt8>) -> [UInt8] {
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
        return plain
    }

    /// What wrappers put behind an error, and what is none of it: closing quotes and brackets, line ends (also as Go quotes
    /// them), gRPC's `unknown`.
    private static let ends: [[UInt8]] = ["\"", "\n", "\\n", " ", "]", ": unknown", ": <nil>"].map {
        Array($0.utf8)
    }
}
