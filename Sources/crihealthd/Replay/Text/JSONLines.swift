// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthModel
import Systemd

/// Entries as `journalctl -o json`, `json-seq` and `json-pretty` print them.
struct JSONLines {
    /// An object that ends on a later line, or never.
    private static let limit = 4 << 20
    private static let separator: UInt8 = 0x1E

    private var object: [UInt8] = []

    /// Whether an object was begun on an earlier line.
    var isOpen: Bool { !object.isEmpty }

    /// Whether a line begins an entry.
    static func begins(_ line: [UInt8]) -> Bool {
        let line = line.first == separator ? line.dropFirst() : line[...]
        guard line.first == UInt8(ascii: "{") else { return false }
        return line.count == 1
            || (line.last == UInt8(ascii: "}") && Array(line.prefix(64 << 10)).contains("\"MESSAGE\""))
    }

    /// Whether a line can be one of the object that was begun: journalctl indents all of them, and ends it with a brace of its
    /// own. What only looks like the beginning of one must not swallow the log behind it.
    func goesOn(_ line: [UInt8]) -> Bool {
        line.first == 0x09 || line.first == 0x20 || line == [UInt8(ascii: "}")]
    }

    /// Forgets the object that was begun.
    mutating func drop() { object = [] }

    /// Takes a line; the entry that it completes.
    mutating func take(_ line: [UInt8]) -> [JournalEntry] {
        let line = line.first == Self.separator ? Array(line.dropFirst()) : line
        let isWhole = object.isEmpty && line.count > 1
        if object.count + line.count < Self.limit { object += line + [0x0A] }
        guard isWhole || line == [UInt8(ascii: "}")] else { return [] }
        defer { object = [] }
        return Self.entry(object).map { [$0] } ?? []
    }

    private static func entry(_ bytes: [UInt8]) -> JournalEntry? {
        guard JSONShape.isShallow(bytes),
            let fields = try? JSONDecoder().decode(
                [String: Value].self, from: Data(String(decoding: bytes, as: UTF8.self).utf8))
        else { return nil }
        var builder = JournalEntryBuilder()
        for (name, value) in fields {
            for text in value.texts {
                builder.add(name: name.utf8.span, value: text.span)
            }
        }
        return builder.build()
    }

    /// A field: text; bytes where it is no text; several of either; null where it was too long.
    private enum Value: Decodable {
        case text(String)
        case bytes([UInt8])
        case several([Value])
        case none

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let bytes = try? container.decode([UInt8].self) {
                self = .bytes(bytes)
            } else if let several = try? container.decode([Value].self) {
                self = .several(several)
            } else {
                self = .none
            }
        }

        var texts: [[UInt8]] {
            switch self {
            case .text(let text): [Array(text.utf8)]
            case .bytes(let bytes): [bytes]
            case .several(let values): values.prefix(64).flatMap(\.texts)
            case .none: []
            }
        }
    }
}

/// What an object of text may look like before a decoder looks at it.
private enum JSONShape {
    /// Whether nothing nests deeper than a field of several values of bytes.
    static func isShallow(_ bytes: [UInt8]) -> Bool {
        var (depth, inString, index) = (0, false, 0)
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\") where inString: index += 1
            case UInt8(ascii: "\""): inString.toggle()
            case UInt8(ascii: "{") where !inString, UInt8(ascii: "[") where !inString:
                depth += 1
                if depth > 4 { return false }
            case UInt8(ascii: "}") where !inString, UInt8(ascii: "]") where !inString: depth -= 1
            default: break
            }
            index += 1
        }
        return true
    }
}
