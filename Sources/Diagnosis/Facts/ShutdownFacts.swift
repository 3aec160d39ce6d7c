// SPDX-License-Identifier: Apache-2.0
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

    /// When the scope of each container was last started, and when it was last stopped or ended, on this boot.
    private var started: [String: Moment] = [:]
    private var ended: [String: Moment] = [:]
    /// Containers that were alive when the boot before this one was last looked at.
    private var aliveBefore: Set<String> = []
    private var targetReachedAt: Moment?
    /// What the last shutdown did; nil: nothing is known of it, or nothing was running.
    private(set) var past: Past?
    /// Whether the end of the boot before this one is known, well or ill.
    private(set) var isPastKnown = false

    /// Takes one of systemd's records, in any order.
    mutating func take(_ entry: JournalEntry, unit: String) {
        if unit == SystemTarget.shutdown, entry.messageID == MessageID.unitStarted {
            targetReachedAt = entry.at
        }
        if let id = ScopeState.containerID(ofMonitorScope: unit) {
            // conmon outlives its container: it waits for it, also when it is itself asked to end.
            if [MessageID.unitSucceeded, MessageID.unitStopped].contains(entry.messageID) {
                Self.note(&ended, id, entry.at)
            }
            return
        }
        guard let id = ScopeState.containerID(ofScope: unit) else { return }
        switch entry.messageID {
        case MessageID.unitStarted: Self.note(&started, id, entry.at)
        // A stop job is what gives a container its grace period.
        case MessageID.unitStopping, MessageID.unitSucceeded, MessageID.unitStopped, MessageID.unitFailed:
            Self.note(&ended, id, entry.at)
        default: break
        }
    }

    private static func note(_ table: inout [String: Moment], _ id: String, _ at: Moment) {
        if table[id] == nil, table.count >= limit { table = [:] }
        if let known = table[id], known.monotonic > at.monotonic { return }
        table[id] = at
    }

    /// Whether its scope ended and was not started again.
    private func hasEnded(_ id: String) -> Bool {
        guard let end = ended[id] else { return false }
        return started[id].map { $0.monotonic <= end.monotonic } ?? true
    }

    /// Since when the container's scope runs, by systemd's records alone; nil when these do not say that it does.
    func runs(_ id: String) -> Moment? { hasEnded(id) ? nil : started[id] }

    /// Whether the container's scope ended after `time`, by systemd's records.
    func hasEnded(_ id: String, after time: Moment) -> Bool {
        hasEnded(id) && ended[id].map { $0.monotonic > time.monotonic } ?? false
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
        let left = alive.union(started.keys).filter { !hasEnded($0) }
        next.aliveBefore = Set(left)
        // Without any record of a scope nobody can say how the containers ended: the journal of that boot is asked.
        guard let targetReachedAt, !started.isEmpty || !ended.isEmpty else { return next }
        next.isPastKnown = true
        if !left.isEmpty { next.past = Past(at: targetReachedAt.wall, killed: left.sorted(), since: at) }
        return next
    }
}
