// SPDX-License-Identifier: Apache-2.0

/// One line as logrus' text formatter writes it (containerd, CRI-O, dockerd): `time="…" level=info msg="…"
/// key=value`.
///
/// Values are bare or quoted as Go's `strconv.Quote` does it, so quotes nest by escaping; a quote that never
/// closes takes the rest of the line. Linear time; at most ``fieldLimit`` fields are read. Source:
/// sirupsen/logrus `text_formatter.go` (`appendValue`, `needsQuoting`).
struct Logfmt: Hashable, Sendable {
    /// One `key=value`.
    struct Field: Hashable, Sendable {
        var key: String
        var value: LogValue
    }

    /// More fields than this are not read.
    static let fieldLimit = 64
    /// Longer keys are no keys.
    static let keyLimit = 128

    var fields: [Field]

    /// Nil for a line that does not begin with one of logrus' fixed keys.
    init?(_ line: [UInt8]) {
        guard Self.starts.contains(where: { line.starts(with: $0) }) else { return nil }
        fields = Self.pairs(line, from: 0)
    }

    private static let starts: [[UInt8]] = ["time=", "level=", "ts="].map { Array($0.utf8) }

    /// Reads `key=value` pairs; bare words without `=` are passed over.
    static func pairs(_ line: [UInt8], from start: Int) -> [Field] {
        var fields: [Field] = []
        fields.reserveCapacity(8)
        var i = start
        while i < line.count, fields.count < fieldLimit {
            if line[i].isLogSpace {
                i += 1
                continue
            }
            let keyStart = i
            while i < line.count, line[i] != UInt8(ascii: "="), !line[i].isLogSpace { i += 1 }
            guard i < line.count, line[i] == UInt8(ascii: "="), i > keyStart, i - keyStart <= keyLimit else {
                i += 1
                continue
            }
            let value = LogValue.find(line, from: i + 1)
            fields.append(Field(key: String(decoding: line[keyStart..<i], as: UTF8.self), value: value))
            i = value.end
        }
        return fields
    }
}

extension [Logfmt.Field] {
    /// The first value of this key.
    subscript(key: String) -> LogValue? { first { $0.key == key }?.value }
}

extension UInt8 {
    /// A blank, a tab or a line end: what separates fields.
    var isLogSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}
