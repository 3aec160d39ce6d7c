// SPDX-License-Identifier: Apache-2.0

/// Waits that double up to a limit.
struct Backoff {
    private let shortest: Duration
    private let longest: Duration
    private var current: Duration

    init(_ shortest: Duration, _ longest: Duration) {
        self.shortest = shortest
        self.longest = longest
        current = shortest
    }

    mutating func next() -> Duration {
        defer { current = min(current * 2, longest) }
        return current
    }

    mutating func reset() { current = shortest }
}
