// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// How often the rungs of an endpoint are asked.
struct ProbePace: Equatable, Sendable {
    /// Socket and connect(2), which cost next to nothing.
    var native: Duration = .seconds(1)
    /// `crictl version` and `crictl info`.
    var calls: Duration = .seconds(10)
    /// `crictl pods` and `crictl ps`.
    var lists: Duration = .seconds(30)
    /// All calls, while something is open or suspected.
    var suspect: Duration = .seconds(2)
    /// `crictl info`, after it timed out: a Status that hangs may itself hold what the runtime needs.
    var afterStatusTimeout: Duration = .seconds(60)
    /// Share of an interval by which a due time is moved, so that nodes do not march in step.
    var jitter = 0.1
}

/// Decides which rungs of one endpoint are asked when: a value, with the time passed in.
///
/// One run at a time: ``next(at:)`` gives nothing while a run is under way.
struct ProbeSchedule: Sendable {
    /// One climb: these rungs in this order, ending at the first that fails.
    struct Run: Equatable, Sendable {
        /// Lowest first.
        var rungs: [ProbeReport.Rung]

        /// What is asked in one question each: what needs no crictl, then every call.
        var questions: [[ProbeReport.Rung]] {
            let quick = rungs.filter { $0 <= .connect }
            return (quick.isEmpty ? [] : [quick]) + rungs.dropFirst(quick.count).map { [$0] }
        }
    }

    /// How often.
    var pace: ProbePace
    private var random: SplitMix64
    private var due: [ProbeReport.Rung: MonotonicTime] = [:]
    private var requested: Set<ProbeReport.Rung> = []
    private var running = false
    private var suspicious = false
    private var statusBlockedUntil: MonotonicTime?

    /// Everything is due at once at first.
    init(pace: ProbePace, seed: UInt64) {
        self.pace = pace
        random = SplitMix64(seed: seed)
    }

    /// Whether something is open or suspected: then all is asked at the pace of suspicion.
    mutating func suspect(_ suspected: Bool, at now: MonotonicTime) {
        guard suspected != suspicious else { return }
        suspicious = suspected
        guard suspected else { return }
        for rung in [ProbeReport.Rung.version, .status] { due[rung] = min(due[rung] ?? now, now) }
    }

    /// Asks for these rungs as soon as the present run is over.
    mutating func request(_ rungs: some Sequence<ProbeReport.Rung>) { requested.formUnion(rungs) }

    /// The rungs to ask now; nil while a run is under way and when nothing is due.
    /// Socket and connect(2) come before every call: they tell why a call would fail.
    mutating func next(at now: MonotonicTime) -> Run? {
        guard !running else { return nil }
        var wanted = requested.union(ProbeReport.Rung.allCases.filter { isDue($0, at: now) })
        if let until = statusBlockedUntil, now < until { wanted.remove(.status) }
        guard !wanted.isEmpty else { return nil }
        if wanted.contains(where: { $0 >= .version }) { wanted.formUnion([.socket, .connect]) }
        requested = []
        running = true
        return Run(rungs: wanted.sorted())
    }

    /// The run is over. Rungs above the one that failed are due with it again, so that the first good answer
    /// of the lower one is followed by theirs at once: those of the run, and all of them where nobody could connect.
    mutating func finished(_ run: Run, reports: [ProbeReport], at now: MonotonicTime) {
        running = false
        let failed = reports.last { !$0.succeeded }?.rung
        let unconnected = failed.map { $0 <= .connect } ?? false
        // One share for the whole run: rungs of one interval stay together, in one climb.
        let share = jitter()
        for rung in ProbeReport.Rung.allCases where unconnected || run.rungs.contains(rung) {
            due[rung] = now + interval(of: failed.map { min($0, rung) } ?? rung) * share
        }
        // A failure elsewhere says that not Status alone hangs: it need not be spared.
        if let failed, failed != .status { statusBlockedUntil = nil }
        guard let status = reports.last(where: { $0.rung == .status }) else { return }
        statusBlockedUntil = nil
        guard case .failed(let failure) = status.outcome, failure.reason == .timedOut else { return }
        statusBlockedUntil = now + pace.afterStatusTimeout
        requested.insert(.pods)
    }

    /// When ``next(at:)`` gives something again, if nothing is requested before.
    var nextDue: MonotonicTime? {
        guard !running else { return nil }
        return ProbeReport.Rung.allCases.compactMap { rung in
            due[rung].map { rung == .status ? max($0, statusBlockedUntil ?? $0) : $0 }
        }.min()
    }

    private func isDue(_ rung: ProbeReport.Rung, at now: MonotonicTime) -> Bool {
        guard let time = due[rung] else { return true }
        return time <= now
    }

    private func interval(of rung: ProbeReport.Rung) -> Duration {
        switch rung {
        case .socket, .connect: pace.native
        case .version, .status: suspicious ? min(pace.suspect, pace.calls) : pace.calls
        case .pods, .containers: pace.lists
        }
    }

    /// About 1: what an interval is multiplied by.
    private mutating func jitter() -> Double {
        let share = Double(random.next() >> 11) / Double(1 << 53)
        return 1 + pace.jitter * (2 * share - 1)
    }
}
