// SPDX-License-Identifier: Apache-2.0

/// Reads a line from left to right. Everything that takes something either takes all of it or nothing.
struct ByteCursor {
    let bytes: [UInt8]
    private(set) var at: Int

    init(_ bytes: [UInt8], at: Int = 0) {
        self.bytes = bytes
        self.at = at
    }

    var isAtEnd: Bool { at >= bytes.count }
    var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    /// The byte `distance` ahead.
    func peek(_ distance: Int) -> UInt8? {
        let index = at + distance
        return index >= 0 && index < bytes.count ? bytes[index] : nil
    }

    /// Takes a text; the whole of it must be there.
    mutating func take(_ text: StaticString) -> Bool {
        let size = text.utf8CodeUnitCount
        guard at + size <= bytes.count else { return false }
        let isThere = text.withUTF8Buffer { literal in
            for index in 0..<size where literal[index] != bytes[at + index] { return false }
            return true
        }
        if isThere { at += size }
        return isThere
    }

    /// A number of so many digits.
    mutating func number(_ digits: ClosedRange<Int>) -> Int64? {
        var (value, index) = (Int64(0), at)
        while index < bytes.count, bytes[index].isASCIIDigit, index - at < digits.upperBound {
            value = value * 10 + Int64(bytes[index] - 0x30)
            index += 1
        }
        guard index - at >= digits.lowerBound else { return nil }
        at = index
        return value
    }

    /// A TAI64N label (`@4000000065f18b791c4a5134 `), as multilog and s6-log write it, with the blank behind it.
    mutating func tai() {
        guard byte == UInt8(ascii: "@"), peek(25) == 0x20 else { return }
        let isLabel = bytes[(at + 1)..<(at + 25)].allSatisfy {
            $0.isASCIIDigit || (0x61...0x66).contains($0)
        }
        if isLabel { at += 26 }
    }

    /// Microseconds: the digits of a fraction, of which those past the sixth are dropped.
    mutating func fraction() -> Int64? {
        var (value, scale, index) = (Int64(0), Int64(100_000), at)
        while index < bytes.count, bytes[index].isASCIIDigit {
            value += Int64(bytes[index] - 0x30) * scale
            scale /= 10
            index += 1
        }
        guard index > at else { return nil }
        at = index
        return value
    }

    /// Blanks and tabs; how many there were.
    @discardableResult
    mutating func blanks() -> Int {
        let start = at
        while let byte, byte == 0x20 || byte == 0x09 { at += 1 }
        return at - start
    }

    /// What stands before the next blank.
    mutating func word() -> Range<Int> {
        let start = at
        while let byte, byte != 0x20, byte != 0x09 { at += 1 }
        return start..<at
    }

    mutating func move(to index: Int) { at = min(max(index, 0), bytes.count) }
}

extension UInt8 {
    var isASCIIDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isASCIILetter: Bool { self | 0x20 >= 0x61 && self | 0x20 <= 0x7A }
}

extension [UInt8] {
    /// Where `text` begins, at `start` or behind it. Linear for the short texts that are looked for.
    func place(of text: StaticString, from start: Int = 0) -> Int? {
        let size = text.utf8CodeUnitCount
        guard size > 0, count - start >= size else { return nil }
        return text.withUTF8Buffer { literal in
            var index = start
            while index <= count - size {
                if self[index] == literal[0] {
                    var length = 1
                    while length < size, self[index + length] == literal[length] { length += 1 }
                    if length == size { return index }
                }
                index += 1
            }
            return nil
        }
    }

    func contains(_ text: StaticString) -> Bool { place(of: text) != nil }

    func text(_ range: Range<Int>) -> String { String(decoding: self[range], as: UTF8.self) }
}
