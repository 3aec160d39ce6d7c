// SPDX-License-Identifier: Apache-2.0

/// The text of one rule file.
public struct RuleDocument: Hashable, Sendable {
    /// A path, or a shipped file's name: what errors say.
    public var name: String
    /// TOML.
    public var text: String

    /// Makes a document.
    public init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}

/// Finds the lines that errors speak of. ``TOMLTable`` says where a syntax error is, and nothing about values.
struct RuleLines {
    /// Lines (from 1) of the headers.
    let headers: [Int]
    /// Lines (from 1) before which the entry of each header ends.
    private let ends: [Int]
    private let array: String
    private let lines: [Substring]

    /// Of the entries of one array: `rule`, `class`.
    init(_ text: String, of array: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        self.lines = lines
        self.array = array
        let all = lines.indices.filter { Self.compact(lines[$0]).hasPrefix("[[") }.map { $0 + 1 }
        headers = all.filter { Self.compact(lines[$0 - 1]).hasPrefix("[[\(array)]]") }
        ends = headers.map { header in all.first { $0 > header } ?? lines.count + 1 }
    }

    /// The line of the rule's header; 1 where the rules are written in some other way.
    func line(ofRule ordinal: Int) -> Int { headers.indices.contains(ordinal) ? headers[ordinal] : 1 }

    /// The line of a key of that rule, else of the rule. `match.error` is looked for in its last part.
    func line(ofKey key: String, inRule ordinal: Int) -> Int {
        guard headers.indices.contains(ordinal) else { return 1 }
        let end = ends[ordinal] - 1
        let last = String(key.split(separator: ".").last ?? "")
        for index in headers[ordinal]..<end {
            let text = Self.compact(lines[index])
            for form in ["\(last)=", "\"\(last)\"=", ".\(last)="] where text.hasPrefix(form) {
                return index + 1
            }
            if text.contains("{\(last)=") || text.contains(",\(last)=") || text.contains(".\(last)=") {
                return index + 1
            }
            if text == "[\(array).\(last)]" { return index + 1 }
        }
        return headers[ordinal]
    }

    private static func compact(_ line: Substring) -> String { line.filter { $0 != " " && $0 != "\t" } }
}
