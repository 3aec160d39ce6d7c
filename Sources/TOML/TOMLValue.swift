// SPDX-License-Identifier: Apache-2.0

/// A value of a TOML document.
public enum TOMLValue: Equatable, Sendable {
    /// A string of any of the four spellings.
    case string(String)
    /// A whole number.
    case integer(Int)
    /// A number with a point, an exponent, `inf` or `nan`.
    case float(Double)
    /// `true` or `false`.
    case boolean(Bool)
    /// A date, a time or both, as it is written.
    case dateTime(String)
    /// A list, or what `[[name]]` headers made.
    case array([TOMLValue])
    /// A table.
    case table(TOMLTable)

    /// The text of a string.
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The value of a whole number.
    public var int: Int? { if case .integer(let number) = self { number } else { nil } }
    /// The value of a boolean.
    public var bool: Bool? { if case .boolean(let flag) = self { flag } else { nil } }
    /// The items of a list.
    public var array: [TOMLValue]? { if case .array(let items) = self { items } else { nil } }
    /// The table.
    public var table: TOMLTable? { if case .table(let table) = self { table } else { nil } }

    /// What it is, in TOML's words.
    public var typeName: String {
        switch self {
        case .string: "string"
        case .integer: "integer"
        case .float: "float"
        case .boolean: "boolean"
        case .dateTime: "date-time"
        case .array: "array"
        case .table: "table"
        }
    }
}

/// A table of a TOML document, or the document.
public struct TOMLTable: Equatable, Sendable {
    /// Its keys, in the order in which they are first named.
    public let keys: [String]
    private let values: [String: TOMLValue]

    init(keys: [String], values: [String: TOMLValue]) {
        self.keys = keys
        self.values = values
    }

    /// Reads a document (TOML 1.0). Whatever the text holds, it ends: with a table or with the first fault, after time that
    /// grows with the length of the text, and with a stack that does not.
    public init(string: String) throws(TOMLParseError) {
        var parser = TOMLParser(Array(string.utf8))
        self = try parser.document()
    }

    /// The value of a key.
    public subscript(key: String) -> TOMLValue? { values[key] }
}

/// The first fault of a TOML document.
public struct TOMLParseError: Error, Equatable, CustomStringConvertible {
    /// Line, from 1.
    public let line: Int
    /// Column in bytes, from 1.
    public let column: Int
    /// What is wrong.
    public let description: String
}
