// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Snapshot {
    /// The same picture on a stopped clock, at the last midnight: two that differ only in when they were taken are equal.
    var timeless: Snapshot {
        var copy = self
        let day: Int64 = 86_400_000_000
        copy.at.wall = WallTime(microseconds: at.wall.microseconds - at.wall.microseconds % day)
        copy.at.monotonic = MonotonicTime(microseconds: 0)
        return copy
    }

    /// And without totals, which only metrics show.
    var uncounted: Snapshot {
        var copy = timeless
        copy.statistics = Statistics()
        copy.possible = []
        return copy
    }

    /// And without what counts on while nothing happens: latencies, times of probes, the last look at what is open, how
    /// often a symptom was seen.
    var settled: Snapshot {
        var copy = uncounted
        copy.open = copy.open.map(\.settled)
        for runtime in copy.runtimes.indices {
            for rung in copy.runtimes[runtime].rungs.indices {
                copy.runtimes[runtime].rungs[rung].at = copy.at.wall
                copy.runtimes[runtime].rungs[rung].latency = .zero
            }
        }
        return copy
    }
}

extension Incident {
    /// Without what every look at what stands renews.
    fileprivate var settled: Incident {
        var copy = self
        copy.lastSeenAt = openedAt
        for item in copy.evidence.indices { copy.evidence[item].at = openedAt }
        for item in copy.symptoms.indices {
            copy.symptoms[item].lastSeen = copy.symptoms[item].firstSeen
            copy.symptoms[item].count = 1
        }
        return copy
    }
}
