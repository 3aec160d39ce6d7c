// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Time spans of systemd.time(7): `2h 30min`, `1 day`, `90` (seconds).
enum TimeSpan {
    private static let units: [(names: [String], microseconds: Int64)] = [
        (["us", "usec"], 1), (["ms", "msec"], 1000), (["s", "sec", "second", "seconds"], 1_000_000),
        (["m", "min", "minute", "minutes"], 60_000_000), (["h", "hr", "hour", "hours"], 3_600_000_000),
        (["d", "day", "days"], 86_400_000_000), (["w", "week", "weeks"], 604_800_000_000),
        (["M", "month", "months"], 2_629_800_000_000), (["y", "year", "years"], 31_557_600_000_000),
    ]

    /// Reads a span; nil for anything else.
    static func parse(_ text: some StringProtocol) -> Duration? {
        var rest = Substring(text).drop { $0 == " " }
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count).drop { $0 == " " }
            let letters = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(letters.count).drop { $0 == " " }
            let unit =
                letters.isEmpty ? 1_000_000 : units.first { $0.names.contains(String(letters)) }?.microseconds
            guard digits.count <= 12, let number = Int64(digits), let unit else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: unit)
            let (sum, overflowed) = total.addingReportingOverflow(product)
            guard !overflow, !overflowed else { return nil }
            total = sum
        }
        return .microseconds(total)
    }
}
