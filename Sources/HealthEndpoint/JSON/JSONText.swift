// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// JSON as every route and command writes it: keys in order, slashes as they are, one line break at the end. What moves a
/// terminal or hides from a reader is written as `\uXXXX`: the values come from logs, and the text ends on terminals.
public enum JSONText {
    /// The value as UTF-8. What is encoded holds strings, booleans and finite numbers only, so encoding does not fail;
    /// if it ever does, the answer is `null` and not a crash.
    public static func encode(_ value: some Encodable, pretty: Bool = false) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        guard let data = try? encoder.encode(value) else { return Array("null\n".utf8) }
        return escaped(Array(data)) + [UInt8(ascii: "\n")]
    }

    /// The encoder escapes what JSON demands, U+0000 to U+001F, and no more.
    private static func escaped(_ json: [UInt8]) -> [UInt8] {
        guard json.contains(where: { $0 >= 0x7F }) else { return json }
        var out: [UInt8] = []
        out.reserveCapacity(json.count + json.count / 8)
        for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
            if scalar.isASCII, scalar != "\u{7F}" {
                out.append(UInt8(scalar.value))
            } else if isHarmless(scalar) {
                out += Array(String(scalar).utf8)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    out += Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
                }
            }
        }
        return out
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
        default: true
        }
    }
}
