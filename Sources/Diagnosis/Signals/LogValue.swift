/// One value of a `key=value` pair, as logrus and klog write it.
struct LogValue {
    /// What it means: quotes and escapes are gone.
    var bytes: [UInt8]
    /// Where the line goes on.
    var end: Int

    /// Reads the value that starts at `start`: quoted, a klog block (`<` … `>`), braced, or a bare word.
    static func read(_ line: [UInt8], from start: Int) -> LogValue {
        guard start < line.count else { return LogValue(bytes: [], end: line.count) }
        switch line[start] {
        case UInt8(ascii: "\""): return quoted(line, from: start)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return braced(line, from: start)
        case UInt8(ascii: "<") where start + 1 < line.count && line[start + 1] == 0x0A:
            return block(line, from: start)
        default: return bare(line, from: start)
        }
    }

    /// Reads a string in the form of Go's `strconv.Quote`; `start` is its opening quote.
    static func quoted(_ line: [UInt8], from start: Int) -> LogValue {
        var out: [UInt8] = []
        var i = start + 1
        while i < line.count {
            let run = i
            while i < line.count, line[i] != UInt8(ascii: "\""), line[i] != UInt8(ascii: "\\") { i += 1 }
            out += line[run..<i]
            guard i < line.count else { break }
            if line[i] == UInt8(ascii: "\"") { return LogValue(bytes: out, end: i + 1) }
            guard i + 1 < line.count else {
                out.append(line[i])
                break
            }
            i = unescape(line, at: i + 1, into: &out)
        }
        return LogValue(bytes: out, end: line.count)
    }

    private static func bare(_ line: [UInt8], from start: Int) -> LogValue {
        var i = start
        while i < line.count, !line[i].isLogSpace { i += 1 }
        return LogValue(bytes: Array(line[start..<i]), end: i)
    }

    /// A struct or a JSON value: to the brace that closes it, quoted strings skipped; without one, to the
    /// line's end.
    private static func braced(_ line: [UInt8], from start: Int) -> LogValue {
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
                if depth == 0 { return LogValue(bytes: Array(line[start...i]), end: i + 1) }
            default: break
            }
            i += 1
        }
        return LogValue(bytes: Array(line[start...]), end: line.count)
    }

    /// klog's form of a value with line ends: `<`, lines indented by a tab, ` >`
    /// (k8s.io/klog `internal/serialize/keyvalues.go`, `writeStringValue`).
    private static func block(_ line: [UInt8], from start: Int) -> LogValue {
        var out: [UInt8] = []
        var i = start + 2
        while i < line.count {
            if line[i] == UInt8(ascii: " "), i + 1 < line.count, line[i + 1] == UInt8(ascii: ">") {
                return LogValue(bytes: out, end: i + 2)
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
        return LogValue(bytes: out, end: line.count)
    }

    /// Appends what the escape whose letter is at `at` stands for; the index behind it.
    ///
    /// What Go would not have written stays as it is: an unknown escape, and a number that stands for a
    /// printable ASCII character. So plain text of a value is plain text of the line, which the prefilter
    /// rests on.
    private static func unescape(_ line: [UInt8], at: Int, into out: inout [UInt8]) -> Int {
        switch line[at] {
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "a"): out.append(0x07)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "v"): out.append(0x0B)
        case UInt8(ascii: "x"): return codePoint(line, at: at, digits: 2, into: &out)
        case UInt8(ascii: "u"): return codePoint(line, at: at, digits: 4, into: &out)
        case UInt8(ascii: "U"): return codePoint(line, at: at, digits: 8, into: &out)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(line[at])
        case let other: out += [UInt8(ascii: "\\"), other]
        }
        return at + 1
    }

    private static func codePoint(_ line: [UInt8], at: Int, digits: Int, into out: inout [UInt8]) -> Int {
        let end = at + 1 + digits
        guard end <= line.count,
            line[(at + 1)..<end].allSatisfy(\.isHexDigit),
            let value = UInt32(String(decoding: line[(at + 1)..<end], as: UTF8.self), radix: 16),
            !(0x20...0x7E).contains(value)
        else {
            out += [UInt8(ascii: "\\"), line[at]]
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
