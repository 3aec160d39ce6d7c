// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
public import HealthModel

/// Keeping up with files that grow, come and go (man sd_journal_get_fd).
extension Journal {
    /// The inotify descriptor (owned by the journal). Fails with EMFILE when this user's inotify instances
    /// are used up, and may succeed later.
    public func descriptor() throws(SystemdError) -> Int32 {
        try SystemdError.check(sd_journal_get_fd(handle), "sd_journal_get_fd")
    }

    /// poll(2) events to wait for on ``descriptor()``.
    public func events() throws(SystemdError) -> Int16 {
        Int16(
            truncatingIfNeeded: try SystemdError.check(sd_journal_get_events(handle), "sd_journal_get_events")
        )
    }

    /// When ``process()`` must be called at the latest; nil when only the descriptor decides. A time comes
    /// only on network file systems, which inotify does not cover.
    public func timeout() throws(SystemdError) -> MonotonicTime? {
        var time: UInt64 = .max
        try SystemdError.check(sd_journal_get_timeout(handle, &time), "sd_journal_get_timeout")
        return time == .max ? nil : MonotonicTime(microseconds: Int64(clamping: time))
    }

    /// Whether the descriptor tells of every change; not so on network file systems (man
    /// sd_journal_reliable_fd).
    public func isAnnounced() throws(SystemdError) -> Bool {
        try SystemdError.check(sd_journal_reliable_fd(handle), "sd_journal_reliable_fd") > 0
    }

    /// Takes in what happened to the files: new ones are opened, deleted ones dropped.
    public func process() throws(SystemdError) -> Change {
        let result = try SystemdError.check(sd_journal_process(handle), "sd_journal_process")
        return Change(rawValue: result) ?? .invalidated
    }

    /// Waits for a change. The first call sets the watches, lists the files again and returns `.invalidated`,
    /// which is no news.
    @discardableResult
    public func wait(_ duration: Duration) throws(SystemdError) -> Change {
        let time = UInt64(max(0, duration.microseconds))
        let result = try SystemdError.check(sd_journal_wait(handle, time), "sd_journal_wait")
        return Change(rawValue: result) ?? .invalidated
    }

    /// Size of all files, in bytes.
    public func usage() throws(SystemdError) -> UInt64 {
        var bytes: UInt64 = 0
        try SystemdError.check(sd_journal_get_usage(handle, &bytes), "sd_journal_get_usage")
        return bytes
    }

    /// When the oldest entry of all files was logged; nil when there is none.
    public func oldest() throws(SystemdError) -> WallTime? {
        var from: UInt64 = 0
        let found = try SystemdError.check(
            sd_journal_get_cutoff_realtime_usec(handle, &from, nil), "sd_journal_get_cutoff_realtime_usec")
        return found > 0 ? WallTime(microseconds: Int64(clamping: from)) : nil
    }
}

extension JournalID {
    init(_ id: sd_id128_t) {
        self.init(high: UInt64(bigEndian: id.qwords.0), low: UInt64(bigEndian: id.qwords.1))
    }

    var sd: sd_id128_t {
        var id = sd_id128_t()
        id.qwords = (high.bigEndian, low.bigEndian)
        return id
    }
}
