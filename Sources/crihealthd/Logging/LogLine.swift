// SPDX-License-Identifier: Apache-2.0
import Logging

/// One line of the daemon's own log: bounded, and free of control characters, whatever went into it.
enum LogLine {
    /// Longest line in bytes, without its newline.
    static let limit = 2048

    /// sd-daemon(3)'s priority of a level.
    static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// `message key=value …`, keys in order.
    static func text(_ message: String, _ metadata: [String: String]) -> String {
        var line = clean(message)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            let value = clean(value)
            let plain = !value.isEmpty && !value.contains { $0 == " " || $0 == "\"" || $0 == "=" }
            line += plain ? " \(key)=\(value)" : " \(key)=\"\(quoted(value))\""
        }
        return bounded(line)
    }

    private static func quoted(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if character == "\"" || character == "\\" { result.append("\\") }
            result.append(character)
        }
    }

    /// Control characters (C0, DEL, C1) and line separators become blanks.
    private static func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(limit) {
            let isControl =
                scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028
                || scalar.value == 0x2029
            scalars.append(isControl ? " " : scalar)
        }
        return String(scalars)
    }

    /// Cut at a whole character.
    private static func bounded(_ line: String) -> String {
        guard line.utf8.count > limit else { return line }
        var kept = line.utf8.index(line.utf8.startIndex, offsetBy: limit - 3)
        while kept.samePosition(in: line.unicodeScalars) == nil { kept = line.utf8.index(before: kept) }
        return line[..<kept] + "…"
    }
}
