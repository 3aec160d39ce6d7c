// SPDX-License-Identifier: Apache-2.0

/// Durations as people write them: `500ms`, `10s`, `1m30s`, `2h`, `7d`.
enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Reads a duration; nil for anything that is not a row of whole numbers, each with its unit.
    static func parse(_ text: String) -> Duration? {
        var rest = text[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(letters.count)
            guard digits.count <= 12, let number = Int64(digits),
                let unit = units.first(where: { $0.name == letters })
            else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
            let (sum, overflowed) = total.addingReportingOverflow(product)
            guard !overflow, !overflowed else { return nil }
            total = sum
            rest = rest.drop { $0 == " " }
        }
        return .milliseconds(total)
    }

    /// Writes it so that ``parse(_:)`` reads the same again; fractions of a millisecond are dropped.
    static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        if milliseconds % 1000 != 0 { return "\(milliseconds)ms" }
        for unit in units.reversed() where unit.name != "min" && unit.milliseconds > 1 {
            if milliseconds != 0, milliseconds % unit.milliseconds == 0 {
                return "\(milliseconds / unit.milliseconds)\(unit.name)"
            }
        }
        return "0s"
    }
}
