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
    /// Lines (from 1) of the `[[rule]]` headers.
    let headers: [Int]
    private let lines: [Substring]

    init(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        self.lines = lines
        headers = lines.indices.filter { Self.compact(lines[$0]).hasPrefix("[[rule]]") }.map { $0 + 1 }
    }

    /// The line of the rule's header; 1 where the rules are written in some other way.
    func line(ofRule ordinal: Int) -> Int { headers.indices.contains(ordinal) ? headers[ordinal] : 1 }

    /// The line of a key of that rule, else of the rule. `match.error` is looked for in its last part.
    func line(ofKey key: String, inRule ordinal: Int) -> Int {
        guard headers.indices.contains(ordinal) else { return 1 }
        let end = headers.indices.contains(ordinal + 1) ? headers[ordinal + 1] - 1 : lines.count
        let last = String(key.split(separator: ".").last ?? "")
        for index in headers[ordinal]..<end {
            let text = Self.compact(lines[index])
            for form in ["\(last)=", "\"\(last)\"=", ".\(last)="] where text.hasPrefix(form) {
                return index + 1
            }
            if text.contains("{\(last)=") || text.contains(",\(last)=") || text.contains(".\(last)=") {
                return index + 1
            }
            if text == "[rule.\(last)]" { return index + 1 }
        }
        return headers[ordinal]
    }

    private static func compact(_ line: Substring) -> String { line.filter { $0 != " " && $0 != "\t" } }
}
