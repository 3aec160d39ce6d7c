import HealthModel

/// Which containers' scopes run, by systemd's records, and which of them a shutdown left to systemd-shutdown's
/// final SIGTERM and SIGKILL.
struct ShutdownFacts: Hashable, Codable, Sendable {
    /// The end of a boot, as far as it matters to containers.
    struct Past: Hashable, Codable, Sendable {
        /// When `shutdown.target` was reached.
        var at: WallTime
        /// Containers that still ran then.
        var killed: [String]
        /// Since when this boot runs.
        var since: Moment
    }

    private static let limit = 1024

    /// Scopes whose start was seen and whose end was not.
    private(set) var running: Set<String> = []
    /// Scopes whose end was seen after the last start of one; for the boot that ended.
    private var endedLast: Set<String> = []
    /// Containers that were alive when the boot before this one was last looked at.
    private var aliveBefore: Set<String> = []
    private var targetReachedAt: WallTime?
    /// What the last shutdown did; nil: nothing is known of it, or nothing was running.
    private(set) var past: Past?
    /// Whether the end of the boot before this one is known, well or ill.
    private(set) var isPastKnown = false

    /// Takes one of systemd's records.
    mutating func take(_ entry: JournalEntry, unit: String) {
        if unit == "shutdown.target", entry.messageID == MessageID.unitStarted {
            targetReachedAt = entry.at.wall
        }
        guard let id = ScopeState.containerID(ofScope: unit), targetReachedAt == nil else { return }
        switch entry.messageID {
        case MessageID.unitStarted:
            if running.count < Self.limit { running.insert(id) }
            endedLast.remove(id)
        case MessageID.unitSucceeded, MessageID.unitStopped, MessageID.unitFailed:
            running.remove(id)
            if endedLast.count >= Self.limit { endedLast = [] }
            endedLast.insert(id)
        default: break
        }
    }

    /// Takes what the journal of the boot before this one shows.
    mutating func take(_ report: PreviousShutdown, at: Moment) {
        guard !isPastKnown else { return }
        isPastKnown = true
        guard let reached = report.reachedTargetAt else { return }
        let killed = aliveBefore.union(report.running).subtracting(report.ended)
        if !killed.isEmpty { past = Past(at: reached, killed: killed.sorted(), since: at) }
    }

    /// The same on the boot that follows; `alive` are the containers that were known to run.
    func rebooted(alive: Set<String>, at: Moment) -> ShutdownFacts {
        var next = ShutdownFacts()
        next.aliveBefore = alive.subtracting(endedLast)
        guard let targetReachedAt else { return next }
        next.isPastKnown = true
        let killed = running.union(alive).subtracting(endedLast)
        if !killed.isEmpty { next.past = Past(at: targetReachedAt, killed: killed.sorted(), since: at) }
        return next
    }
}
