// SPDX-License-Identifier: Apache-2.0

/// A request as routes see it: checked, decoded, without a body.
struct Request: Hashable, Sendable {
    /// Percent-decoded path, without a slash at its end (but `/` itself).
    var path: String
    /// Percent-decoded query items, in order; an item without `=` has an empty value.
    var query: [Item] = []
    /// The `Accept` headers, joined.
    var accept = ""
    /// The `If-None-Match` headers, joined.
    var ifNoneMatch = ""
    /// What a reader of events has already.
    var lastEventID: String?
    /// Whether root or this process' own user asks, on a unix socket.
    var isTrusted = false

    struct Item: Hashable, Sendable {
        var name: String
        var value: String
    }

    /// The value of the first item of that name.
    func value(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The values of all items of that name.
    func values(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }

    /// Whether a switch is on: `?verbose`, `?verbose=true`, `?verbose=1`; not `?verbose=false`, `?verbose=0`.
    func flag(_ name: String) -> Bool {
        guard let value = value(name) else { return false }
        return value != "false" && value != "0"
    }
}

/// Why a request target cannot be used.
enum TargetProblem: Error {
    /// Neither `/path` nor `http://authority/path`.
    case form
    /// A `%` without two hex digits, bytes that are not UTF-8, or control characters.
    case encoding
}

/// The request target of RFC 9112 §3.2, in origin form or absolute form.
struct RequestTarget {
    let path: String
    let query: [Request.Item]
    /// The authority of an absolute form: it overrides the `Host` header.
    let authority: String?

    init(_ target: String) throws(TargetProblem) {
        var rest = target.utf8[...]
        var authority: String?
        if !target.hasPrefix("/") {
            guard target.lowercased().hasPrefix("http://") else { throw .form }
            rest = rest.dropFirst(7)
            let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            authority = String(rest[..<end])
            rest = rest[end...]
        }
        let mark = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        var path = try Self.decoded(rest[..<mark])
        if path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path.isEmpty ? "/" : path
        var items: [Request.Item] = []
        for part in rest[mark...].dropFirst().split(separator: UInt8(ascii: "&")).prefix(64) {
            let equal = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            items.append(
                Request.Item(
                    name: try Self.decoded(part[..<equal]),
                    value: try Self.decoded(part[equal...].dropFirst())))
        }
        query = items
        self.authority = authority
    }

    /// The path of a target that may be a wrong one: as much as it takes to know how to say so.
    static func path(of target: String) -> String {
        if let target = try? RequestTarget(target) { return target.path }
        return String(target.prefix(16).prefix { $0 != "?" })
    }

    /// Percent-decoded once. `+` stays a plus sign (RFC 3986), so that `?since=…+01:00` works as it is typed.
    private static func decoded(_ bytes: Substring.UTF8View) throws(TargetProblem) -> String {
        var out: [UInt8] = []
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                out.append(byte)
                continue
            }
            guard let high = hex(iterator.next()), let low = hex(iterator.next()) else { throw .encoding }
            out.append(high << 4 | low)
        }
        guard let text = String(validating: out, as: UTF8.self),
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw .encoding }
        return text
    }

    private static func hex(_ byte: UInt8?) -> UInt8? {
        switch byte {
        case .some(let b) where (48...57).contains(b): b - 48
        case .some(let b) where (65...70).contains(b): b - 55
        case .some(let b) where (97...102).contains(b): b - 87
        default: nil
        }
    }
}
