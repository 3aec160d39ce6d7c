// SPDX-License-Identifier: Apache-2.0

/// An ordered row of literals and captures: `listen {network:word} {address:word}: bind: address already in
/// use`.
///
/// It is looked for anywhere in a text, unless `^` ties it to the start or `$` to the end. `{name}` takes the
/// shortest text up to what follows (at the end: all the rest), `{name:word}` no white space, `{name:int}`
/// digits, `{name:hex}` hex digits; `{}` takes and forgets. `{{` and `}}` stand for braces, a leading `^^`
/// for `^`, a final `$$` for `$`. Matching never goes back over the text: its time is linear in it
/// (``TemplateMatcher``).
public struct Template: Hashable, Sendable {
    /// What a capture may hold.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Anything, also nothing.
        case any
        /// One or more bytes, none of them white space.
        case word
        /// One or more digits.
        case int
        /// One or more hex digits.
        case hex

        func accepts(_ byte: UInt8) -> Bool {
            switch self {
            case .any: true
            case .word: !byte.isLogSpace
            case .int: byte.isDigit
            case .hex: byte.isHexDigit
            }
        }
    }

    /// One capture, and the literal that ends it.
    struct Step: Hashable, Sendable {
        /// Nil: taken and forgotten.
        var name: String?
        var kind: Kind
        /// Empty only at the end of the template.
        var literal: [UInt8]
    }

    /// Why a template cannot be read.
    public enum Fault: Error, Hashable, Sendable {
        /// Nothing but captures: it would match everything.
        case noLiteral
        /// `{` without `}`.
        case unclosed
        /// `}` without `{`; a brace is written `}}`.
        case unopened
        /// Two captures with nothing between them.
        case adjacent
        /// Not a name: letters, digits and `_`.
        case name(String)
        /// Not one of ``Kind``.
        case kind(String)
        /// The same name twice.
        case duplicate(String)
        /// A template begins with a capture other than `any`, and no `^` says where.
        case floating
        /// More than ``stepLimit`` captures or ``lengthLimit`` bytes.
        case tooLong
    }

    /// Most captures of one template.
    static let stepLimit = 16
    /// Longest template, in bytes.
    static let lengthLimit = 2048

    /// As it was written.
    public let source: String
    /// What comes before the first capture; may be empty.
    let head: [UInt8]
    let steps: [Step]
    let anchoredStart: Bool
    let anchoredEnd: Bool

    /// Names of the captures, in order.
    public var captureNames: [String] { steps.compactMap(\.name) }

    /// The literals, in order.
    var literals: [[UInt8]] { ([head] + steps.map(\.literal)).filter { !$0.isEmpty } }
}

extension Template {
    /// Reads a template.
    public init(_ source: String) throws(Fault) {
        guard source.utf8.count <= Self.lengthLimit else { throw .tooLong }
        var bytes = Array(source.utf8)[...]
        let start = Self.takeAnchor(&bytes, UInt8(ascii: "^"), fromEnd: false)
        let end = Self.takeAnchor(&bytes, UInt8(ascii: "$"), fromEnd: true)
        var pieces: [(capture: (String?, Kind)?, literal: [UInt8])] = [(nil, [])]
        var names: Set<String> = []
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "{") where bytes.first == byte, UInt8(ascii: "}") where bytes.first == byte:
                bytes.removeFirst()
                pieces[pieces.count - 1].literal.append(byte)
            case UInt8(ascii: "{"):
                guard let close = bytes.firstIndex(of: UInt8(ascii: "}")) else { throw .unclosed }
                let capture = try Self.capture(bytes[..<close])
                bytes = bytes[(close + 1)...]
                if let name = capture.0, !names.insert(name).inserted { throw .duplicate(name) }
                if pieces.count > 1, pieces[pieces.count - 1].literal.isEmpty { throw .adjacent }
                pieces.append((capture, []))
            case UInt8(ascii: "}"): throw .unopened
            default: pieces[pieces.count - 1].literal.append(byte)
            }
        }
        guard pieces.count - 1 <= Self.stepLimit else { throw .tooLong }
        try self.init(source: source, pieces: pieces, start: start, end: end)
    }

    private init(
        source: String, pieces: [(capture: (String?, Kind)?, literal: [UInt8])], start: Bool, end: Bool
    ) throws(Fault) {
        self.source = source
        head = pieces[0].literal
        steps = pieces.dropFirst().map { piece in
            Step(name: piece.capture?.0, kind: piece.capture?.1 ?? .any, literal: piece.literal)
        }
        anchoredEnd = end
        anchoredStart = start || (head.isEmpty && steps.first?.kind == .any)
        guard !(head.isEmpty && steps.allSatisfy(\.literal.isEmpty)) || (start && end) else {
            throw .noLiteral
        }
        if head.isEmpty, !anchoredStart { throw .floating }
    }

    /// Takes an anchor off one end; a doubled one stays, once, as itself.
    private static func takeAnchor(_ bytes: inout ArraySlice<UInt8>, _ mark: UInt8, fromEnd: Bool) -> Bool {
        guard (fromEnd ? bytes.last : bytes.first) == mark else { return false }
        let rest = fromEnd ? bytes.dropLast() : bytes.dropFirst()
        let doubled = (fromEnd ? rest.last : rest.first) == mark
        bytes = rest
        return !doubled
    }

    private static func capture(_ inside: ArraySlice<UInt8>) throws(Fault) -> (String?, Kind) {
        let text = String(decoding: inside, as: UTF8.self)
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        guard name.utf8.allSatisfy({ $0.isDigit || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 == 0x5F })
        else { throw .name(name) }
        guard parts.count == 2 else { return (name.isEmpty ? nil : name, .any) }
        guard let kind = Kind(rawValue: String(parts[1])) else { throw .kind(String(parts[1])) }
        return (name.isEmpty ? nil : name, kind)
    }
}
