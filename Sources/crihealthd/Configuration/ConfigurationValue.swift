// SPDX-License-Identifier: Apache-2.0
import TOML

/// A value of the configuration, wherever it was written; knows how to be what a key wants.
enum ConfigurationValue: Equatable, Sendable {
    /// A string.
    case string(String)
    /// A whole number.
    case integer(Int)
    /// `true` or `false`.
    case boolean(Bool)
    /// A list.
    case array([ConfigurationValue])
    /// Anything that no key takes, by its TOML name.
    case other(String)

    /// Copies a TOML value.
    init(_ value: TOMLValue) {
        if let text = value.string {
            self = .string(text)
        } else if let number = value.int {
            self = .integer(number)
        } else if let flag = value.bool {
            self = .boolean(flag)
        } else if let array = value.array {
            self = .array(array.map { ConfigurationValue($0) })
        } else {
            self = .other(value.typeName)
        }
    }

    private var kind: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .boolean: "a boolean"
        case .array: "an array"
        case .other(let name): "a \(name)"
        }
    }

    func text() throws(WrongValue) -> String {
        guard case .string(let text) = self else {
            throw WrongValue("a string is expected here, not \(kind)")
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw WrongValue("control characters are not allowed here")
        }
        return text
    }

    /// Nil for the empty string.
    func optionalText() throws(WrongValue) -> String? {
        let text = try text()
        return text.isEmpty ? nil : text
    }

    func path() throws(WrongValue) -> String {
        let text = try text()
        guard text.hasPrefix("/") else { throw WrongValue("\"\(text)\" is not an absolute path") }
        return text
    }

    /// Nil for the empty string.
    func optionalPath() throws(WrongValue) -> String? {
        if case .string("") = self { return nil }
        return try path()
    }

    /// The path of a unix socket, with or without `unix://`.
    func endpoint() throws(WrongValue) -> String {
        let text = try text()
        let path = text.hasPrefix("unix://") ? String(text.dropFirst(7)) : text
        guard path.hasPrefix("/"), path.utf8.count <= 107 else {
            throw WrongValue(
                "\"\(text)\" is not a CRI endpoint; write \"unix:///run/containerd/containerd.sock\"")
        }
        return path
    }

    /// A host name (RFC 1123 §2.1), without a port.
    func hostName() throws(WrongValue) -> String {
        let text = try text()
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                        || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "-")
                }
        }
        guard isName, text.utf8.count <= 253 else {
            throw WrongValue("\"\(text)\" is not a host name; write \"node7.example\", without a port")
        }
        return text
    }

    /// The name of a service unit; `.service` may be left out.
    func unit() throws(WrongValue) -> String {
        let text = try text()
        let name = text.hasSuffix(".service") ? text : text + ".service"
        let allowed = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || ":-_.\\@".utf8.contains(byte)
        }
        guard allowed, name.utf8.count <= 255, text != ".service", !text.isEmpty else {
            throw WrongValue("\"\(text)\" is not the name of a service unit")
        }
        return name
    }

    func integer(in range: ClosedRange<Int>) throws(WrongValue) -> Int {
        guard case .integer(let number) = self else {
            throw WrongValue("an integer is expected here, not \(kind)")
        }
        guard range.contains(number) else {
            throw WrongValue("\(number) is out of range: \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func duration(in range: ClosedRange<Duration>) throws(WrongValue) -> Duration {
        if case .integer(let number) = self {
            throw WrongValue("a duration needs its unit: \"\(number)s\" or \"\(number)ms\"")
        }
        let text = try text()
        guard let duration = DurationText.parse(text) else {
            throw WrongValue("\"\(text)\" is not a duration; write \"10s\", \"500ms\" or \"1m30s\"")
        }
        guard range.contains(duration) else {
            let low = DurationText.format(range.lowerBound)
            let high = DurationText.format(range.upperBound)
            throw WrongValue("\"\(text)\" is out of range: \(low) to \(high)")
        }
        return duration
    }

    func flag() throws(WrongValue) -> Bool {
        guard case .boolean(let flag) = self else {
            throw WrongValue("true or false is expected here, not \(kind)")
        }
        return flag
    }

    func list() throws(WrongValue) -> [ConfigurationValue] {
        guard case .array(let items) = self else {
            throw WrongValue("an array is expected here, not \(kind); write [\"…\"]")
        }
        guard items.count <= 64 else { throw WrongValue("more than 64 items") }
        return items
    }

    func choice<Choice: RawRepresentable & CaseIterable>(of: Choice.Type) throws(WrongValue) -> Choice
    where Choice.RawValue == String {
        let text = try text()
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let meant = Suggestion.nearest(to: text, in: names).map { "; did you mean \"\($0)\"?" } ?? ""
        throw WrongValue("\"\(text)\" is not one of \(names.joined(separator: ", "))\(meant)")
    }
}
