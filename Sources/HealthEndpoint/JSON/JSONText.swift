import FoundationEssentials

/// JSON as every route and command writes it: keys in order, slashes as they are, one line break at the end.
public enum JSONText {
    /// The value as UTF-8. What is encoded holds strings, booleans and finite numbers only, so encoding does not fail;
    /// if it ever does, the answer is `null` and not a crash.
    public static func encode(_ value: some Encodable, pretty: Bool = false) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        guard let data = try? encoder.encode(value) else { return Array("null\n".utf8) }
        return Array(data) + [UInt8(ascii: "\n")]
    }
}
