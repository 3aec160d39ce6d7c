// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

extension Snapshot {
    /// Of a daemon that has just begun: everything Unknown.
    static func nothingKnown(at time: WallTime) -> Snapshot {
        let conditions = Condition.Kind.allCases.map {
            Condition(type: $0, status: .unknown, reason: "Starting", message: "", lastTransitionTime: nil)
        }
        return Snapshot(
            at: Moment(wall: time, monotonic: MonotonicTime(microseconds: 0)), version: "unknown",
            hostname: "localhost", startedAt: time, verdict: .unknown,
            headline: "crihealthd has just started; nothing is known yet.", open: [], resolved: [],
            conditions: conditions, runtimes: [], monitoring: MonitoringView(), statistics: Statistics())
    }
}

/// CLOCK_REALTIME.
enum WallClock {
    static func now() -> WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

/// The `Date` header.
enum HTTPDate {
    /// IMF-fixdate (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func format(_ time: WallTime) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = Int(time.microseconds / 86_400_000_000)
        let parts = time.date.split(separator: "-")
        guard parts.count == 3, let month = Int(parts[1]), months.indices.contains(month - 1),
            time.microseconds >= 0
        else {
            return "Thu, 01 Jan 1970 00:00:00 GMT"
        }
        return "\(days[day % 7]), \(parts[2]) \(months[month - 1]) \(parts[0]) \(time.clock) GMT"
    }
}
