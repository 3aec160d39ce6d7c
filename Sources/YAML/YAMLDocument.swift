// SPDX-License-Identifier: Apache-2.0

/// The outermost mapping of a YAML document (YAML 1.2; JSON is YAML too), as far as its values are scalars or lists of
/// scalars: what configuration files of kubelets, crictl and k3s say.
///
/// Block and flow style, quoted and plain scalars over several lines, comments, anchors and tags; block scalars, nested
/// mappings and aliases are passed over and known as ``Value/nested``. Only the first document of a stream is read, as
/// those programs do. Any bytes can be given: time is linear in them, nesting is bounded, and nothing is refused; what is
/// not YAML has fewer keys.
public struct YAMLDocument: Hashable, Sendable {
    /// A value of the outermost mapping.
    public enum Value: Hashable, Sendable {
        /// Plain or quoted; a plain `null` is no value and not there.
        case scalar(String)
        /// A sequence of scalars.
        case list([String])
        /// Anything else.
        case nested
    }

    /// The values by their keys; of a key that is there twice the last.
    public private(set) var values: [String: Value] = [:]

    /// Reads a document.
    public init(_ bytes: [UInt8]) {
        var reader = BlockReader(bytes)
        values = reader.read()
    }

    /// The scalar of this key; nil for none, and for an empty one.
    public func text(_ key: String) -> String? {
        guard case .scalar(let text) = values[key], !text.isEmpty else { return nil }
        return text
    }

    /// The scalars of this key's sequence; a scalar alone is a list of one, as k3s takes it.
    public func list(_ key: String) -> [String] {
        switch values[key] {
        case .list(let list): list
        case .scalar(let text): [text]
        case .nested, nil: []
        }
    }

    /// A boolean as Go's YAML reads it (YAML 1.1): `true`, `yes`, `on` and their opposites.
    public func flag(_ key: String) -> Bool? {
        switch text(key)?.lowercased() {
        case "true", "yes", "on", "y": true
        case "false", "no", "off", "n": false
        default: nil
        }
    }
}

/// Walks the lines of the outermost mapping in block style.
struct BlockReader {
    private var scanner: YAMLScanner
    private var values: [String: YAMLDocument.Value] = [:]
    /// Indentation of the outermost keys; nil before the first.
    private var base: Int?

    init(_ bytes: [UInt8]) { scanner = YAMLScanner(bytes) }

    mutating func read() -> [String: YAMLDocument.Value] {
        scanner.skipByteOrderMark()
        while let line = scanner.nextContentLine() {
            if line.indent == 0, scanner.takeMarker("---") {
                if base != nil { break }
                if scanner.isAtLineEnd { continue }
            } else if line.indent == 0, scanner.takeMarker("...") {
                break
            } else if base == nil, line.indent == 0, scanner.peek == UInt8(ascii: "%") {
                scanner.skipLine()
                continue
            }
            if base == nil, scanner.peek == UInt8(ascii: "{") { return scanner.flowMapping() ?? [:] }
            if !readEntry(indent: line.indent) { break }
        }
        return values
    }

    /// One key and its value; false where the mapping ends.
    private mutating func readEntry(indent: Int) -> Bool {
        let outermost = base ?? indent
        base = outermost
        guard indent <= outermost else {
            scanner.skipLine()
            return true
        }
        guard indent == outermost, !scanner.isListItem else { return false }
        guard let key = scanner.key() else {
            scanner.skipLine()
            return true
        }
        if let value = value(of: outermost) { values[key] = value } else { values[key] = nil }
        return true
    }

    /// What follows a key's colon; nil: no value.
    private mutating func value(of indent: Int) -> YAMLDocument.Value? {
        scanner.skipProperties()
        if scanner.isAtLineEnd {
            scanner.skipLine()
            return nestedValue(of: indent)
        }
        switch scanner.peek {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let text = scanner.quoted()
            scanner.skipLine()
            return text.map { .scalar($0) }
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            let value = scanner.flow()
            scanner.skipLine()
            return value
        case UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: "*"):
            scanner.skipLine()
            skipNested(indent)
            return .nested
        default:
            var text = scanner.plainLine()
            while let line = scanner.peekContentLine(), line.indent > indent {
                _ = scanner.nextContentLine()
                text += " " + scanner.plainLine()
            }
            return Self.isNull(text) ? nil : .scalar(text)
        }
    }

    /// What stands on the lines below a key.
    private mutating func nestedValue(of indent: Int) -> YAMLDocument.Value? {
        guard let line = scanner.peekContentLine() else { return nil }
        // A sequence may stand as far left as its key.
        if line.indent >= indent, line.isListItem { return list(at: line.indent) }
        guard line.indent > indent else { return nil }
        if line.isMapping {
            skipNested(indent)
            return .nested
        }
        _ = scanner.nextContentLine()
        return value(of: indent)
    }

    private mutating func list(at indent: Int) -> YAMLDocument.Value {
        var items: [String] = []
        var isPlain = true
        while let line = scanner.peekContentLine(), line.indent >= indent {
            guard line.indent == indent else {
                isPlain = false
                _ = scanner.nextContentLine()
                scanner.skipLine()
                continue
            }
            guard line.isListItem else { break }
            _ = scanner.nextContentLine()
            if let item = scanner.listItem() { items.append(item) } else { isPlain = false }
            scanner.skipLine()
        }
        return isPlain ? .list(items) : .nested
    }

    private mutating func skipNested(_ indent: Int) {
        while let line = scanner.peekContentLine(), line.indent > indent {
            _ = scanner.nextContentLine()
            scanner.skipLine()
        }
    }

    static func isNull(_ text: String) -> Bool { ["", "~", "null", "Null", "NULL"].contains(text) }
}
