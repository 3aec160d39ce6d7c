// SPDX-License-Identifier: Apache-2.0

/// A place in the bytes of a document, and what stands there.
struct YAMLScanner {
    /// What is seen of a line that is not blank and not a comment.
    struct Line {
        var indent: Int
        var isListItem: Bool
        /// It has a key.
        var isMapping: Bool
    }

    /// A line that the place is on now.
    struct Content {
        var indent: Int
    }

    /// Deepest nesting of flow style that is read.
    static let deepest = 64

    let bytes: [UInt8]
    var place = 0
    /// A quote mark that has no end in the rest of the document.
    var unclosed: UInt8?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

    func byte(_ offset: Int) -> UInt8? { place + offset < bytes.count ? bytes[place + offset] : nil }

    mutating func skipByteOrderMark() {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
    }

    // MARK: Lines

    /// Goes to the first character of the next line that says something; called at the begin of a line.
    mutating func nextContentLine() -> Content? {
        while place < bytes.count {
            let start = place
            while peek == UInt8(ascii: " ") { place += 1 }
            let indent = place - start
            skipBlanks()
            if isAtLineEnd {
                skipLine()
                continue
            }
            return Content(indent: indent)
        }
        return nil
    }

    /// What the next line that says something looks like; the place stays before it.
    mutating func peekContentLine() -> Line? {
        while place < bytes.count {
            var look = self
            while look.peek == UInt8(ascii: " ") { look.place += 1 }
            let indent = look.place - place
            look.skipBlanks()
            if look.isAtLineEnd {
                skipLine()
                continue
            }
            if indent == 0, look.takeMarker("---") || look.takeMarker("...") { return nil }
            return Line(indent: indent, isListItem: look.isListItem, isMapping: look.hasKey)
        }
        return nil
    }

    /// At the end of a line, or at a comment.
    var isAtLineEnd: Bool {
        guard let byte = peek else { return true }
        if byte == UInt8(ascii: "#") { return place == 0 || bytes[place - 1].isYAMLSpace }
        return byte == 0x0A || byte == 0x0D
    }

    mutating func skipLine() {
        while let byte = peek {
            place += 1
            if byte == 0x0A { return }
        }
    }

    mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x09 { place += 1 }
    }

    /// `---` or `...`, and what is behind it blank.
    mutating func takeMarker(_ marker: StaticString) -> Bool {
        for index in 0..<3 where byte(index) != marker.utf8Start[index] { return false }
        guard byte(3)?.isYAMLSpace ?? true else { return false }
        place += 3
        skipBlanks()
        return true
    }

    /// `- item`.
    var isListItem: Bool { peek == UInt8(ascii: "-") && byte(1)?.isYAMLSpace ?? true }

    private var hasKey: Bool {
        var look = self
        return look.key() != nil
    }

    // MARK: Block style

    /// A key and its colon; nil where there is none on this line. The place is behind it then.
    mutating func key() -> String? {
        if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") {
            guard let text = quoted(onLine: true) else { return nil }
            skipBlanks()
            guard peek == UInt8(ascii: ":"), byte(1)?.isYAMLSpace ?? true else { return nil }
            place += 1
            skipBlanks()
            return text
        }
        let start = place
        while let byte = peek, byte != 0x0A {
            if byte == UInt8(ascii: ":"), self.byte(1)?.isYAMLSpace ?? true {
                let text = Self.text(bytes[start..<place])
                place += 1
                skipBlanks()
                return text
            }
            if byte == UInt8(ascii: "#"), place > start, bytes[place - 1].isYAMLSpace { break }
            place += 1
        }
        place = start
        return nil
    }

    /// Passes anchors and tags in front of a value.
    mutating func skipProperties() {
        while peek == UInt8(ascii: "&") || peek == UInt8(ascii: "!") {
            while let byte = peek, !byte.isYAMLSpace { place += 1 }
            skipBlanks()
        }
    }

    /// The rest of the line up to a comment, and the line's end.
    mutating func plainLine() -> String {
        let start = place
        while !isAtLineEnd { place += 1 }
        let text = Self.text(bytes[start..<place])
        skipLine()
        return text
    }

    /// The scalar behind `- `; nil for anything else. The place stays on the line.
    mutating func listItem() -> String? {
        place += 1
        skipBlanks()
        skipProperties()
        guard let first = peek, !isListItem, !"[{|>*?".utf8.contains(first) else { return nil }
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
            guard let text = quoted() else { return nil }
            skipBlanks()
            return isAtLineEnd ? text : nil
        }
        if hasKey { return nil }
        let start = place
        while !isAtLineEnd { place += 1 }
        return Self.text(bytes[start..<place])
    }

    /// Without blanks at its ends; what is not UTF-8 is replaced.
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        var bytes = bytes
        while let last = bytes.last, last.isYAMLSpace { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    /// A blank, a tab or a line's end.
    var isYAMLSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}
