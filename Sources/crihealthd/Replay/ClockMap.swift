// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Both clocks for what was only dated by the wall clock, by the journal's own pairs.
struct ClockMap {
    private let pairs: [Moment]

    init(_ entries: [JournalEntry]) {
        pairs = entries.map(\.at).sorted { $0.wall < $1.wall }
    }

    /// Of a capture without a journal: by the pairs of `systemctl show`, whose wall clock is cut to the second, so that
    /// the latest of them is the nearest.
    init(units texts: [String]) {
        let pairs = texts.flatMap(CaptureProc.clockPairs)
        self.pairs =
            pairs.max { $0.wall - WallTime($0.monotonic) < $1.wall - WallTime($1.monotonic) }.map { [$0] }
            ?? []
    }

    /// Whether the monotonic clock is the node's own; else it is the wall clock, and stamps of the node's mean nothing.
    var isKnown: Bool { !pairs.isEmpty }

    /// `wall` on both clocks, by the nearest entry before it.
    func moment(_ wall: WallTime) -> Moment {
        var low = 0
        var high = pairs.count
        while low < high {
            let middle = (low + high) / 2
            if pairs[middle].wall <= wall { low = middle + 1 } else { high = middle }
        }
        guard let pair = low > 0 ? pairs[low - 1] : pairs.first else {
            return Moment(wall: wall, monotonic: MonotonicTime(microseconds: wall.microseconds))
        }
        return Moment(wall: wall, monotonic: pair.monotonic + (wall - pair.wall))
    }
}

extension WallTime {
    /// As if the boot had been at the epoch.
    fileprivate init(_ time: MonotonicTime) { self.init(microseconds: time.microseconds) }
}
