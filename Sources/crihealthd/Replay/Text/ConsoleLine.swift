// SPDX-License-Identifier: Apache-2.0

/// A line as logrus prints it on a terminal: `FATA[0010] starting kubelet: …`, `INFO[2023-12-18T13:14:00Z] serving...  a=b`.
///
/// Source: logrus `text_formatter.go` (`printColored`): four letters of the level, the seconds since the start or the time,
/// the message padded to 44 columns, and the fields.
enum ConsoleLine {
    private static let levels: [(letters: StaticString, level: StaticString)] = [
        ("INFO[", "info"), ("WARN[", "warning"), ("ERRO[", "error"), ("FATA[", "fatal"), ("DEBU[", "debug"),
        ("PANI[", "panic"), ("TRAC[", "trace"),
    ]

    /// The same in logrus' form of a file; nil where it is no such line.
    static func logfmt(_ line: [UInt8]) -> [UInt8]? {
        guard line.count > 8, line[4] == UInt8(ascii: "[") else { return nil }
        var cursor = ByteCursor(line)
        guard let level = levels.first(where: { cursor.take($0.letters) })?.level else { return nil }
        let start = cursor
        var head: [UInt8] = []
        if cursor.number(4...6) != nil, cursor.take("]") {
            // Seconds since its start: no time.
        } else {
            cursor = start
            guard cursor.isoTime() != nil else { return nil }
            head = Array("time=\"".utf8) + line[start.at..<cursor.at] + Array("\" ".utf8)
            guard cursor.take("]") else { return nil }
        }
        guard cursor.blanks() > 0 else { return nil }
        let rest = line[cursor.at...]
        let end = rest.indices.first { $0 + 1 < rest.endIndex && rest[$0] == 0x20 && rest[$0 + 1] == 0x20 }
        let message = rest[..<(end ?? rest.endIndex)]
        head += Array("level=".utf8) + level.withUTF8Buffer { Array($0) } + Array(" msg=\"".utf8)
        for byte in message {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { head.append(UInt8(ascii: "\\")) }
            head.append(byte)
        }
        head.append(UInt8(ascii: "\""))
        if let end {
            head.append(0x20)
            head.append(contentsOf: rest[end...].drop { $0 == 0x20 })
        }
        return head
    }
}
