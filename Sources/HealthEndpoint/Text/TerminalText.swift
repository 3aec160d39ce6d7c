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

    /// Words wrapped to `columns`, with a hanging indent; a word that is longer than a line is cut.
    public static func wrap(_ text: String, lead: String = "", indent: Int, columns: Int) -> String {
        var writer = TextWriter(width: columns)
        writer.paragraph(text, lead: lead, indent: indent)
        return writer.text
    }
}
