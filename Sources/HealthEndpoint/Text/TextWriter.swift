// SPDX-License-Identifier: Apache-2.0

/// Writes plain text that never exceeds a width, whatever is put in.
struct TextWriter {
    /// Narrowest and widest page.
    static let widths = 40...200

    /// Where the text of a labelled field begins.
    static let fieldIndent = 10

    /// How far left a long command may begin.
    static let leastIndent = 4

    /// Columns of a line.
    let width: Int
    /// What was written.
    private(set) var text = ""
    private var endsWithBlankLine = true

    /// Lines that were written.
    var lines: Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }

    /// `width` is clamped to ``widths``.
    init(width: Int) {
        self.width = min(max(width, Self.widths.lowerBound), Self.widths.upperBound)
    }

    /// An empty line, unless there is one already.
    mutating func blank() {
        if !endsWithBlankLine { text += "\n" }
        endsWithBlankLine = true
    }

    /// One line; what does not fit is cut.
    mutating func line(_ content: String, indent: Int = 0) {
        emit(indent: indent, Printable.cut(Printable.scalars(content), columns: width - indent))
    }

    /// Columns with a blank between them on one line; blanks at the end of a column stay. What does not fit is cut.
    mutating func columns(_ columns: [String], last: String, indent: Int) {
        var row: [Unicode.Scalar] = []
        for column in columns where !column.isEmpty { row += Array(column.unicodeScalars) + [" "] }
        emit(indent: indent, Printable.cut(row + Printable.scalars(last), columns: width - indent))
    }

    /// One line that is told by its ends: `lead`, then what fits of the text's beginning and end.
    mutating func squeezed(_ content: String, lead: String) {
        let lead = Array(lead.unicodeScalars)
        emit(indent: 0, lead + Printable.squeezed(Printable.scalars(content), columns: width - lead.count))
    }

    /// Whether ``columns(_:last:indent:)`` would cut nothing.
    func fits(_ columns: [String], last: String, indent: Int) -> Bool {
        let used = columns.filter { !$0.isEmpty }.reduce(indent) { $0 + $1.unicodeScalars.count + 1 }
        return used + Printable.columns(Printable.scalars(last)) <= width
    }

    /// A paragraph: `lead` in front of the first line, wrapped words from column `indent` on, at most `maximum`
    /// lines (the last one then ends in `...`).
    mutating func paragraph(_ content: String, lead: String = "", indent: Int = 0, maximum: Int = 40) {
        var lead = Array(lead.unicodeScalars)
        if width - lead.count < 16, lead.count > indent {
            emit(indent: 0, Printable.cut(lead, columns: width))
            lead = []
        }
        let pad = [Unicode.Scalar](repeating: " ", count: max(0, indent - lead.count))
        let first = width - max(indent, lead.count)
        var lines = TextWrap.wrap(Printable.scalars(content), first: first, columns: width - indent)
        if lines.count > maximum {
            let rest = lines[(maximum - 1)...].joined(separator: CollectionOfOne(" "))
            lines.removeSubrange((maximum - 1)...)
            lines.append(Printable.cut(Array(rest), columns: lines.isEmpty ? first : width - indent))
        }
        emit(indent: 0, lead + pad + (lines.first ?? []))
        for line in lines.dropFirst() { emit(indent: indent, line) }
    }

    /// A labelled field: the label in columns 2 to 9, the text from ``fieldIndent`` on.
    mutating func field(_ label: String, _ content: String, maximum: Int = 40) {
        paragraph(
            content, lead: label.isEmpty ? "" : "  " + label, indent: Self.fieldIndent, maximum: maximum)
    }

    /// A command that can be pasted: whole on one line where it fits on the page, further left if need be; a longer one
    /// goes on after a backslash, never within quotes. One that cannot be shown whole is not shown at all: half a command
    /// is a wrong command.
    mutating func command(_ content: String, indent: Int) {
        let scalars = Printable.scalars(content, keepingBlanks: true)
        let room = width - Printable.columns(scalars)
        let start = room >= min(indent, Self.leastIndent) ? min(indent, room) : indent
        guard content.unicodeScalars.count <= Printable.limit,
            let lines = TextWrap.wrapCommand(scalars, columns: width - start)
        else {
            return line("(too long for this page: see the JSON)", indent: indent)
        }
        for (n, line) in lines.enumerated() { emit(indent: n == 0 ? start : start + 2, line) }
    }

    private mutating func emit(indent: Int, _ scalars: [Unicode.Scalar]) {
        var scalars = scalars[...]
        while scalars.last == " " { scalars.removeLast() }
        if !scalars.isEmpty {
            text += String(repeating: " ", count: indent)
            text.unicodeScalars.append(contentsOf: scalars)
        }
        text += "\n"
        endsWithBlankLine = scalars.isEmpty
    }
}

/// Breaks text into lines. Linear in the length of the text.
enum TextWrap {
    /// Breaks at blanks; the first line has `first` columns. A word that is longer than a line is cut.
    static func wrap(_ text: [Unicode.Scalar], first: Int, columns: Int) -> [[Unicode.Scalar]] {
        var lines: [[Unicode.Scalar]] = []
        var line: [Unicode.Scalar] = []
        var used = 0
        var available = first
        for word in text.split(separator: " ") {
            let isTooLong = used > 0 && used + 1 + Printable.columns(word) > available
            if isTooLong || (lines.isEmpty && used == 0 && first < columns && Printable.columns(word) > first)
            {
                lines.append(line)
                line = []
                used = 0
                available = columns
            }
            let word = Printable.cut(word, columns: available)
            let length = Printable.columns(word)
            if used > 0 {
                line.append(" ")
                used += 1
            }
            line += word
            used += length
        }
        if used > 0 { lines.append(line) }
        return lines
    }

    /// Breaks at blanks outside of quotes, with the shell's ` \` at the end of each line but the last. Lines after the
    /// first are meant to be indented by two more columns. Nil when a part is longer than a line.
    static func wrapCommand(_ text: [Unicode.Scalar], columns: Int) -> [[Unicode.Scalar]]? {
        guard Printable.columns(text) > columns else { return [text] }
        // A comment that does not fit is left out: folded, its second line would be a command.
        let parts = shellWords(text).prefix { $0.first { $0 != " " } != "#" }
        let whole = Array(parts.joined(separator: CollectionOfOne(" ")))
        guard Printable.columns(whole) > columns else { return [whole] }
        let available = columns - 4
        var lines: [[Unicode.Scalar]] = []
        var line: [Unicode.Scalar] = []
        var used = 0
        for part in parts {
            let length = Printable.columns(part)
            guard length <= available else { return nil }
            if used > 0, used + 1 + length > available {
                lines.append(line + [" ", "\\"])
                line = []
                used = 0
            }
            if used > 0 { line.append(" ") }
            used += length + (used > 0 ? 1 : 0)
            line += part
        }
        if used > 0 { lines.append(line) }
        return lines
    }

    /// Splits at blanks that no quote and no backslash protects.
    private static func shellWords(_ text: [Unicode.Scalar]) -> [ArraySlice<Unicode.Scalar>] {
        var words: [ArraySlice<Unicode.Scalar>] = []
        var start = text.startIndex
        var quote: Unicode.Scalar?
        var isEscaped = false
        for (n, scalar) in text.enumerated() {
            if isEscaped {
                isEscaped = false
            } else if scalar == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if scalar == open { quote = nil }
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
            } else if scalar == " " {
                if start < n { words.append(text[start..<n]) }
                start = n + 1
            }
        }
        if start < text.endIndex { words.append(text[start...]) }
        return words
    }
}
