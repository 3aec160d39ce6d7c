// SPDX-License-Identifier: Apache-2.0

/// The keys that rule files may hold.
enum RuleKeys {
    static let all = [
        "id", "signal", "noted", "emitter", "source", "units", "identifiers", "message-id", "fields",
        "template",
        "match",
        "unless", "level", "needs", "fallback", "set", "severity", "benign", "meaning", "clears", "examples",
        "counter-examples", "reference", "versions", "incident", "enabled",
    ]

    static let ofClass = [
        "id", "of", "kind", "cause", "scope", "template", "unless", "set", "meaning", "examples",
        "counter-examples",
        "reference", "versions", "enabled",
    ]

    static let incident = ["kind", "severity", "sentence", "count", "within", "clear", "quiet"]

    /// Small letters, digits and dashes; not empty, at most 80.
    static func isKebab(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 80
            && text.utf8.allSatisfy { $0.isDigit || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") }
    }
}
