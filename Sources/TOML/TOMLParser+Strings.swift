// SPDX-License-Identifier: Apache-2.0
extension TOMLParser {
    /// `"…"`
    mutating func basicString() throws(TOMLParseError) -> String {
        let start = place
        skip()
        var bytes: [UInt8] = []
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                skip()
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &bytes)
            default: bytes.append(try plain(byte))
            }
        }
        throw fault("this string is not closed", at: start)
    }

    /// `'…'`
    mutating func literalString() throws(TOMLParseError) -> String {
        let start = place
        skip()
        var bytes: [UInt8] = []
        while let byte = peek() {
            if byte == UInt8(ascii: "'") {
                skip()
                return String(decoding: bytes, as: UTF8.self)
            }
            bytes.append(try plain(byte))
        }
        throw fault("this string is not closed", at: start)
    }

    /// `"""…"""`
    mutating func multiLineBasic() throws(TOMLParseError) -> String {
        let start = place
        skip(3)
        _ = try skipLineEnd()
        var bytes: [UInt8] = []
        while let byte = peek() {
            if byte == UInt8(ascii: "\""), try isClosed(byte, &bytes) {
                return String(decoding: bytes, as: UTF8.self)
            } else if byte == UInt8(ascii: "\\") {
                if try !skipFoldedLines() { try escape(into: &bytes) }
            } else if try skipLineEnd() {
                bytes.append(0x0A)
            } else if byte != UInt8(ascii: "\"") {
                bytes.append(try plain(byte))
            }
        }
        throw fault("this string is not closed", at: start)
    }

    /// `'''…'''`
    mutating func multiLineLiteral() throws(TOMLParseError) -> String {
        let start = place
        skip(3)
        _ = try skipLineEnd()
        var bytes: [UInt8] = []
        while let byte = peek() {
            if byte == UInt8(ascii: "'"), try isClosed(byte, &bytes) {
                return String(decoding: bytes, as: UTF8.self)
            } else if try skipLineEnd() {
                bytes.append(0x0A)
            } else if byte != UInt8(ascii: "'") {
                bytes.append(try plain(byte))
            }
        }
        throw fault("this string is not closed", at: start)
    }

    /// Takes a run of quotes: three close the string, and up to two before them belong to it.
    private mutating func isClosed(_ quote: UInt8, _ bytes: inout [UInt8]) throws(TOMLParseError) -> Bool {
        var count = 0
        while peek() == quote, count < 6 {
            skip()
            count += 1
        }
        guard count < 6 else { throw fault("more than two quotes before the end of a string") }
        bytes.append(contentsOf: repeatElement(quote, count: count >= 3 ? count - 3 : count))
        return count >= 3
    }

    /// A backslash at the end of a line takes away all white space up to the next other byte.
    private mutating func skipFoldedLines() throws(TOMLParseError) -> Bool {
        var ahead = 1
        while let byte = peek(ahead), byte == 0x20 || byte == 0x09 { ahead += 1 }
        guard peek(ahead) == 0x0A || peek(ahead) == 0x0D && peek(ahead + 1) == 0x0A else { return false }
        skip(ahead)
        repeat { skipSpaces() } while try skipLineEnd()
        return true
    }

    private mutating func plain(_ byte: UInt8) throws(TOMLParseError) -> UInt8 {
        guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else {
            throw fault(
                byte == 0x0A || byte == 0x0D
                    ? "a string ends on its own line; write three quotes for more lines"
                    : "a string holds a control character")
        }
        skip()
        return byte
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(TOMLParseError) {
        let start = place
        skip()
        let letter = peek()
        skip()
        switch letter {
        case UInt8(ascii: "b")?: bytes.append(0x08)
        case UInt8(ascii: "t")?: bytes.append(0x09)
        case UInt8(ascii: "n")?: bytes.append(0x0A)
        case UInt8(ascii: "f")?: bytes.append(0x0C)
        case UInt8(ascii: "r")?: bytes.append(0x0D)
        case UInt8(ascii: "\"")?: bytes.append(0x22)
        case UInt8(ascii: "\\")?: bytes.append(0x5C)
        case UInt8(ascii: "u")?: bytes += try scalar(digits: 4, start)
        case UInt8(ascii: "U")?: bytes += try scalar(digits: 8, start)
        default:
            throw fault(
                "an escape that TOML does not know; a backslash is written \\\\, or the string in '…'",
                at: start)
        }
    }

    private mutating func scalar(digits count: Int, _ start: Int) throws(TOMLParseError) -> [UInt8] {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let byte = peek(), let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw fault("an escape of \(count) hex digits", at: start)
            }
            value = value << 4 | UInt32(digit)
            skip()
        }
        guard let scalar = UnicodeScalar(value) else { throw fault("an escape of no character", at: start) }
        return Array(String(Character(scalar)).utf8)
    }
}
