// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// The beginning of a rule for lines that no rule knows: what stays the same in them, as templates.
public struct RuleSuggestion: Hashable, Sendable {
    /// A template, and the part of the line that it is for (`msg`, `error`).
    public struct Condition: Hashable, Sendable {
        /// The part.
        public var field: String
        /// The template.
        public var template: String
    }

    /// Most captures of a suggested template, and its longest text in bytes: its end is kept.
    private static let (captureLimit, textLimit) = (8, 160)

    /// From the words of the line: `site-exec-format-error`.
    public let id: String
    /// Who writes such lines, by the name that rules use; nil for a unit that none is for.
    public let emitter: String?
    /// The unit that wrote this one.
    public let unit: String
    /// Its level, in logrus' words.
    public let level: String?
    /// What the line must hold.
    public let conditions: [Condition]
    /// The line, with what changes in it masked; nil where it would not be known any more.
    public let example: String?

    /// Nil where nothing in the line stays the same.
    public init?(_ group: UnexplainedLines.Group) {
        let line = LogLine(group.example)
        var conditions: [Condition] = []
        if let template = Self.template(line.text) {
            conditions.append(Condition(field: "msg", template: template))
        }
        if let error = line["error"], let template = Self.template(error) {
            conditions.append(Condition(field: "error", template: template))
        }
        guard !conditions.isEmpty else { return nil }
        self.conditions = conditions
        id = Self.id(group.shape)
        emitter = Emitter.name(of: group.unit)
        unit = group.unit
        level = line.level
        example = Self.example(group.example, conditions)
    }

    private static func id(_ shape: String) -> String {
        let words = shape.split { !$0.isASCII || !$0.isLetter }.suffix(4).map { $0.lowercased() }
        return (["site"] + words).joined(separator: "-")
    }

    // MARK: Templates

    private static func template(_ text: ArraySlice<UInt8>) -> String? {
        var (pieces, captures, size) = ([String](), 0, 0)
        for piece in LineShape.pieces(text).reversed() {
            switch piece {
            case .text(let bytes):
                let left = textLimit - size
                pieces.append(escaped(bytes.count > left ? cut(bytes, to: left) : bytes))
                size += bytes.count
            case .word, .quoted:
                pieces.append("{}")
                captures += 1
            }
            if captures == captureLimit || size >= textLimit { break }
        }
        while pieces.last == "{}" { pieces.removeLast() }
        while pieces.first == "{}" { pieces.removeFirst() }
        var source = pieces.reversed().joined()
        if source.hasPrefix("^") { source = "^" + source }
        if source.hasSuffix("$") { source += "$" }
        guard let template = try? Template(source),
            template.literals.contains(where: { $0.count >= CompiledRule.leastLiteral })
        else { return nil }
        return source
    }

    /// The end of a text, from a word's beginning on.
    private static func cut(_ text: ArraySlice<UInt8>, to size: Int) -> ArraySlice<UInt8> {
        let end = text.suffix(max(0, size))
        guard let blank = end.firstIndex(of: UInt8(ascii: " ")) else { return end.suffix(0) }
        return end[(blank + 1)...]
    }

    private static func escaped(_ text: ArraySlice<UInt8>) -> String {
        String(decoding: text, as: UTF8.self).replacing("{", with: "{{").replacing("}", with: "}}")
    }

    // MARK: The example

    /// Letters of words that change become `x`, digits `0`.
    private static func example(_ line: String, _ conditions: [Condition]) -> String? {
        let bytes = Array(line.utf8)
        guard !line.contains("…") else { return nil }
        var masked: [UInt8] = []
        // klog's severity stands before digits.
        let head = Klog(bytes) == nil ? 0 : 1
        masked += bytes.prefix(head)
        var (at, isQuoted) = (head, false)
        while at < bytes.count {
            let isEscapedQuote =
                bytes[at] == UInt8(ascii: "\\") && at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "\"")
            if isEscapedQuote {
                isQuoted.toggle()
                masked += bytes[at...(at + 1)]
                at += 2
                continue
            }
            var end = at
            while end < bytes.count, LineShape.isWord(bytes[end]) { end += 1 }
            if end == at {
                masked.append(bytes[at])
                at += 1
            } else {
                let word = bytes[at..<end]
                let changes = isQuoted || word.contains { $0.isDigit || $0 == UInt8(ascii: "/") }
                masked += changes ? word.map(Self.mask) : Array(word)
                at = end
            }
        }
        let text = String(decoding: masked, as: UTF8.self)
        return isKnown(text, conditions) ? text : nil
    }

    private static func mask(_ byte: UInt8) -> UInt8 {
        if byte.isDigit { return UInt8(ascii: "0") }
        return byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x80 ? UInt8(ascii: "x") : byte
    }

    private static func isKnown(_ line: String, _ conditions: [Condition]) -> Bool {
        var parsed = LogLine(line)
        var matcher = TemplateMatcher()
        return conditions.allSatisfy { condition in
            guard let template = try? Template(condition.template), let part = parsed.part(condition.field)
            else {
                return false
            }
            return matcher.matches(template, in: part.span)
        }
    }
}
