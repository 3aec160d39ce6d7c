// SPDX-License-Identifier: Apache-2.0

/// What lines of one kind have in common: a text without what changes from line to line.
///
/// Words with digits, addresses and `key:value` become `#`, paths `/#`, quoted text `"…"`. Linear in the text. The end is what
/// is kept of a long one: an error chain ends in its root.
enum LineShape {
    /// Longest shape, in bytes.
    static let limit = 240
    /// A quote that closes later than this is none.
    private static let quoteLimit = 512

    /// A piece of a text.
    enum Piece: Hashable {
        case text(ArraySlice<UInt8>)
        /// A word, an address, a path.
        case word(isPath: Bool)
        /// The inside of quotes.
        case quoted
    }

    /// The shape of a line: of its message, and of its error behind it.
    static func of(_ line: LogLine) -> String {
        var bytes = masked(line.text)
        if let error = line["error"], !error.isEmpty { bytes += Array(": ".utf8) + masked(error) }
        return tail(bytes, limit: limit)
    }

    /// The last `limit` bytes, cut between characters and marked as cut.
    static func tail(_ bytes: [UInt8], limit: Int) -> String {
        guard bytes.count > limit else { return PlainText.clean(bytes, limit: limit) }
        var start = bytes.count - limit + 3
        while start < bytes.count, bytes[start] & 0xC0 == 0x80 { start += 1 }
        return "…" + PlainText.clean(bytes[start...], limit: limit)
    }

    private static func masked(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        for piece in pieces(text) {
            switch piece {
            case .text(let bytes): out += bytes
            case .word(let isPath): out += (isPath ? "/#" : "#").utf8
            case .quoted: out += "…".utf8
            }
        }
        return out
    }

    /// A text in pieces.
    static func pieces(_ text: ArraySlice<UInt8>) -> [Piece] {
        var pieces: [Piece] = []
        var (at, plain) = (text.startIndex, text.startIndex)
        func end(_ at: Int) { if plain < at { pieces.append(.text(text[plain..<at])) } }
        while at < text.endIndex {
            if text[at] == UInt8(ascii: "\""), let close = closing(text, at) {
                end(at + 1)
                if close > at + 1 { pieces.append(.quoted) }
                (at, plain) = (close + 1, close)
            } else if isWord(text[at]) {
                let word = word(text, at)
                if let piece = piece(word) {
                    end(at)
                    pieces.append(piece)
                    plain = word.endIndex
                }
                at = word.endIndex
            } else {
                at += 1
            }
        }
        end(text.endIndex)
        return pieces
    }

    private static func closing(_ text: ArraySlice<UInt8>, _ open: Int) -> Int? {
        let end = min(text.endIndex, open + quoteLimit)
        var at = open + 1
        while at < end {
            if text[at] == UInt8(ascii: "\\") { at += 1 } else if text[at] == UInt8(ascii: "\"") { return at }
            at += 1
        }
        return nil
    }

    /// What is one word, without the marks of a sentence at its end.
    private static func word(_ text: ArraySlice<UInt8>, _ start: Int) -> ArraySlice<UInt8> {
        var end = start
        while end < text.endIndex, isWord(text[end]) { end += 1 }
        while end > start + 1, text[end - 1] == UInt8(ascii: ":") || text[end - 1] == UInt8(ascii: ".") {
            end -= 1
        }
        return text[start..<end]
    }

    private static func piece(_ word: ArraySlice<UInt8>) -> Piece? {
        if word.count > 1, word.contains(UInt8(ascii: "/")) { return .word(isPath: true) }
        let changes = word.contains { $0.isDigit || word.count > 1 && $0 == UInt8(ascii: ":") }
        return changes ? .word(isPath: false) : nil
    }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"),
            UInt8(ascii: "@"), UInt8(ascii: "+"), UInt8(ascii: "%"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
