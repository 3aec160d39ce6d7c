// SPDX-License-Identifier: Apache-2.0

/// Flow style and quoted scalars.
extension YAMLScanner {
    /// The entries of a mapping in braces; nil where it does not end.
    mutating func flowMapping() -> [String: YAMLDocument.Value]? {
        var values: [String: YAMLDocument.Value] = [:]
        place += 1
        while true {
            skipFlowSpace()
            guard let byte = peek else { return nil }
            if byte == UInt8(ascii: "}") {
                place += 1
                return values
            }
            if byte == UInt8(ascii: ",") {
                place += 1
                continue
            }
            guard let key = flowScalar() else { return nil }
            skipFlowSpace()
            values[key.text] = nil
            guard peek == UInt8(ascii: ":") else { continue }
            place += 1
            skipFlowSpace()
            if peek == UInt8(ascii: ",") || peek == UInt8(ascii: "}") { continue }
            guard let value = flow() else { return nil }
            if value != .scalar("") { values[key.text] = value }
        }
    }

    /// A value in flow style; an empty scalar for null, nil where it does not end.
    mutating func flow() -> YAMLDocument.Value? {
        skipProperties()
        switch peek {
        case UInt8(ascii: "["): return flowList()
        case UInt8(ascii: "{"): return skipFlow() ? .nested : nil
        case UInt8(ascii: "*"): return flowScalar().map { _ in .nested }
        default:
            guard let scalar = flowScalar() else { return nil }
            return .scalar(!scalar.isQuoted && BlockReader.isNull(scalar.text) ? "" : scalar.text)
        }
    }

    private mutating func flowList() -> YAMLDocument.Value? {
        let start = place
        var items: [String] = []
        place += 1
        while true {
            skipFlowSpace()
            switch peek {
            case nil: return nil
            case UInt8(ascii: "]"):
                place += 1
                return .list(items)
            case UInt8(ascii: ","): place += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ":"):
                place = start
                return skipFlow() ? .nested : nil
            default:
                guard let item = flowScalar() else { return nil }
                items.append(item.text)
            }
        }
    }

    /// Passes a collection by its brackets; false where it does not end, or is too deep.
    private mutating func skipFlow() -> Bool {
        var depth = 0
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                place += 1
                guard depth <= Self.deepest else { return false }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                place += 1
                if depth == 0 { return true }
            case UInt8(ascii: "\""), UInt8(ascii: "'"): if quoted() == nil { return false }
            default: place += 1
            }
        }
        return false
    }

    private mutating func flowScalar() -> (text: String, isQuoted: Bool)? {
        if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") { return quoted().map { ($0, true) } }
        let start = place
        while let byte = peek, !",[]{}".utf8.contains(byte), !(byte == UInt8(ascii: "#") && isAtLineEnd) {
            if byte == UInt8(ascii: ":") {
                guard let next = self.byte(1), !next.isYAMLSpace, !",[]{}".utf8.contains(next) else { break }
            }
            place += 1
        }
        guard place > start else { return nil }
        return (Self.text(bytes[start..<place]), false)
    }

    /// Blanks, line ends and comments.
    private mutating func skipFlowSpace() {
        while let byte = peek {
            if byte.isYAMLSpace {
                place += 1
            } else if byte == UInt8(ascii: "#"), isAtLineEnd {
                skipLine()
            } else {
                return
            }
        }
    }

    // MARK: Quotes

    /// A scalar in double or single quotes; nil where it does not end. Line ends within are folded.
    ///
    /// - Parameter onLine: Whether it must end on this line, as a key must.
    mutating func quoted(onLine: Bool = false) -> String? {
        guard let quote = peek, quote != unclosed else { return nil }
        let start = place
        place += 1
        var text: [UInt8] = []
        while let byte = peek {
            place += 1
            if byte == quote {
                guard quote == UInt8(ascii: "'"), peek == quote else {
                    return String(decoding: text, as: UTF8.self)
                }
                place += 1
                text.append(quote)
            } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                escape(into: &text)
            } else if byte == 0x0A {
                if onLine {
                    place = start
                    return nil
                }
                fold(into: &text)
            } else if byte != 0x0D {
                text.append(byte)
            }
        }
        // It is not looked for again.
        unclosed = quote
        place = start
        return nil
    }

    /// A line's end is a blank, and an empty line a line's end.
    private mutating func fold(into text: inout [UInt8]) {
        while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
        var ends = 0
        while let byte = peek, byte.isYAMLSpace {
            if byte == 0x0A { ends += 1 }
            place += 1
        }
        text += ends == 0 ? [0x20] : [UInt8](repeating: 0x0A, count: ends)
    }

    private mutating func escape(into text: inout [UInt8]) {
        guard let letter = peek else { return }
        place += 1
        switch letter {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"), 0x09: text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "0"): text.append(0)
        case UInt8(ascii: "e"): text.append(0x1B)
        case UInt8(ascii: "x"): codePoint(digits: 2, into: &text)
        case UInt8(ascii: "u"): codePoint(digits: 4, into: &text)
        case UInt8(ascii: "U"): codePoint(digits: 8, into: &text)
        case 0x0A: while let byte = peek, byte == 0x20 || byte == 0x09 { place += 1 }
        default: text.append(letter)
        }
    }

    private mutating func codePoint(digits: Int, into text: inout [UInt8]) {
        let end = min(place + digits, bytes.count)
        let digits = String(decoding: bytes[place..<end], as: UTF8.self)
        let scalar = UInt32(digits, radix: 16).flatMap { Unicode.Scalar($0) } ?? "\u{FFFD}"
        place = end
        text += Array(String(Character(scalar)).utf8)
    }
}
