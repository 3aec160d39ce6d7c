// SPDX-License-Identifier: Apache-2.0

/// Strings as TOML 1.0 writes them.
enum TOMLText {
    /// A basic string.
    static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where !isShown(scalar): result += escape(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Whether a terminal shows it: neither a control nor anything invisible, by whichever a reader would be misled.
    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        guard !properties.isDefaultIgnorableCodePoint else { return false }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
            return false
        default: return true
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let isShort = scalar.value <= 0xFFFF
        return (isShort ? "\\u" : "\\U")
            + String(repeating: "0", count: (isShort ? 4 : 8) - digits.count) + digits
    }

    /// A key with a list, one item a line.
    static func list(_ key: String, _ items: [String]) -> String {
        "\(key) = [\n" + items.map { "    \(string($0)),\n" }.joined() + "]"
    }
}
