// SPDX-License-Identifier: Apache-2.0

/// One line as logrus' and zap's JSON formatters write it (containerd's `[debug] format = "json"`, CRI-O's
/// `log_format`, the kubelet's `--logging-format=json`): `{"level":"error","msg":"…","time":"…"}`.
///
/// The members of the first level, in their order; what is below them is one value. Linear time, bounded like
/// ``Logfmt``. Source: sirupsen/logrus `json_formatter.go`, encoding/json `encode.go` (`appendString`).
struct JSONLine: Hashable, Sendable {
    /// The members.
    var fields: [Logfmt.Field]

    /// Nil for a line that is no object with a message.
    init?(_ line: [UInt8]) {
        guard line.first == UInt8(ascii: "{") else { return nil }
        fields = Self.members(line)
        guard fields["msg"] != nil else { return nil }
    }

    private static func members(_ line: [UInt8]) -> [Logfmt.Field] {
        var fields: [Logfmt.Field] = []
        fields.reserveCapacity(8)
        var i = 1
        while i < line.count, fields.count < Logfmt.fieldLimit {
            skip(line, &i) { $0.isLogSpace || $0 == UInt8(ascii: ",") }
            guard i < line.count, line[i] == UInt8(ascii: "\"") else { break }
            let key = LogValue.quoted(line, from: i)
            i = key.end
            skip(line, &i) { $0.isLogSpace }
            guard i < line.count, line[i] == UInt8(ascii: ":") else { break }
            i += 1
            skip(line, &i) { $0.isLogSpace }
            let value = LogValue.findJSON(line, from: i)
            let name = key.bytes(of: line)
            if name.count <= Logfmt.keyLimit {
                fields.append(Logfmt.Field(key: String(decoding: name, as: UTF8.self), value: value))
            }
            guard value.end > i else { break }
            i = value.end
        }
        return fields
    }

    private static func skip(_ line: [UInt8], _ i: inout Int, _ isSkipped: (UInt8) -> Bool) {
        while i < line.count, isSkipped(line[i]) { i += 1 }
    }
}
