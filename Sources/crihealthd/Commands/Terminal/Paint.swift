// SPDX-License-Identifier: Apache-2.0

/// Colours the marks of a page: the verdict, how bad an incident is, how a condition stands. Words stay as they are.
enum Paint {
    /// SGR parameters of ECMA-48 §8.3.117.
    private enum Colour: String {
        case red = "1;31"
        case green = "32"
        case yellow = "33"
        case magenta = "35"
        case cyan = "36"
    }

    private static let words: [String: Colour] = [
        "HEALTHY": .green, "DEGRADED": .yellow, "UNHEALTHY": .red, "UNKNOWN": .magenta, "CRITICAL": .red,
        "WARNING": .yellow, "INFO": .cyan, "SUSPECT": .magenta, "RESOLVED": .green, "OPEN": .red,
        "BLOCKER": .red, "CLEAR": .green,
    ]
    private static let marks: [String: Colour] = [
        "[+]": .green, "[-]": .red, "[?]": .magenta, "[i]": .cyan,
    ]

    /// A page, where `isOn` with colours.
    static func page(_ text: String, isOn: Bool) -> String {
        guard isOn else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(line).joined(separator: "\n")
    }

    private static func line(_ line: Substring) -> String {
        let word = line.prefix { $0.isASCII && $0.isUppercase }
        if let colour = words[String(word)], line.dropFirst(word.count).first.map({ $0 == " " }) ?? true {
            return painted(word, colour) + line.dropFirst(word.count)
        }
        let indent = line.prefix { $0 == " " }
        let mark = line.dropFirst(indent.count).prefix(3)
        guard indent.count == 2, let colour = marks[String(mark)] else { return String(line) }
        return indent + painted(mark, colour) + line.dropFirst(indent.count + mark.count)
    }

    /// A text with the first place of one of the words coloured.
    static func marked(_ text: String, _ word: String, isOn: Bool) -> String {
        guard isOn, let colour = words[word], let range = text.firstRange(of: word) else { return text }
        return text[..<range.lowerBound] + painted(word, colour) + text[range.upperBound...]
    }

    private static func painted(_ text: some StringProtocol, _ colour: Colour) -> String {
        "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}
