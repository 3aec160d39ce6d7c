// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel
import Synchronization

/// Where to read from: the start, a saved position, and finding the place again after the files changed.
extension FollowerCore {
    enum Entry {
        /// Where the configuration says.
        case beginning
        /// Behind a saved position.
        case saved(JournalPosition)
        /// Behind the last entry that was handled.
        case place
    }

    /// Opens the journal and finds the place. An error is reported, and tried again later.
    func open() {
        listing = JournalListing(of: configuration.location)
        listingMissed = false
        let journal: Journal
        do throws(SystemdError) {
            journal = try Journal(configuration.location)
            inotifyError = Self.watch(journal)
            try journal.setDataThreshold(JournalEntry.messageLimit + 64)
            try journal.setMatches(configuration.matches)
        } catch {
            cannotOpen(error)
            return
        }
        retryAt = nil
        checkFormats()
        do throws(SystemdError) {
            try findPlace(journal)
        } catch {
            // The journal is there: it is this place in it that cannot be read, perhaps for ever.
            heal(error)
            return
        }
        self.journal = journal
        noteUnread(since: readUntil ?? lastHandled)
        startEntry = nil
        readBatch()
    }

    private func findPlace(_ journal: Journal) throws(SystemdError) {
        switch startEntry ?? (cursor == nil ? .beginning : .place) {
        case .beginning: try seekBeginning(journal)
        case .saved(let position): try seek(journal, position)
        case .place: try rejoin(journal)
        }
    }

    /// Sets the watches before anything is sought: files that came meanwhile are found, deleted ones dropped.
    /// Without inotify (EMFILE, mostly) the journal can be read all the same; returns the errno, EREMOTE for a
    /// network file system, of whose changes elsewhere inotify tells nothing.
    private static func watch(_ journal: Journal) -> Int32? {
        do throws(SystemdError) {
            try journal.wait(.zero)
            return try journal.isAnnounced() ? nil : EREMOTE
        } catch {
            return error.errno
        }
    }

    private func cannotOpen(_ error: SystemdError) {
        counters.errors.add(1, ordering: .relaxed)
        journal = nil
        retryAt = .now + backoff.next()
        report(.failed(errno: error.errno, operation: error.operation))
    }

    // MARK: Beginning

    private func seekBeginning(_ journal: Journal) throws(SystemdError) {
        forgetPlace()
        if let skipTo {
            try journal.seek(wall: skipTo)
            return
        }
        switch configuration.beginning {
        case .head: try seekHead(journal)
        case .currentBoot:
            guard let boot = Self.currentBoot() else {
                try seekHead(journal)
                return
            }
            bootFilter = boot
            noteUnread(since: WallTime.now + (MonotonicTime.zero - .now))
            try seekBoot(journal, boot)
        }
    }

    private func seekHead(_ journal: Journal) throws(SystemdError) {
        if let limit = try backlogLimit(journal) {
            declareSkipped(BlindWindow(reason: .skipped, from: try journal.oldest(), to: limit.wall))
            entryPending = true
        } else {
            try journal.seekHead()
        }
    }

    private func seekBoot(_ journal: Journal, _ boot: JournalID) throws(SystemdError) {
        let now = MonotonicTime.now
        let age = configuration.backlogAge.map { max(0, (now - .zero - $0).microseconds) } ?? 0
        let limit = try backlogLimit(journal)
        if let limit, limit.cursor.bootID == boot, Int64(clamping: limit.cursor.monotonic) > age {
            declareSkipped(BlindWindow(reason: .skipped, from: nil, to: limit.wall))
            entryPending = true
            return
        }
        if age > 0, let first = try firstEntry(journal, of: boot, before: UInt64(age)) {
            let to = WallTime.now + .microseconds(age - now.microseconds)
            declareSkipped(BlindWindow(reason: .skipped, from: first, to: to))
        }
        try journal.seek(bootID: boot, monotonic: UInt64(age))
    }

    /// When the first entry of a running boot was logged, if it is older than `age`. It is sought by the wall
    /// clock: seeking by the boot's own leads into other boots' files, where they are.
    private func firstEntry(
        _ journal: Journal, of boot: JournalID, before age: UInt64
    ) throws(SystemdError) -> WallTime? {
        try journal.seek(wall: WallTime.now + (MonotonicTime.zero - .now))
        for _ in 0..<100 where try journal.next() {
            let (monotonic, bootID) = try journal.monotonic()
            if bootID == boot { return monotonic < age ? try journal.wallTime() : nil }
        }
        return nil
    }

    /// At the start, the entry from which on no more than the allowed backlog is left, when there is more;
    /// the journal is at it.
    private func backlogLimit(_ journal: Journal) throws(SystemdError) -> (
        cursor: JournalCursor, wall: WallTime
    )? {
        guard startEntry != nil, let limit = configuration.backlogEntries, limit > 0 else { return nil }
        try journal.seekTail()
        guard try journal.previous(limit) == limit,
            let cursor = JournalCursor(try journal.cursor())
        else { return nil }
        return (cursor, try journal.wallTime())
    }

    /// Once: a journal without a place is opened at the beginning each time.
    private func declareSkipped(_ window: BlindWindow) {
        guard startEntry != nil else { return }
        declare(window)
        unread = window.to
    }

    static func currentBoot() -> JournalID? {
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 36)
        guard fread(&bytes, 1, 36, file) == 36 else { return nil }
        return JournalID(hex: bytes)
    }

    // MARK: Saved position

    /// Takes a saved position as the place, without a look at the journal.
    private func adopt(_ position: JournalPosition) {
        forgetPlace()
        cursor = position.cursor
        readUntil = position.readUntil
        if let since = position.unexaminedSince { noteUnread(since: since) }
        guard let at = JournalCursor(position.cursor) else { return }
        group = TimestampGroup(
            bootID: at.bootID, monotonic: at.monotonic, handled: min(max(1, position.handled), 1 << 32),
            hashes: position.hashes.suffix(JournalPosition.hashLimit))
    }

    private func seek(_ journal: Journal, _ position: JournalPosition) throws(SystemdError) {
        guard let saved = JournalCursor(position.cursor) else {
            // Not a position that was ever written here.
            try seekBeginning(journal)
            return
        }
        if try !isWithinBacklog(journal, position), let limit = try backlogLimit(journal),
            limit.cursor.isAfter(saved)
        {
            let from = position.readUntil ?? WallTime(microseconds: Int64(clamping: saved.realtime))
            forgetPlace()
            declareSkipped(BlindWindow(reason: .skipped, from: from, to: limit.wall))
            entryPending = true
            return
        }
        adopt(position)
        let found = try rejoin(journal)
        // Saved when the clock was ahead, or in a journal on /run that is gone: all there is would lie before
        // it.
        if !found, let boot = Self.currentBoot(), boot != saved.bootID {
            try journal.seek(bootID: boot, monotonic: 0)
            forgetPlace()
            bootFilter = boot
        }
    }

    /// Whether no more entries than the allowed backlog lie behind a saved position. What is counted is what is new, so that a
    /// restart costs nothing on a big journal; counting the allowed number back from the end takes a second of CPU.
    private func isWithinBacklog(_ journal: Journal, _ position: JournalPosition) throws(SystemdError) -> Bool
    {
        guard let limit = configuration.backlogEntries, limit > 0 else { return true }
        try journal.seek(cursor: position.cursor)
        // The entry of the place itself is the first of them.
        return try journal.next(limit + 2) <= limit + 1
    }

    // MARK: Finding the place again

    /// Goes back to the last entry that was handled, after files came or went, and works out what lies behind
    /// it. Returns false when nothing does.
    @discardableResult
    func rejoin(_ journal: Journal) throws(SystemdError) -> Bool {
        guard let cursor else { return false }
        let last = JournalCursor(cursor)
        anchor = last
        suspectUntil = .now + .seconds(30)
        entryPending = false
        try journal.seek(cursor: cursor)
        guard try journal.next() else {
            group.suspect(sequenceID: last?.sequenceID, rewound: false)
            return false
        }
        if last != nil, try journal.isAt(cursor: cursor) {
            group.suspect(sequenceID: last?.sequenceID, rewound: false)
            return true
        }
        entryPending = true
        let (monotonic, bootID) = try journal.monotonic()
        // When files disagree about the wall clock the seek can end before the place it was told (252).
        let isEarly = try last.flatMap { last throws(SystemdError) in
            JournalCursor(try journal.cursor()).map { !$0.isAfter(last) }
        }
        let rewound = group.isSameInstant(bootID, monotonic) || isEarly == true
        group.suspect(sequenceID: last?.sequenceID, rewound: rewound)
        if !rewound { try declareGap(journal) }
        return true
    }

    /// The last entry is gone. Something was lost when even the oldest one there is was written after the
    /// journal had last been read to its end.
    private func declareGap(_ journal: Journal) throws(SystemdError) {
        guard let until = [readUntil, lastHandled].compactMap({ $0 }).max().map({ min($0, .now) }),
            let oldest = try journal.oldest(), oldest > until
        else { return }
        let reason: BlindWindow.Reason = group.bootID == Self.currentBoot() ? .vacuumed : .downtime
        declare(BlindWindow(reason: reason, from: until, to: oldest))
        readUntil = oldest
    }

    /// When the last entry that was handled was logged.
    var lastHandled: WallTime? {
        guard let cursor else { return nil }
        if let at = JournalCursor(cursor) { return WallTime(microseconds: Int64(clamping: at.realtime)) }
        guard group.bootID == Self.currentBoot() else { return nil }
        return .now + (MonotonicTime(microseconds: Int64(clamping: group.monotonic)) - .now)
    }
}
