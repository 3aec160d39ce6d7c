// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Lets an inquiry pass unless the same one passed a moment ago.
struct InquiryGate: Sendable {
    /// How soon the same inquiry passes again.
    static let interval: Duration = .seconds(1)
    /// Most inquiries that are remembered; beyond it none passes until one is forgotten.
    static let limit = 256

    private var passed: [Inquiry: MonotonicTime] = [:]

    /// Whether this one may be asked now.
    mutating func admit(_ inquiry: Inquiry, at now: MonotonicTime) -> Bool {
        if let last = passed[inquiry], now - last < Self.interval { return false }
        if passed.count >= Self.limit { passed = passed.filter { now - $0.value < Self.interval } }
        guard passed.count < Self.limit else { return false }
        passed[inquiry] = now
        return true
    }
}
