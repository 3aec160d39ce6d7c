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

    /// And without what counts on while nothing happens: latencies, times of probes, totals.
    var settled: Snapshot {
        var copy = timeless
        copy.statistics = Statistics()
        for runtime in copy.runtimes.indices {
            for rung in copy.runtimes[runtime].rungs.indices {
                copy.runtimes[runtime].rungs[rung].at = copy.at.wall
                copy.runtimes[runtime].rungs[rung].latency = .zero
            }
        }
        return copy
    }
}
