// SPDX-License-Identifier: Apache-2.0

/// Text of strangers made fit for a terminal, for commands that print it.
public enum TerminalText {
    /// One line: no control characters, no escape sequences, no invisible characters; bounded.
    public static func line(_ text: String) -> String { Printable.line(text) }

    /// A page: the same of each of its lines, their blanks kept.
    public static func page(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { Printable.string(Printable.scalars(String($0), keepingBlanks: true)) }
            .joined(separator: "\n")
    }

    /// JSON: what a terminal would obey or hide is written as its escape, which means the same to who parses it.
    public static func json(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A, 0x20...0x7E, 0xA1...0x200A, 0x2010...0x2027, 0x202F...0x2065, 0x206A...0xFEFE,
                0xFF00...0xDFFFF:
                out.append(scalar)
            default:
                for unit in String(Character(scalar)).utf16 {
                    let digits = String(unit, radix: 16)
                    out.append(
                        contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
                            .unicodeScalars)
                }
            }
        }
        return String(out)
    }

    /// Words wrapped to `columns`, with a hanging indent; a word that is longer than a line is cut.
    public static func wrap(_ text: String, lead: String = "", indent: Int, columns: Int) -> String {
        var writer = TextWriter(width: columns)
        writer.paragraph(text, lead: lead, indent: indent)
        return writer.text
    }
}
