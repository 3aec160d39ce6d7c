// SPDX-License-Identifier: Apache-2.0
extension Duration {
    /// Whole microseconds, rounded towards zero; saturates at the ends of Int64.
    public var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return overflowed ? (seconds < 0 ? .min : .max) : sum
    }

    /// Seconds with their fraction.
    public var seconds: Double { Double(microseconds) / 1_000_000 }

    /// For people: `850 ms`, `1.5 s`, `42 s`, `7 min 3 s`, `3 h 20 min`, `2 d 4 h`.
    public var brief: String {
        let us = microseconds
        let magnitude = us.magnitude
        let sign = us < 0 ? "-" : ""
        if magnitude < 1_000_000 { return "\(sign)\(magnitude / 1000) ms" }
        if magnitude < 10_000_000 { return "\(sign)\(magnitude / 1_000_000).\(magnitude / 100_000 % 10) s" }
        let s = magnitude / 1_000_000
        if s < 60 { return "\(sign)\(s) s" }
        if s < 3600 { return "\(sign)\(s / 60) min" + (s % 60 == 0 ? "" : " \(s % 60) s") }
        if s < 86_400 { return "\(sign)\(s / 3600) h" + (s % 3600 / 60 == 0 ? "" : " \(s % 3600 / 60) min") }
        return "\(sign)\(s / 86_400) d" + (s % 86_400 / 3600 == 0 ? "" : " \(s % 86_400 / 3600) h")
    }
}

/// Stores a `Duration` as a number of milliseconds with their fraction, where it is encoded.
@propertyWrapper
public struct Milliseconds: Hashable, Codable, Sendable {
    /// The duration itself.
    public var wrappedValue: Duration

    /// Wraps a duration.
    public init(wrappedValue: Duration) { self.wrappedValue = wrappedValue }

    /// Decodes a number of milliseconds.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let value = try container.decode(Double.self)
        guard value.isFinite, abs(value) < 1e15 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a duration")
        }
        wrappedValue = .microseconds(Int64(value * 1000))
    }

    /// Encodes a number of milliseconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Double(wrappedValue.microseconds) / 1000)
    }
}
