// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Lets so many through at once and so many a second on average.
struct TokenBucket: Equatable, Sendable {
    private let interval: Duration
    private let burst: Int
    private var tokens: Int
    private var filledAt: MonotonicTime?

    /// Full at first: `burst` pass at once, then one each `interval`.
    init(burst: Int, interval: Duration) {
        self.burst = burst
        self.interval = interval
        tokens = burst
    }

    /// Whether one more may pass now.
    mutating func take(at now: MonotonicTime) -> Bool {
        fill(at: now)
        guard tokens > 0 else { return false }
        tokens -= 1
        return true
    }

    private mutating func fill(at now: MonotonicTime) {
        guard let last = filledAt, now >= last else {
            filledAt = now
            return
        }
        let earned = (now - last).microseconds / max(interval.microseconds, 1)
        guard earned > 0 else { return }
        tokens = min(burst, tokens + Int(clamping: earned))
        filledAt = tokens == burst ? now : last + interval * Int(clamping: earned)
    }
}
