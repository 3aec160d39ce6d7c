// SPDX-License-Identifier: Apache-2.0

/// Reads a TOML document: tables, headers, keys. Values and strings are in its extensions.
///
/// It has no assertion about its input: every byte is asked for by ``peek(_:)``, which has an answer beyond the end, too.
struct TOMLParser {
    /// Tables and arrays nest at most this deep, whether by brackets, headers or dotted keys.
    static let depthLimit = 64

    private let bytes: [UInt8]
    private(set) var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(TOMLParseError) -> TOMLTable {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
        let root = TOMLNode(.header)
        var current = root
        var depth = 0
        while true {
            try skipBlankLines()
            guard let byte = peek() else { return root.table() }
            if byte == UInt8(ascii: "[") {
                (current, depth) = try header(root)
            } else {
                try keyValue(into: current, depth: depth)
            }
            try endOfLine()
        }
    }

    // MARK: Headers

    private mutating func header(_ root: TOMLNode) throws(TOMLParseError) -> (TOMLNode, Int) {
        let start = place
        place += 1
        let isList = peek() == UInt8(ascii: "[")
        if isList { place += 1 }
        let path = try keyPath()
        try expect(UInt8(ascii: "]"), "a table's header ends with ]")
        if isList { try expect(UInt8(ascii: "]"), "the header of a list of tables ends with ]]") }
        var node = root
        for key in path.dropLast() {
            switch node[key] {
            case nil:
                let below = TOMLNode(.implied)
                node.add(key, .node(below))
                node = below
            case .node(let below)?: node = below
            case .list(let list)?: node = try last(of: list, start)
            case .value?: throw fault("\"\(key)\" is a value already", at: start)
            }
        }
        guard let key = path.last else { throw fault("a header needs a name", at: start) }
        return (try open(key, isList, in: node, start), path.count)
    }

    private func open(
        _ key: String, _ isList: Bool, in node: TOMLNode, _ start: Int
    ) throws(TOMLParseError) -> TOMLNode {
        let table = TOMLNode(.header)
        switch node[key] {
        case nil: node.add(key, isList ? .list(TOMLNodeList(table)) : .node(table))
        case .list(let list)? where isList: list.nodes.append(table)
        case .node(let implied)? where !isList && implied.origin == .implied:
            implied.origin = .header
            return implied
        default: throw fault("\"\(key)\" is there already", at: start)
        }
        return table
    }

    private func last(of list: TOMLNodeList, _ start: Int) throws(TOMLParseError) -> TOMLNode {
        guard let node = list.nodes.last else { throw fault("an empty list has no tables", at: start) }
        return node
    }

    // MARK: Keys

    mutating func keyValue(into table: TOMLNode, depth: Int) throws(TOMLParseError) {
        let start = place
        let path = try keyPath()
        guard depth + path.count <= Self.depthLimit else { throw tooDeep(start) }
        try expect(UInt8(ascii: "="), "a key is followed by =")
        skipSpaces()
        var node = table
        for key in path.dropLast() {
            switch node[key] {
            case nil:
                let below = TOMLNode(.dotted)
                node.add(key, .node(below))
                node = below
            case .node(let below)? where below.origin != .header:
                below.origin = .dotted
                node = below
            default: throw fault("\"\(key)\" is there already", at: start)
            }
        }
        guard let key = path.last, node[key] == nil else {
            throw fault("\"\(path.last ?? "")\" is there already", at: start)
        }
        node.add(key, .value(try value(depth: depth + path.count)))
    }

    private mutating func keyPath() throws(TOMLParseError) -> [String] {
        var path: [String] = []
        while true {
            skipSpaces()
            path.append(try key())
            guard path.count <= Self.depthLimit else { throw tooDeep(place) }
            skipSpaces()
            guard peek() == UInt8(ascii: ".") else { return path }
            place += 1
        }
    }

    private mutating func key() throws(TOMLParseError) -> String {
        switch peek() {
        case UInt8(ascii: "\"")?: return try basicString()
        case UInt8(ascii: "'")?: return try literalString()
        default: break
        }
        let start = place
        while let byte = peek(), Self.isBare(byte) { place += 1 }
        guard place > start else { throw fault("a key is missing here") }
        return text(from: start)
    }

    static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    // MARK: The text

    /// The byte that is `ahead` of the place; nil beyond the end.
    func peek(_ ahead: Int = 0) -> UInt8? {
        let index = place + ahead
        return index < bytes.count ? bytes[index] : nil
    }

    /// Whether these bytes come next.
    func isNext(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            place + word.count <= bytes.count && bytes[place..<place + word.count].elementsEqual(word)
        }
    }

    mutating func skip(_ count: Int = 1) { place = min(place + count, bytes.count) }

    /// What stands between a place that was passed and this one.
    func text(from start: Int) -> String { String(decoding: bytes[start..<place], as: UTF8.self) }

    mutating func expect(_ byte: UInt8, _ words: String) throws(TOMLParseError) {
        guard peek() == byte else { throw fault(words) }
        place += 1
    }

    mutating func skipSpaces() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 { place += 1 }
    }

    /// White space, line ends and comments.
    mutating func skipBlankLines() throws(TOMLParseError) {
        while true {
            skipSpaces()
            try skipComment()
            guard try skipLineEnd() else { return }
        }
    }

    private mutating func endOfLine() throws(TOMLParseError) {
        skipSpaces()
        try skipComment()
        guard try skipLineEnd() || peek() == nil else { throw fault("the line should end here") }
    }

    private mutating func skipComment() throws(TOMLParseError) {
        guard peek() == UInt8(ascii: "#") else { return }
        while let byte = peek(), byte != 0x0A {
            if byte == 0x0D, peek(1) == 0x0A { return }
            guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else {
                throw fault("a comment holds a control character")
            }
            place += 1
        }
    }

    mutating func skipLineEnd() throws(TOMLParseError) -> Bool {
        switch peek() {
        case 0x0A?: place += 1
        case 0x0D?:
            guard peek(1) == 0x0A else { throw fault("a carriage return without a line feed") }
            place += 2
        default: return false
        }
        return true
    }

    // MARK: Faults

    func fault(_ words: String, at offset: Int? = nil) -> TOMLParseError {
        let before = bytes.prefix(offset ?? place)
        let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return TOMLParseError(line: line, column: before.count - lineStart + 1, description: words)
    }

    func tooDeep(_ offset: Int) -> TOMLParseError {
        fault("tables and arrays nest deeper than \(Self.depthLimit)", at: offset)
    }
}
