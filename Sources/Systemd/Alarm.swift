// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Glibc
import HealthModel

/// A sleep that somebody else can end: for a thread that waits for an instant, and for news that comes earlier.
///
/// It waits in poll(2), which a step of the wall clock neither prolongs nor shortens. Any thread may ring; one waits.
public final class Alarm: Sendable {
    /// Without a bell (descriptors are used up) nobody can end a sleep, so it is no longer than this.
    static let longestDeafSleep: Duration = .seconds(1)

    /// An eventfd; negative where there is none to be had.
    private let bell = clinux_eventfd()

    /// Makes an alarm that has not rung.
    public init() {}

    deinit { if bell >= 0 { close(bell) } }

    /// Ends the sleep that is under way, or else the next one at once.
    public func ring() {
        var one: UInt64 = 1
        _ = write(bell, &one, MemoryLayout<UInt64>.size)
    }

    /// Sleeps for that long (nil: for as long as nobody rings), to the millisecond, rounded up. Whether the bell rang.
    /// May end early for no reason.
    public func sleep(atMost longest: Duration?) -> Bool {
        let limit = bell >= 0 ? longest : min(longest ?? Self.longestDeafSleep, Self.longestDeafSleep)
        let milliseconds = limit.map { Int32(clamping: max(0, $0.microseconds + 999) / 1000) } ?? -1
        var wait = pollfd(fd: bell, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, milliseconds) > 0 else { return false }
        var rung: UInt64 = 0
        return read(bell, &rung, MemoryLayout<UInt64>.size) > 0
    }
}
