// SPDX-License-Identifier: Apache-2.0
extension FixedWidthInteger {
    /// Counts on, up to the end of the type.
    public mutating func increment(by more: Self = 1) { self = addingClamped(more) }

    /// The sum, or the end of the type where it does not fit: for numbers that came from outside, which must not trap.
    public func addingClamped(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, likewise.
    public func subtractingClamped(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    /// The product, likewise.
    public func multipliedClamped(by other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) != (other < 0) ? .min : .max) : product
    }
}
