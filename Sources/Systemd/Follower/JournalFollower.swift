// SPDX-License-Identifier: Apache-2.0
public import Dispatch
public import HealthModel
import Synchronization

/// Follows the journal for as long as the process lives: reads what matches, hands over what matters, heals
/// every error, and says what it could not see.
///
/// ## Concurrency
/// All work is done on one serial queue. The prefilter and the handler are called there, in order, never at
/// once; they may call ``setCadence(_:)`` and ``stop()``. Everything public here can be called from any
/// thread.
///
/// ## Wake-ups
/// A Dispatch source on the inotify descriptor of libsystemd, and a ``Metronome``, ten times a second at rest. The
/// descriptor tells at once that files came or went; of entries journald tells 250 to 500 ms after it wrote them
/// (`POST_CHANGE_TIMER_INTERVAL_USEC`, systemd 247 to 262), when the metronome mostly has seen them already.
///
/// ## Damage
/// libsystemd hands out what it finds of a damaged file and says nothing of the rest. Archived files are looked
/// through once they were passed, at low priority; of a damaged one the span is declared some seconds later.
public final class JournalFollower: Sendable {
    /// How often to look.
    public enum Cadence: Sendable {
        /// At rest.
        case calm
        /// While something is wrong or suspected.
        case alert
    }

    /// What the follower says.
    public enum Event: Sendable {
        /// Entries that matter, in the journal's order; with them everything up to the position was handed over.
        /// No position: none can be told. No entries: nothing that was read matters.
        case entries([JournalEntry], upTo: JournalPosition?)
        /// The state changed.
        case health(JournalHealth)
        /// Something could not be seen, and never will be.
        case blind(BlindWindow)
        /// The end of the journal was reached, for the first time or after a time of being behind.
        case caughtUp
    }

    /// Totals since ``start(from:)``.
    public struct Counters: Hashable, Sendable {
        /// Entries that matched, whether or not they mattered.
        public var entriesRead: UInt64 = 0
        /// Entries that mattered.
        public var entriesDelivered: UInt64 = 0
        /// Entries that came twice and were dropped (the /run to /var flush).
        public var duplicates: UInt64 = 0
        /// Errors of libsystemd, all healed.
        public var errors: UInt64 = 0
        /// How many times the journal was reopened because of errors.
        public var reopens: UInt64 = 0
        /// Declared blind windows.
        public var blindWindows: UInt64 = 0

        /// All zeros.
        public init() {}
    }

    private let core: FollowerCore

    /// Makes a follower; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - configuration: What to read, and how.
    ///   - target: Target of the follower's own serial queue. Not a serial queue on which ``stop()`` is
    ///     called, or the last reference dropped: it would wait for itself.
    ///   - prefilter: Whether an entry matters, by its MESSAGE, which is at most
    ///     `JournalEntry.messageLimit` bytes long, not copied, and dies with the call. Must be fast: it sees
    ///     every entry. Entries with a MESSAGE_ID of systemd, journald, systemd-coredump or logind's shutdown
    ///     matter anyway.
    ///   - handler: Takes the events.
    public init(
        configuration: Configuration, target: DispatchQueue? = nil,
        prefilter: @escaping @Sendable (Span<UInt8>) -> Bool,
        handler: @escaping @Sendable (Event) -> Void
    ) {
        core = FollowerCore(configuration, target, prefilter, handler)
    }

    deinit { core.stop() }

    /// Opens the journal and reads from behind `position`, or, without one, from where the configuration
    /// says. Does nothing when already started.
    public func start(from position: JournalPosition? = nil) { core.start(position) }

    /// Closes the journal. No event comes after it returned; from within the handler: after the handler
    /// returned.
    public func stop() { core.stop() }

    /// Reads entries that match these too, from where the follower is: none that lie before it.
    public func add(_ matches: JournalMatches) { core.add(matches) }

    /// Looks more or less often from now on.
    public func setCadence(_ cadence: Cadence) { core.setCadence(cadence) }

    /// Totals.
    public var counters: Counters { core.counters.values }

    /// When the follower last completed a look at the journal (or found that it cannot): a watchdog's proof
    /// of life.
    public var lastProgress: MonotonicTime {
        MonotonicTime(microseconds: core.progress.load(ordering: .relaxed))
    }
}

extension JournalFollower {
    /// What to read, and how.
    public struct Configuration: Sendable {
        /// Where to start without a saved position.
        public enum Beginning: Sendable {
            /// At the head of the running boot; entries of other boots are left out.
            case currentBoot
            /// At the oldest entry.
            case head
        }

        /// Where the journal is.
        public var location: JournalLocation
        /// What to read of it.
        public var matches: JournalMatches
        /// Where to start without a saved position.
        public var beginning = Beginning.currentBoot
        /// Most entries to read at the start; what is before them is declared as skipped. nil: all.
        public var backlogEntries: Int? = 100_000
        /// Oldest entry to read at the first start; nil reads the whole boot.
        public var backlogAge: Duration?
        /// How often to look at rest.
        public var calmInterval = Duration.milliseconds(100)
        /// How often to look while something is wrong.
        public var alertInterval = Duration.milliseconds(15)
        /// Most entries in one go; other work of the queue comes in between.
        public var batchEntries = 512
        /// Longest time in one go.
        public var batchDuration = Duration.milliseconds(20)
        /// Shortest wait before the journal is opened again after an error.
        public var shortestBackoff = Duration.milliseconds(100)
        /// Longest wait before the journal is opened again after an error.
        public var longestBackoff = Duration.seconds(5)

        /// Makes a configuration with the usual intervals.
        public init(location: JournalLocation, matches: JournalMatches) {
            self.location = location
            self.matches = matches
        }
    }
}
