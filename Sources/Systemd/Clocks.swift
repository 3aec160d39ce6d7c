// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

extension MonotonicTime {
    static let zero = Self(microseconds: 0)

    /// CLOCK_MONOTONIC, the clock of the journal's monotonic timestamps.
    static var now: Self {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Self(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

extension WallTime {
    /// CLOCK_REALTIME.
    static var now: Self {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Self(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
