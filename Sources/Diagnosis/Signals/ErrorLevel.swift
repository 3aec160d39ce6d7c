// SPDX-License-Identifier: Apache-2.0

/// Whether a line says of itself that something failed: by its own level, since runtimes log everything at `PRIORITY=6`.
enum ErrorLevel {
    /// A level of logrus stands within so many bytes of a line's beginning …
    private static let reach = 80
    /// … and behind `time="2006-01-02T15:04:05Z"`.
    private static let shortestTime = 27

    /// klog's `E` and `F`; logrus' `error`, `fatal` and `panic`, as text or as JSON.
    static func isError(_ message: Span<UInt8>) -> Bool {
        guard message.count > 12 else { return false }
        switch message[0] {
        case UInt8(ascii: "E"), UInt8(ascii: "F"):
            return message[1].isDigit && message[2].isDigit && message[3].isDigit && message[4].isDigit
                && message[5] == UInt8(ascii: " ")
        case UInt8(ascii: "t"): return level(message, behind: "level=", from: shortestTime, within: reach)
        case UInt8(ascii: "l"): return level(message, behind: "level=", from: 0, within: reach)
        case UInt8(ascii: "{"): return level(message, behind: "\"level\":\"", from: 0, within: 4096)
        default: return false
        }
    }

    private static func level(
        _ message: Span<UInt8>, behind key: StaticString, from first: Int, within reach: Int
    ) -> Bool {
        let size = key.utf8CodeUnitCount
        let end = min(message.count, reach) - size - 5
        guard end >= first else { return false }
        return key.withUTF8Buffer { key in
            for start in first...end where message[start] == key[0] {
                var length = 1
                while length < size, message[start + length] == key[length] { length += 1 }
                guard length == size else { continue }
                return isWord(message, at: start + size, "error")
                    || isWord(message, at: start + size, "fatal")
                    || isWord(message, at: start + size, "panic")
            }
            return false
        }
    }

    private static func isWord(_ message: Span<UInt8>, at start: Int, _ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            guard start + word.count <= message.count else { return false }
            for index in 0..<word.count where message[start + index] != word[index] { return false }
            return true
        }
    }
}
