// SPDX-License-Identifier: Apache-2.0

/// Strings as TOML 1.0 writes them.
enum TOMLText {
    /// A basic string.
    static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A key with a list, one item a line.
    static func list(_ key: String, _ items: [String]) -> String {
        "\(key) = [\n" + items.map { "    \(string($0)),\n" }.joined() + "]"
    }
}
