// SPDX-License-Identifier: Apache-2.0

/// A point on CLOCK_MONOTONIC of one boot, in microseconds: never stepped, comparable only within that boot.
public struct MonotonicTime: Hashable, Comparable, Codable, Sendable {
    /// Microseconds since the boot's own start.
    public var microseconds: Int64

    /// Makes a point from microseconds of CLOCK_MONOTONIC.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// Earlier comes first.
    public static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }

    /// The point `d` later.
    public static func + (t: Self, d: Duration) -> Self {
        Self(microseconds: t.microseconds.addingClamped(d.microseconds))
    }

    /// The distance from `b` to `a`.
    public static func - (a: Self, b: Self) -> Duration {
        .microseconds(a.microseconds.subtractingClamped(b.microseconds))
    }

    /// Decodes a whole number of microseconds.
    public init(from decoder: any Decoder) throws {
        microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    /// Encodes a whole number of microseconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }
}

/// One instant on both clocks.
public struct Moment: Hashable, Codable, Sendable {
    /// For people.
    public var wall: WallTime
    /// For distances, within one boot.
    public var monotonic: MonotonicTime

    /// Makes an instant.
    public init(wall: WallTime, monotonic: MonotonicTime) {
        self.wall = wall
        self.monotonic = monotonic
    }
}
