// SPDX-License-Identifier: Apache-2.0

/// Where one value of a `key=value` pair stands, as logrus and klog write it, and how it is written. Its bytes are made
/// only for who asks.
struct LogValue: Hashable, Sendable {
    private enum Form: Hashable {
        /// The bytes are those of the line.
        case verbatim
        /// Within quotes, with escapes.
        case escaped
        /// klog's form of a value with line ends.
        case block
    }

    private let form: Form
    /// Within its quotes, if it has some.
    private let content: Range<Int>
    /// Where the line goes on.
    let end: Int

    /// Where its bytes are in the line, as they are written.
    var place: Range<Int> { content }

    /// Finds the value that starts at `start`: quoted, a klog block (`<` … `>`), braced, or a bare word.
    static func find(_ line: [UInt8], from start: Int) -> LogValue {
        guard start < line.count else {
            return LogValue(form: .verbatim, content: line.count..<line.count, end: line.count)
        }
        switch line[start] {
        case UInt8(ascii: "\""): return lenientlyQuoted(line, from: start)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let end = braced(line, from: start)
            return LogValue(form: .verbatim, content: start..<end, end: end)
        case UInt8(ascii: "<") where start + 1 < line.count && line[start + 1] == 0x0A:
            let end = block(line, from: start).end
            return LogValue(form: .block, content: start..<end, end: end)
        default:
            var end = start
            while end < line.count, !line[end].isLogSpace { end += 1 }
            return LogValue(form: .verbatim, content: start..<end, end: end)
        }
    }

    /// Finds a JSON value: a string, an object or an array, or a bare word up to what separates members.
    static func findJSON(_ line: [UInt8], from start: Int) -> LogValue {
        guard start < line.count, !"\"{[".utf8.contains(line[start]) else { return find(line, from: start) }
        var end = start
        while end < line.count, !line[end].isLogSpace, !",}]".utf8.contains(line[end]) { end += 1 }
        return LogValue(form: .verbatim, content: start..<end, end: end)
    }

    /// Finds a string in the form of Go's `strconv.Quote`; `start` is its opening quote.
    static func quoted(_ line: [UInt8], from start: Int) -> LogValue {
        var form = Form.verbatim
        var i = start + 1
        while i < line.count, line[i] != UInt8(ascii: "\"") {
            if line[i] == UInt8(ascii: "\\") {
                form = .escaped
                i += 1
            }
            i += 1
        }
        let close = min(i, line.count)
        return LogValue(form: form, content: (start + 1)..<close, end: min(close + 1, line.count))
    }

    /// The same where quotes within the value may not be escaped, as loggers before logrus 1.2 left them: the quote that
    /// closes it is followed by the line's end or by the next key. Without such a one the first quote closes it.
    static func lenientlyQuoted(_ line: [UInt8], from start: Int) -> LogValue {
        let strict = quoted(line, from: start)
        if closes(line, at: strict.end) { return strict }
        var i = strict.end
        while i < line.count {
            if line[i] == UInt8(ascii: "\\") {
                i += 2
                continue
            }
            if line[i] == UInt8(ascii: "\""), closes(line, at: i + 1) {
                return LogValue(form: strict.form, content: strict.content.lowerBound..<i, end: i + 1)
            }
            i += 1
        }
        return strict
    }

    /// Whether nothing follows, or the next `key=`.
    private static func closes(_ line: [UInt8], at end: Int) -> Bool {
        guard end < line.count else { return true }
        guard line[end].isLogSpace else { return false }
        var i = end
        while i < line.count, line[i].isLogSpace { i += 1 }
        let key = i
        while i < line.count, line[i].isKeyByte, i - key <= Logfmt.keyLimit { i += 1 }
        return i == line.count && i == key || i > key && i < line.count && line[i] == UInt8(ascii: "=")
    }

    /// All that follows, as it is.
    static func rest(of line: [UInt8], from start: Int) -> LogValue {
        LogValue(form: .verbatim, content: start..<line.count, end: line.count)
    }

    /// What it means, without quotes and escapes; `line` is the line that it was found in.
    func bytes(of line: [UInt8]) -> ArraySlice<UInt8> {
        switch form {
        case .verbatim: line[content]
        case .escaped: Self.unescaped(line[content])[...]
        case .block: Self.block(line, from: content.lowerBound).bytes[...]
        }
    }

    /// A struct or a JSON value: to the brace that closes it, quoted strings skipped; without one, to the
    /// line's end.
    private static func braced(_ line: [UInt8], from start: Int) -> Int {
        var depth = 0
        var inString = false
        var i = start
        while i < line.count {
            switch line[i] {
            case UInt8(ascii: "\\") where inString: i += 1
            case UInt8(ascii: "\""): inString.toggle()
            case UInt8(ascii: "{") where !inString, UInt8(ascii: "[") where !inString: depth += 1
            case UInt8(ascii: "}") where !inString, UInt8(ascii: "]") where !inString:
                depth -= 1
                if depth == 0 { return i + 1 }
            default: break
            }
            i += 1
        }
        return line.count
    }

    /// klog's form of a value with line ends: `<`, lines indented by a tab, ` >`
    /// (k8s.io/klog `internal/serialize/keyvalues.go`, `writeStringValue`).
    private static func block(_ line: [UInt8], from start: Int) -> (bytes: [UInt8], end: Int) {
        var out: [UInt8] = []
        var i = start + 2
        while i < line.count {
            if line[i] == UInt8(ascii: " "), i + 1 < line.count, line[i + 1] == UInt8(ascii: ">") {
                return (out, i + 2)
            }
            if line[i] == 0x09 { i += 1 }
            while i < line.count {
                let byte = line[i]
                i += 1
                if byte == 0x0A { break }
                out.append(byte)
            }
            if i < line.count, line[i] == 0x09 { out.append(0x0A) }
        }
        return (out, line.count)
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var i = text.startIndex
        while i < text.endIndex {
            let run = i
            while i < text.endIndex, text[i] != UInt8(ascii: "\\") { i += 1 }
            out += text[run..<i]
            guard i < text.endIndex else { break }
            guard i + 1 < text.endIndex else {
                out.append(text[i])
                break
            }
            i = unescape(text, at: i + 1, into: &out)
        }
        return out
    }

    /// Appends what the escape whose letter is at `at` stands for; the index behind it.
    ///
    /// What Go would not have written stays as it is: an unknown escape, and a number that stands for a
    /// printable ASCII character, but for the three that its JSON encoder escapes for HTML's sake. So plain text of a
    /// value is plain text of the line, which the prefilter rests on: it takes no literal that holds one of them.
    private static func unescape(_ text: ArraySlice<UInt8>, at: Int, into out: inout [UInt8]) -> Int {
        switch text[at] {
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "a"): out.append(0x07)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "v"): out.append(0x0B)
        case UInt8(ascii: "x"): return codePoint(text, at: at, digits: 2, into: &out)
        case UInt8(ascii: "u"): return codePoint(text, at: at, digits: 4, into: &out)
        case UInt8(ascii: "U"): return codePoint(text, at: at, digits: 8, into: &out)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(text[at])
        case let other: out += [UInt8(ascii: "\\"), other]
        }
        return at + 1
    }

    /// `<`, `>` and `&`, which encoding/json writes as `\u003c`, `\u003e` and `\u0026`.
    static let htmlCharacters: [UInt8] = Array("<>&".utf8)

    private static func codePoint(
        _ text: ArraySlice<UInt8>, at: Int, digits: Int, into out: inout [UInt8]
    ) -> Int {
        let end = at + 1 + digits
        guard end <= text.endIndex,
            text[(at + 1)..<end].allSatisfy(\.isHexDigit),
            let value = UInt32(String(decoding: text[(at + 1)..<end], as: UTF8.self), radix: 16),
            !(0x20...0x7E).contains(value) || value < 0x7F && htmlCharacters.contains(UInt8(value))
        else {
            out += [UInt8(ascii: "\\"), text[at]]
            return at + 1
        }
        if digits == 2 {
            out.append(UInt8(truncatingIfNeeded: value))
        } else {
            out.append(contentsOf: String(Unicode.Scalar(value).map(Character.init) ?? "\u{FFFD}").utf8)
        }
        return end
    }
}

extension UInt8 {
    /// What a key of logfmt consists of.
    fileprivate var isKeyByte: Bool {
        isDigit || (self | 0x20 >= 0x61 && self | 0x20 <= 0x7A) || self == UInt8(ascii: "_")
            || self == UInt8(ascii: "-") || self == UInt8(ascii: ".") || self == UInt8(ascii: "/")
    }
}
