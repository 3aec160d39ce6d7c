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
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: 1
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

    private enum Kind { case visible, blank, escape, invisible }

    private static func kind(of scalar: Unicode.Scalar) -> Kind {
        switch scalar.value {
        case 0x20: return .blank
        case 0x1B: return .escape
        case 0x21...0x7E: return .visible
        default: break
        }
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
