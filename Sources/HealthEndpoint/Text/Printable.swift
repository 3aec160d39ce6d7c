// SPDX-License-Identifier: Apache-2.0

/// Makes hostile text fit for a terminal.
///
/// Log lines and versions come from anybody. What could move a cursor, recolour a terminal or reorder what is read
/// (control characters, escape sequences, bidi controls, zero-width characters) does not reach the reader.
enum Printable {
    /// Longest text that is looked at, in Unicode scalars; the rest is cut.
    static let limit = 4096

    /// One line of printable scalars: blanks for line breaks and other controls (a run of them is one blank), nothing
    /// for CSI sequences and invisible format characters. In commands, `keepingBlanks` keeps runs of plain blanks.
    static func scalars(_ text: String, limit: Int = limit, keepingBlanks: Bool = false) -> [Unicode.Scalar] {
        var out: [Unicode.Scalar] = []
        var iterator = text.unicodeScalars.makeIterator()
        var isAfterBlank = true
        while let scalar = iterator.next(), out.count < limit {
            switch kind(of: scalar) {
            case .visible:
                out.append(scalar)
                isAfterBlank = false
            case .blank:
                if !isAfterBlank || (keepingBlanks && scalar == " ") { out.append(" ") }
                isAfterBlank = true
            case .escape: skipSequence(&iterator)
            case .invisible: break
            }
        }
        while out.last == " " { out.removeLast() }
        return out
    }

    /// As ``scalars(_:limit:)``, as a string.
    static func line(_ text: String, limit: Int = limit) -> String { string(scalars(text, limit: limit)) }

    /// A string of these scalars.
    static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Columns that a scalar takes on a terminal: 2 for East Asian wide ones and emoji (the blocks of Unicode's
    /// EastAsianWidth.txt, roughly), else 1.
    static func columns(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0..<0x1100: 1
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1D300...0x1D37F, 0x1F200...0x1FAFF,
            0x20000...0x3FFFD:
            2
        // Watches, stars, check marks: wide where they are shown as pictures.
        default: scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }

    /// Columns of a whole text.
    static func columns(_ scalars: some Sequence<Unicode.Scalar>) -> Int {
        scalars.reduce(0) { $0 + columns($1) }
    }

    /// The text cut to so many columns; what was cut shows as `...`.
    static func cut(_ scalars: some Collection<Unicode.Scalar>, columns width: Int) -> [Unicode.Scalar] {
        guard columns(scalars) > width else { return Array(scalars) }
        let mark = min(3, max(width, 0))
        var out: [Unicode.Scalar] = []
        var used = 0
        for scalar in scalars {
            used += columns(scalar)
            if used > width - mark { break }
            out.append(scalar)
        }
        return out + Array(repeating: ".", count: mark)
    }

    /// The text on so many columns, with ` ... ` in its middle where it is longer: logs begin with who speaks and end with
    /// the reason. Long ids are cut to the twelve digits that crictl takes, too.
    static func squeezed(_ text: [Unicode.Scalar], columns width: Int) -> [Unicode.Scalar] {
        guard columns(text) > width else { return text }
        let text = shortened(text)
        let mark = Array(" ... ".unicodeScalars)
        guard columns(text) > width, width > 20 else { return cut(text, columns: width) }
        let tail = Array(words(text.reversed(), columns: (width - mark.count) * 3 / 5).reversed())
        return words(text, columns: width - mark.count - columns(tail)) + mark + tail
    }

    /// What fits, without a piece of a word at its end, unless that is a long one.
    private static func words(_ text: [Unicode.Scalar], columns width: Int) -> [Unicode.Scalar] {
        var used = 0
        let fitting = text.prefix { scalar in
            used += columns(scalar)
            return used <= width
        }
        let isWhole = fitting.count == text.count || text[fitting.count] == " "
        let end = isWhole ? fitting.endIndex : fitting.lastIndex(of: " ") ?? 0
        var words = end > 0 && fitting.count - end <= 8 ? Array(fitting[..<end]) : Array(fitting)
        while words.last == " " { words.removeLast() }
        return words
    }

    /// Hexadecimal ids of containers and sandboxes, and digests, with their first twelve digits.
    private static func shortened(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var out: [Unicode.Scalar] = []
        var digits = 0
        for scalar in text {
            let isDigit = ("0"..."9").contains(scalar) || ("a"..."f").contains(scalar)
            if !isDigit, digits >= 32 { out.removeLast(digits - 12) }
            digits = isDigit ? digits + 1 : 0
            out.append(scalar)
        }
        if digits >= 32 { out.removeLast(digits - 12) }
        return out
    }

    private enum Kind { case visible, blank, escape, invisible }

    private static func kind(of scalar: Unicode.Scalar) -> Kind {
        switch scalar.value {
        case 0x20: return .blank
        case 0x1B: return .escape
        case 0x21...0x7E: return .visible
        default: break
        }
        // Fillers and selectors, which have letters' categories; and a letter of Braille without a dot.
        if scalar.properties.isDefaultIgnorableCodePoint { return .invisible }
        if scalar.value == 0x2800 { return .blank }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator: return .blank
        case .format, .surrogate, .unassigned: return .invisible
        default: return .visible
        }
    }

    /// Skips the rest of `ESC [ … final` (ECMA-48 §5.4), at most 32 scalars. Any other escape loses only its ESC.
    private static func skipSequence(_ iterator: inout String.UnicodeScalarView.Iterator) {
        var ahead = iterator
        guard ahead.next() == "[" else { return }
        for _ in 0..<32 {
            guard let scalar = ahead.next(), (0x20...0x7E).contains(scalar.value) else { return }
            if (0x40...0x7E).contains(scalar.value) {
                iterator = ahead
                return
            }
        }
    }
}
