// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HealthModel

/// What happens to the files, and whether libsystemd hears of it.
extension FollowerCore {
    /// Reads entries that match these too, from the next look on.
    func add(_ matches: JournalMatches) {
        queue.async { @Sendable [self] in
            configuration.matches |= matches
            // The next look that comes to the end sets them.
            rearmDue = true
        }
    }

    /// Takes in what happened to the files since the last look.
    func takeChanges() throws(SystemdError) -> Journal.Change {
        if let journal, Self.mayHaveOverflowed(journal) {
            // IN_Q_OVERFLOW, which libsystemd ignores: a rotation that it was not told of would let it drop
            // the old file with what is unread in it.
            self.journal = nil
            open()
        }
        guard let journal else { return .nothing }
        let change = try journal.process()
        if change != .nothing { rearmDue = true }
        if change == .invalidated {
            invalidated = true
            try rejoin(journal)
        }
        return change
    }

    /// Whether so much waits on the inotify descriptor that events were dropped: an event takes 16 bytes at
    /// the least (inotify(7)).
    private static func mayHaveOverflowed(_ journal: Journal) -> Bool {
        guard let descriptor = try? journal.descriptor() else { return false }
        var bytes: Int32 = 0
        guard ioctl(descriptor, UInt(FIONREAD), &bytes) == 0 else { return false }
        return Int(bytes) >= 16 * mostQueuedEvents
    }

    private static let mostQueuedEvents: Int = {
        guard let file = fopen("/proc/sys/fs/inotify/max_queued_events", "re") else { return 16_384 }
        defer { fclose(file) }
        var bytes = [CChar](repeating: 0, count: 32)
        let count = fread(&bytes, 1, 31, file)
        return max(
            64,
            Int(
                String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
                    .prefix { $0.isNumber }) ?? 16_384)
    }()

    /// Watches that were refused for want of memory (ENOSPC) are not reported by libsystemd: it is just
    /// silent. So entries without an announcement mean that new files must be looked for.
    func noteAnnouncement(_ change: Journal.Change, read: Int) {
        if inotifyError != nil || change != .nothing {
            unannouncedSince = nil
            deaf = false
        } else if read > 0, unannouncedSince == nil {
            unannouncedSince = .now
        }
    }

    /// Once a second: opens the journal again when directories came, went or changed and libsystemd did not
    /// notice.
    func checkListing(_ now: MonotonicTime) {
        guard journal != nil else { return }
        if let since = unannouncedSince, now - since > .seconds(3) { deaf = true }
        let current = JournalListing(of: configuration.location)
        let missed = listingMissed && !invalidated
        let changed = current != listing
        // It may be about to notice: that is decided at the next check.
        listingMissed = changed && !invalidated
        invalidated = false
        if current.roots != listing.roots {
            relist()
        } else if missed || inotifyError != nil || deaf {
            guard now >= nextListing else {
                listingMissed = listingMissed || missed
                return
            }
            relist()
        } else if changed {
            listing = current
            checkFormats()
        }
    }

    /// Opens the journal again, and lists its files anew; takes at most a twentieth of a core when done over
    /// and over.
    private func relist() {
        let start = MonotonicTime.now
        journal = nil
        open()
        let took = MonotonicTime.now - start
        nextListing = .now + max(.seconds(2), took * 20)
    }

    /// Declares files in a format that this libsystemd does not know.
    func checkFormats() {
        for header in formats.unreadable(in: configuration.location) {
            declare(BlindWindow(reason: .damaged, from: header.firstEntry, to: header.lastEntry))
        }
    }
}
