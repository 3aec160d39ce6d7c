// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Which questions are under way, so that the same one is not asked at every observation.
struct InquiryBook: Hashable, Sendable {
    private static let limit = 256
    private var asked: [Inquiry: MonotonicTime] = [:]

    /// Those of `wanted` that are due, each once.
    mutating func due(_ wanted: [Inquiry], at now: MonotonicTime, every interval: Duration) -> [Inquiry] {
        guard !wanted.isEmpty else { return [] }
        var due: [Inquiry] = []
        for inquiry in wanted where !due.contains(inquiry) {
            if let last = asked[inquiry], now >= last, now - last < interval { continue }
            if asked.count >= Self.limit { asked.removeAll() }
            asked[inquiry] = now
            due.append(inquiry)
        }
        return due
    }
}
