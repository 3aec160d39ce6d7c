// SPDX-License-Identifier: Apache-2.0
import Diagnosis

/// A regular expression of RE2's syntax (Go's regexp/syntax, which node-problem-detector uses) as templates, as far as
/// templates reach: matching them takes time linear in the line. Alternatives become templates of their own.
struct RegexTemplates: Equatable {
    /// Why there is no such template.
    struct Problem: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    /// Most alternatives that are written out.
    static let limit = 32

    /// Any of these is the expression.
    private(set) var templates: [String] = []
    /// Where they take more, or less, than the expression did.
    private(set) var notes: [String] = []

    /// Reads an expression. `tiesEnd`: it must reach the end of the text, as node-problem-detector's must.
    init(_ expression: String, tiesEnd: Bool) throws(Problem) {
        var parser = RegexParser(expression)
        let alternatives = try parser.parse()
        for (index, rows) in alternatives.enumerated() {
            // What is put behind an expression belongs to its last alternative.
            let isTied = tiesEnd && index == alternatives.count - 1
            for pieces in rows {
                let text = try Self.template(pieces, tiesEnd: isTied)
                do { _ = try Template(text) } catch { throw Problem(description: "\(error)") }
                if !templates.contains(text) { templates.append(text) }
            }
        }
        guard templates.count <= Self.limit else { throw RegexParser.tooMany }
        notes = parser.notes
        if alternatives.joined().contains(where: Self.beginsWithSomething) {
            notes.append("what it begins with cannot be looked for: lines without that are taken, too")
        }
    }

    /// One part of an alternative.
    enum Piece: Equatable {
        case text(String)
        case gap(Template.Kind)
        case start
        case end
    }

    /// Whether it begins with something that is not text, such as digits: templates begin with text.
    private static func beginsWithSomething(_ pieces: [Piece]) -> Bool {
        guard case .gap(let kind) = pieces.first else { return false }
        return kind != .any
    }

    private static func template(_ pieces: [Piece], tiesEnd: Bool) throws(Problem) -> String {
        var pieces = pieces
        var isTiedAtStart = false
        var isTiedAtEnd = tiesEnd
        if pieces.first == .start {
            isTiedAtStart = true
            pieces.removeFirst()
        }
        if pieces.last == .end {
            isTiedAtEnd = true
            pieces.removeLast()
        }
        guard !pieces.contains(.start), !pieces.contains(.end) else {
            throw Problem(description: "^ or $ in the middle")
        }
        var merged = Self.merged(pieces)
        // A gap of anything at either end says nothing; one of something in front cannot be looked for.
        if case .gap(let kind) = merged.first, kind == .any || !isTiedAtStart {
            merged.removeFirst()
            isTiedAtStart = false
        }
        if merged.last == .gap(.any) {
            merged.removeLast()
            isTiedAtEnd = false
        }
        var text = merged.map(Self.text).joined()
        if isTiedAtStart { text = "^" + text } else if text.hasPrefix("^") { text = "^" + text }
        if isTiedAtEnd { text += "$" } else if text.hasSuffix("$") { text += "$" }
        return text
    }

    /// Neighbours put together: templates need plain text between two captures.
    private static func merged(_ pieces: [Piece]) -> [Piece] {
        var merged: [Piece] = []
        for piece in pieces {
            switch (merged.last, piece) {
            case (.text(let before), .text(let more)): merged[merged.count - 1] = .text(before + more)
            case (.gap, .gap): merged[merged.count - 1] = .gap(.any)
            default: merged.append(piece)
            }
        }
        return merged
    }

    private static func text(_ piece: Piece) -> String {
        switch piece {
        case .text(let text):
            text.reduce(into: "") { $0 += $1 == "{" || $1 == "}" ? "\($1)\($1)" : String($1) }
        case .gap(.any): "{}"
        case .gap(let kind): "{:\(kind.rawValue)}"
        case .start, .end: ""
        }
    }
}
