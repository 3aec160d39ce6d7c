// SPDX-License-Identifier: Apache-2.0
import Diagnosis

/// Reads a regular expression into its alternatives, each a row of texts and gaps.
struct RegexParser {
    typealias Piece = RegexTemplates.Piece
    typealias Problem = RegexTemplates.Problem

    /// What one step of the expression is, before its quantifier.
    private enum Atom {
        /// A character, or a group: any of these rows.
        case rows([[Piece]])
        /// One character of a class; `isExact`: the kind takes what the class takes.
        case one(Template.Kind, isExact: Bool)
        /// Any character.
        case dot
        /// White space.
        case space
        /// `\b`.
        case nothing
    }

    /// Groups within groups that are followed.
    private static let depthLimit = 16

    private var rest: Substring.UnicodeScalarView
    private var depth = 0
    private(set) var notes: [String] = []

    init(_ expression: String) { rest = Substring(expression).unicodeScalars }

    /// The alternatives of the whole expression, each with those within it written out.
    mutating func parse() throws(Problem) -> [[[Piece]]] {
        var all = [try row()]
        while rest.first == "|" {
            rest.removeFirst()
            all.append(try row())
            guard all.count <= RegexTemplates.limit else { throw Self.tooMany }
        }
        guard rest.isEmpty else { throw Problem(description: "a ) without its (") }
        return all
    }

    private mutating func alternatives() throws(Problem) -> [[Piece]] {
        var rows = try row()
        while rest.first == "|" {
            rest.removeFirst()
            rows += try row()
            guard rows.count <= RegexTemplates.limit else { throw Self.tooMany }
        }
        return rows
    }

    static let tooMany = Problem(
        description: "more than \(RegexTemplates.limit) alternatives: write them out by hand")

    private mutating func row() throws(Problem) -> [[Piece]] {
        var rows: [[Piece]] = [[]]
        while let scalar = rest.first, scalar != "|", scalar != ")" {
            let more = try quantified(try atom())
            rows = rows.flatMap { row in more.map { row + $0 } }
            guard rows.count <= RegexTemplates.limit else { throw Self.tooMany }
        }
        return rows
    }

    // MARK: Atoms

    private mutating func atom() throws(Problem) -> Atom {
        guard let scalar = rest.popFirst() else { return .nothing }
        switch scalar {
        case "(": return .rows(try group())
        case "[": return try bracket()
        case ".": return .dot
        case "^": return .rows([[.start]])
        case "$": return .rows([[.end]])
        case "\\": return try escape()
        case "*", "+", "?": throw Problem(description: "\(scalar) behind nothing")
        case "\n", "\r": throw Self.severalLines
        default: return .rows([[.text(String(scalar))]])
        }
    }

    private static let severalLines = Problem(
        description: "it spans several lines; crihealthd looks at one entry at a time")

    private mutating func group() throws(Problem) -> [[Piece]] {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw Problem(description: "groups too deep in groups") }
        if rest.first == "?" {
            let head = String(String.UnicodeScalarView(rest.prefix { $0 != ":" && $0 != ">" && $0 != ")" }))
            let isNamed = head.hasPrefix("?P<") || head.hasPrefix("?<")
            guard head == "?" || isNamed else {
                throw Problem(description: "the flags (\(head))")
            }
            rest = rest.dropFirst(head.unicodeScalars.count + 1)
        }
        let rows = try alternatives()
        guard rest.popFirst() == ")" else { throw Problem(description: "a ( without its )") }
        return rows
    }

    private mutating func escape() throws(Problem) -> Atom {
        guard let scalar = rest.popFirst() else { throw Problem(description: "a \\ at the end") }
        switch scalar {
        case "d": return .one(.int, isExact: true)
        case "w": return .one(.word, isExact: false)
        case "S": return .one(.word, isExact: true)
        case "D", "W": return .one(.any, isExact: false)
        case "s": return .space
        case "b", "B":
            note("a word boundary (\\\(scalar)) was left out")
            return .nothing
        case "A": return .rows([[.start]])
        case "z": return .rows([[.end]])
        case "t": return .rows([[.text("\t")]])
        case "n", "r": throw Self.severalLines
        case _ where scalar.isASCII && !scalar.properties.isAlphabetic && !("0"..."9").contains(scalar):
            return .rows([[.text(String(scalar))]])
        default: throw Problem(description: "the escape \\\(scalar)")
        }
    }

    /// `[…]`, by what it allows: only digits, only hex digits, no white space, anything.
    private mutating func bracket() throws(Problem) -> Atom {
        var members: [Unicode.Scalar] = []
        while let scalar = rest.popFirst() {
            if scalar == "[", rest.first == ":" { throw Problem(description: "a class by its name ([:…:])") }
            if scalar == "]", !members.isEmpty, members != ["^"] {
                return Self.kind(of: String(String.UnicodeScalarView(members)))
            }
            members.append(scalar)
            if scalar == "\\", let next = rest.popFirst() { members.append(next) }
        }
        throw Problem(description: "a [ without its ]")
    }

    private static func kind(of members: String) -> Atom {
        switch members {
        case "0-9", "\\d": return .one(.int, isExact: true)
        case "0-9a-f", "a-f0-9", "0-9A-F", "A-F0-9", "0-9a-fA-F", "0-9A-Fa-f", "a-fA-F0-9":
            return .one(.hex, isExact: members.count > 6)
        case "^\\s", "^ ", "\\S": return .one(.word, isExact: members != "^ ")
        default: break
        }
        let mayBeSpace = members.contains(" ") || members.contains("\\s") || members.hasPrefix("^")
        return .one(mayBeSpace ? .any : .word, isExact: false)
    }

    // MARK: Quantifiers

    private mutating func quantified(_ atom: Atom) throws(Problem) -> [[Piece]] {
        guard let mark = rest.first, ["*", "+", "?", "{"].contains(mark) else { return single(atom) }
        if mark == "{" {
            let inside = rest.dropFirst().prefix { $0 != "}" }
            guard !inside.isEmpty, inside.allSatisfy({ ("0"..."9").contains($0) || $0 == "," }),
                inside.endIndex != rest.endIndex
            else { return single(atom) }
            rest = rest[inside.endIndex...].dropFirst()
        } else {
            rest.removeFirst()
        }
        if rest.first == "?" { rest.removeFirst() }
        return try repeated(atom, mark)
    }

    private mutating func single(_ atom: Atom) -> [[Piece]] {
        switch atom {
        case .rows(let rows): return rows
        case .one(let kind, _):
            note("a single character of a class became a row of them")
            return [[.gap(kind)]]
        case .dot:
            note("a dot that stands for any one character was taken as a dot")
            return [[.text(".")]]
        case .space: return [[.text(" ")]]
        case .nothing: return [[]]
        }
    }

    private mutating func repeated(_ atom: Atom, _ mark: Unicode.Scalar) throws(Problem) -> [[Piece]] {
        switch (atom, mark) {
        case (.rows(let rows), "?"): return rows + [[]]
        case (.rows(let rows), _):
            guard !rows.contains(where: { $0.contains(.start) || $0.contains(.end) }) else {
                throw Problem(description: "^ or $ in the middle")
            }
            note("a repeated part became a gap that takes anything")
            return [[.gap(.any)]]
        case (.one(let kind, let isExact), "+"):
            if !isExact { note("a row of a class's characters became any row without blanks, or a gap") }
            return [[.gap(kind)]]
        case (.one, _):
            note("a counted or optional class became a gap that takes anything")
            return [[.gap(.any)]]
        case (.dot, _): return [[.gap(.any)]]
        case (.space, "+"):
            note("white space became one blank")
            return [[.text(" ")]]
        case (.space, _): return [[.text(" ")], []]
        case (.nothing, _): return [[]]
        }
    }

    private mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }
}
