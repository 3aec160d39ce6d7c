// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import HealthModel
import Node

/// What times are told in, in commands that tell of this node.
struct ZoneOptions: ParsableArguments {
    @Flag(help: "Times as this machine's clock shows them, not UTC.")
    var localTime = false

    /// The offset at that time of the year.
    func zone(at time: WallTime = Moment.now().wall) -> UTCOffset {
        guard localTime else { return .utc }
        var seconds = time_t(time.microseconds / 1_000_000)
        var fields = tm()
        localtime_r(&seconds, &fields)
        return UTCOffset(seconds: fields.tm_gmtoff)
    }
}
