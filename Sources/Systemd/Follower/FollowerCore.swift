// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HealthModel
import Synchronization

/// The follower's state and its life: opening, looking, healing.
///
/// ## Concurrency
/// `@unchecked Sendable` holds because every stored `var` is touched on `queue` only; each way in
/// (``start(_:)``, ``stop()``, ``setCadence(_:)``, the metronome, the next batch) goes through it. `counters` and
/// `progress` are synchronised themselves.
final class FollowerCore: @unchecked Sendable {
    var configuration: JournalFollower.Configuration
    let prefilter: @Sendable (Span<UInt8>) -> Bool
    let handler: @Sendable (JournalFollower.Event) -> Void
    let queue: DispatchQueue
    let counters = FollowerCounters()
    let progress = Atomic<Int64>(0)
    private let onQueue = DispatchSpecificKey<Bool>()

    private var metronome: Metronome?
    private(set) var running = false
    private var announcements: DescriptorSource?
    private var cadence = JournalFollower.Cadence.calm
    /// The next batch is already queued.
    private var batchQueued = false

    var journal: Journal? {
        didSet { if let descriptor = try? journal?.descriptor() { announcements?.watch(descriptor) } }
    }

    // Where we are.
    /// Cursor of the last entry that was read; nil before the first.
    var cursor: String?
    var group = TimestampGroup()
    /// The current entry of the journal is new and still to be handled.
    var entryPending = false
    /// Only entries of this boot are wanted.
    var bootFilter: JournalID?
    /// Entries up to this one, in its sequence, were handled.
    var anchor: JournalCursor?
    /// While set and in the future, entries may be repetitions.
    var suspectUntil: MonotonicTime?
    /// The journal was read to its end at that time.
    var readUntil: WallTime?
    /// Messages over several entries that have begun.
    var blocks = MessageBlocks()
    /// When the last of their lines came.
    var blocksSince = MonotonicTime(microseconds: 0)

    // How we are.
    private var health: JournalHealth?
    /// There is a journal file, or there was one.
    private var hasFiles = false
    var behindSince: MonotonicTime?
    /// No event `.caughtUp` yet since the start or since being behind.
    var caughtUpPending = true
    /// errno of inotify, when there is none.
    var inotifyError: Int32?
    var backoff: Backoff
    /// Errors since the last entry.
    var failures = 0
    var retryAt: MonotonicTime?
    var truncations = Journal.truncations
    var lastFailure = MonotonicTime(microseconds: 0)
    /// The watches do not tell of anything (ENOSPC, which libsystemd does not report).
    var deaf = false
    /// Where to start, until the journal was opened for the first time.
    var startEntry: Entry?
    /// Read on from here, because what is before cannot be read.
    var skipTo: WallTime?
    /// The directories when the journal was opened or last changed.
    var listing = JournalListing(of: .files([]))
    /// The directories changed and nothing was said about it yet.
    var listingMissed = false
    /// libsystemd noticed a change of files since the last check.
    var invalidated = false
    var formats = FormatCheck()
    /// An announcement came since the matches were last set.
    var rearmDue = false

    // Damaged files.
    /// What was logged before was read or declared; nil when everything was.
    var unread: WallTime?
    /// Archived files that were looked through, or need not be, by path.
    var examined: Set<String> = []
    /// `unread` of each examination that is under way.
    var underExamination: [WallTime] = []
    var examination = Examination()

    // Chores.
    var nextCheck = MonotonicTime(microseconds: 0)
    var nextListing = MonotonicTime(microseconds: 0)
    var nextSafety = MonotonicTime(microseconds: 0)
    var nextExamination = MonotonicTime(microseconds: 0)
    var nextPosition = MonotonicTime(microseconds: 0)
    private var nextRelease = MonotonicTime(microseconds: 0)
    var positionDue = false
    var readSinceRelease = 0
    /// What libsystemd has mapped is to be given back after the next look.
    var releaseDue = false
    /// Entries came by then without any announcement, which journald makes within half a second.
    var unannouncedSince: MonotonicTime?

    init(
        _ configuration: JournalFollower.Configuration, _ target: DispatchQueue?,
        _ prefilter: @escaping @Sendable (Span<UInt8>) -> Bool,
        _ handler: @escaping @Sendable (JournalFollower.Event) -> Void
    ) {
        self.configuration = configuration
        self.prefilter = prefilter
        self.handler = handler
        backoff = Backoff(configuration.shortestBackoff, configuration.longestBackoff)
        queue = DispatchQueue(label: "journal", target: target)
        queue.setSpecific(key: onQueue, value: true)
    }

    // MARK: Ways in

    func start(_ position: JournalPosition?) {
        queue.async { @Sendable [self] in
            guard !running else { return }
            reset()
            running = true
            metronome = Metronome(on: queue, every: interval) { @Sendable [weak self] in self?.tick() }
            announcements = DescriptorSource(on: queue) { @Sendable [weak self] in self?.tick() }
            startEntry = position.map { .saved($0) } ?? .beginning
            open()
            stamp()
        }
    }

    func stop() {
        if DispatchQueue.getSpecific(key: onQueue) == true { close() } else { queue.sync { close() } }
    }

    func setCadence(_ cadence: JournalFollower.Cadence) {
        queue.async { @Sendable [self] in
            guard cadence != self.cadence else { return }
            self.cadence = cadence
            metronome?.set(interval)
        }
    }

    private func close() {
        running = false
        metronome?.cancel()
        metronome = nil
        examination.stop()
        journal = nil
        announcements?.cancel()
        announcements = nil
    }

    private func reset() {
        counters.reset()
        forgetPlace()
        health = nil
        hasFiles = false
        behindSince = nil
        caughtUpPending = true
        failures = 0
        retryAt = nil
        readUntil = nil
        blocks = MessageBlocks()
        skipTo = nil
        deaf = false
        unannouncedSince = nil
        listingMissed = false
        formats = FormatCheck()
        unread = nil
        examined = []
        underExamination = []
        examination = Examination()
        nextCheck = .now + .seconds(1)
        nextSafety = .now + .seconds(30)
        truncations = Journal.truncations
        readSinceRelease = 0
        releaseDue = false
        backoff.reset()
    }

    func forgetPlace() {
        cursor = nil
        group = TimestampGroup()
        entryPending = false
        bootFilter = nil
        anchor = nil
        suspectUntil = nil
    }

    private var interval: Duration {
        cadence == .calm ? configuration.calmInterval : configuration.alertInterval
    }

    // MARK: Looking

    private func tick() {
        guard running, !batchQueued else { return }
        defer { stamp() }
        let now = MonotonicTime.now
        if journal == nil {
            guard retryAt.map({ now >= $0 }) ?? true else { return }
            open()
            return
        }
        chores(now)
        look()
        if releaseDue, !batchQueued { releaseWindows() }
        examinePassed(now)
    }

    /// Takes in changes of files, then reads.
    private func look() {
        guard journal != nil else { return }
        do throws(SystemdError) {
            let change = try takeChanges()
            let wasBehind = caughtUpPending || behindSince != nil
            let read = readBatch()
            noteAnnouncement(change, read: wasBehind ? 0 : read)
        } catch {
            heal(error)
        }
    }

    /// Reads one batch and queues the next one when there is more. Returns how much was read.
    @discardableResult
    func readBatch() -> Int {
        guard let journal, running else { return 0 }
        var reader = BatchReader(core: self, journal: journal)
        let outcome = reader.run()
        deliver(reader)
        switch outcome {
        case .end where rearmDue: return reader.read + readRearmed(journal)
        case .end: reachedEnd()
        case .more: queueBatch()
        case .failed(let error): heal(error)
        }
        return reader.read
    }

    /// Looks behind the end once more, after an announcement. An entry that was looked for in the instant
    /// between journald's raising of the entry count and the linking of its fields stays invisible to a reader
    /// with matches until the next append, and on a silent node for ever (seen with 247 to 262). Entries of
    /// other files may well have been read by the same look, so every announcement is followed by this.
    private func readRearmed(_ journal: Journal) -> Int {
        rearmDue = false
        guard running else { return 0 }
        do throws(SystemdError) {
            try journal.setMatches(configuration.matches)
            return readBatch()
        } catch {
            heal(error)
            return 0
        }
    }

    func queueBatch() {
        let now = MonotonicTime.now
        let since = behindSince ?? now
        behindSince = since
        noteUnread(since: readUntil ?? lastHandled)
        if caughtUpPending || now - since > .seconds(1) {
            caughtUpPending = true
            report(.catchingUp)
        }
        guard !batchQueued else { return }
        batchQueued = true
        queue.async { @Sendable [weak self] in
            guard let self else { return }
            batchQueued = false
            guard running, self.journal != nil else { return }
            lookWhileBehind()
            stamp()
        }
    }

    /// Files are vacuumed under a reader that is behind: without a look at them it would read deleted files,
    /// and get EBADMSG for ever from those whose blocks were punched out (systemd before 262).
    private func lookWhileBehind() {
        guard journal != nil else { return }
        do throws(SystemdError) {
            let change = try takeChanges()
            noteAnnouncement(change, read: 0)
            readBatch()
        } catch {
            heal(error)
        }
        checkTruncations()
        examinePassed(.now)
    }

    private func reachedEnd() {
        behindSince = nil
        readUntil = .now
        let noInotify = inotifyError ?? (deaf ? ENOSPC : nil)
        report(noFiles ? .noFiles : noInotify.map { .polling(errno: $0) } ?? .following)
        if caughtUpPending {
            caughtUpPending = false
            // Also where little was read: finding the place among many files touches most of them.
            releaseDue = true
            tell(.caughtUp)
        }
        if readSinceRelease > 20_000 || readSinceRelease > 0 && .now >= nextRelease { releaseDue = true }
    }

    /// Whether there is no journal file at all. Looked at until there was one: their sizes are asked one by one.
    private var noFiles: Bool {
        guard !hasFiles else { return false }
        let usage = journal.flatMap { try? $0.usage() }
        hasFiles = usage.map { $0 > 0 } ?? true
        return !hasFiles
    }

    private func releaseWindows() {
        guard journal?.releaseWindows() == true else { return }
        nextRelease = .now + .seconds(30)
        readSinceRelease = 0
        releaseDue = false
    }

    // MARK: Telling

    /// Nothing is told after the end, not even the rest of the batch in which it came.
    func tell(_ event: JournalFollower.Event) {
        if running { handler(event) }
    }

    func report(_ health: JournalHealth) {
        guard health != self.health else { return }
        self.health = health
        tell(.health(health))
    }

    func declare(_ window: BlindWindow) {
        var window = window
        // The clock was stepped back meanwhile, or a header is damaged.
        if let from = window.from, let to = window.to, from > to { (window.from, window.to) = (to, from) }
        counters.blindWindows.add(1, ordering: .relaxed)
        tell(.blind(window))
    }

    func stamp() {
        progress.store(MonotonicTime.now.microseconds, ordering: .relaxed)
    }
}
