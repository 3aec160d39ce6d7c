// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Whether the machine goes down: what stops then is meant to.
///
/// logind says so first; when its line is lost, systemd's records do: the target of a running system is among the first that
/// it stops, and `shutdown.target` and those behind it are reached when the services have ended. What logind says and PID 1
/// does not confirm, by stopping something, holds nothing back for longer than seconds.
struct MachineShutdown: Hashable, Codable, Sendable {
    /// After this it evidently did not go down (a cancelled shutdown, `systemctl isolate`).
    private static let longest = Duration.seconds(300)
    /// `DefaultTimeoutStopSec=`: how long before `shutdown.target` a service may have begun to stop.
    private static let stopTimeout = Duration.seconds(90)
    /// How far apart logind's word and PID 1's first stop may be: it is told to stop all before logind says so.
    private static let confirmation = Duration.seconds(10)

    /// Since when; nil: it does not.
    private(set) var since: Moment?
    /// Only a target that is reached late told: it began before that, at most by the time that services have to stop.
    private(set) var isLate = false
    /// The last stop job of PID 1's, and none after one that confirms ``since``.
    private var stoppedAt: Moment?

    /// Takes a line in; whether it changed anything.
    mutating func take(_ entry: JournalEntry) -> Bool {
        if entry.messageID == MessageID.shutdown, entry.source == .unit, entry.unit == Self.logind {
            return begin(entry.at)
        }
        guard entry.source == .manager, let unit = entry.unit else { return false }
        let isConfirmed = note(entry)
        if unit == SystemTarget.running, entry.messageID == MessageID.unitStopped { return begin(entry.at) }
        if unit == SystemTarget.running, entry.messageID == MessageID.unitStarted { return end(entry.at) }
        guard unit == SystemTarget.shutdown || SystemTarget.down.contains(unit),
            entry.messageID == MessageID.unitStarted, !isUnderWay(at: entry.at)
        else { return isConfirmed }
        since = Moment(
            wall: entry.at.wall + (.zero - Self.stopTimeout), monotonic: entry.at.monotonic - Self.stopTimeout
        )
        isLate = true
        return true
    }

    /// Whether the record is the stop that confirms what logind said.
    private mutating func note(_ entry: JournalEntry) -> Bool {
        guard [MessageID.unitStopping, MessageID.unitStopped].contains(entry.messageID), !isConfirmed else {
            return false
        }
        stoppedAt = entry.at
        return isConfirmed
    }

    private var isConfirmed: Bool {
        guard let since else { return false }
        if isLate { return true }
        guard let stoppedAt else { return false }
        return stoppedAt.monotonic >= since.monotonic - Self.confirmation
            && stoppedAt.monotonic - since.monotonic < Self.confirmation
    }

    private mutating func begin(_ at: Moment) -> Bool {
        if !isLate, isUnderWay(at: at), let since, since.monotonic <= at.monotonic { return false }
        since = at
        isLate = false
        return true
    }

    /// It runs again: it was `systemctl isolate`, say.
    private mutating func end(_ at: Moment) -> Bool {
        guard let since, since.monotonic < at.monotonic else { return false }
        self.since = nil
        isLate = false
        return true
    }

    /// Whether it went down then.
    func isUnderWay(at moment: Moment) -> Bool {
        guard let since else { return false }
        let longest = isConfirmed ? Self.longest : Self.confirmation
        return moment.monotonic >= since.monotonic && moment.monotonic - since.monotonic < longest
    }

    /// The only unit whose word on it counts.
    private static let logind = "systemd-logind.service"
}
