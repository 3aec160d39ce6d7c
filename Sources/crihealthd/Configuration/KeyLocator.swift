// SPDX-License-Identifier: Apache-2.0

/// Finds where a TOML text sets a key: ``TOMLTable`` tells values, not their places.
///
/// Reads table headers and the keys left of `=`, outside of multi-line strings. A key of an inline table is
/// found at the key that holds the table.
struct KeyLocator {
    private var positions: [String: TextPosition] = [:]

    /// Reads the text once.
    init(_ text: String) {
        var section = ""
        var openQuote: UInt8?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            defer { Self.follow(line, &openQuote) }
            guard openQuote == nil else { continue }
            let indent = line.prefix { $0 == " " || $0 == "\t" }
            let body = line.dropFirst(indent.count)
            let position = TextPosition(line: index + 1, column: indent.utf8.count + 1)
            if body.hasPrefix("[") {
                section = Self.normal(body.drop { $0 == "[" }.prefix { $0 != "]" })
                note(section, position)
            } else if !body.hasPrefix("#"), let equals = body.firstIndex(of: "=") {
                let key = Self.normal(body[..<equals])
                note(section.isEmpty ? key : section + "." + key, position)
            }
        }
    }

    /// Where the dotted key is set, else where the nearest table around it begins.
    func position(of key: String) -> TextPosition? {
        var key = key[...]
        while true {
            if let found = positions[String(key)] { return found }
            guard let dot = key.lastIndex(of: ".") else { return nil }
            key = key[..<dot]
        }
    }

    private mutating func note(_ key: String, _ position: TextPosition) {
        if positions[key] == nil { positions[key] = position }
    }

    private static func normal(_ key: Substring) -> String {
        String(key.filter { $0 != " " && $0 != "\t" && $0 != "\"" && $0 != "'" })
    }

    /// Keeps track of whether a multi-line string is open at the end of this line.
    private static func follow(_ line: Substring, _ openQuote: inout UInt8?) {
        var mark: UInt8 = 0
        var run = 0
        for byte in line.utf8 {
            run = byte == mark ? run + 1 : 1
            mark = byte
            guard run == 3, mark == UInt8(ascii: "\"") || mark == UInt8(ascii: "'") else { continue }
            if openQuote == nil {
                openQuote = mark
            } else if openQuote == mark {
                openQuote = nil
            }
            run = 0
        }
    }
}
