// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What the journal (systemd's own records, by MESSAGE_ID) and the bus say of one service unit, put in order by their
/// monotonic stamps: the journal may speak up to 500 ms after the bus.
struct UnitFacts: Hashable, Codable, Sendable {
    /// Where the unit stands.
    enum Phase: String, Hashable, Codable, Sendable {
        case unknown, starting, running, stopping
        /// Inactive after a stop job.
        case stopped
        /// Inactive between the two halves of a restart job.
        case restarting
        /// The main process ended on its own.
        case exited
        /// `failed`.
        case failed
        /// `activating (auto-restart)`.
        case autoRestart
    }

    /// How the main process ended.
    struct Exit: Hashable, Codable, Sendable {
        var at: Moment
        /// `exited`, `killed`, `dumped`.
        var code: String
        /// Exit status, or the signal's number.
        var status: Int32
        var cursor: String?
        /// It was not the main process that ended so, but a command before it (`ExecStartPre=`) or after it.
        var isControl = false
    }

    var name: String
    var phase: Phase = .unknown
    /// When `phase` was entered.
    var phaseSince: Moment?
    /// The bus' last word.
    var state: UnitState?
    /// When that was.
    var stateAt: Moment?
    /// The last stop job's end: who stopped it is not logged, only that somebody asked.
    var stop: Moment?
    var stopCursor: String?
    /// When it became inactive in the stop job that is under way: its end is told next, unless that line is lost.
    var deactivated: Moment?
    /// The last exit of the main process; kept until the unit runs and is known to serve.
    var exit: Exit?
    /// `UNIT_RESULT` of the last failure.
    var result: String?
    /// When the current run of starts and failures began; nil while all is well.
    var troubleSince: Moment?
    /// Where the lines that explain it begin: the start of the first attempt that failed, or shortly before a sudden end.
    var troubleFrom: MonotonicTime?
    /// Scheduled restarts, latest last; bounded.
    var restarts: [Moment] = []
    /// `N_RESTARTS` of the latest scheduled restart: how often since somebody last started it.
    var restartCounter: Int?
    /// Since when the run that ended last had been active, where that is known.
    var ranFrom: Moment?
    /// When it last ceased to be active, for whatever reason, a restart too.
    var ended: Moment?
    /// Whether it ran at all on this boot.
    var ranThisBoot = false
    /// Start of the latest attempt.
    var startedAt: Moment?

    init(name: String) { self.name = name }

    /// Whether systemd holds the unit for up.
    var isRunning: Bool { phase == .running }

    /// It was stopped, and nothing would start it again.
    var isGivenUp: Bool { phase == .stopped && state?.isUnwanted == true }

    /// Restarts since `limit`.
    func restarts(since limit: MonotonicTime) -> Int { restarts.count { $0.monotonic >= limit } }

    /// How often it was started again in vain: as many restarts as were seen since `limit`, or as systemd has counted, where
    /// the run before the last end was not a long one.
    func attempts(since limit: MonotonicTime) -> Int {
        let seen = restarts(since: limit)
        guard seen > 0, let counted = restartCounter, counted > seen else { return seen }
        if let exit, let ranFrom, exit.at.monotonic - ranFrom.monotonic >= Self.healthyRun { return seen }
        return counted
    }

    mutating func enter(_ next: Phase, _ at: Moment) {
        if let since = phaseSince, at.monotonic < since.monotonic { return }
        if phase == .running, next != .running { ended = at }
        if phase != next || next == .starting { phaseSince = at }
        if next != .stopping { deactivated = nil }
        phase = next
    }

    /// Takes one of systemd's records about this unit.
    mutating func take(_ entry: JournalEntry) {
        guard entry.source == .manager, let id = entry.messageID else { return }
        switch id {
        case MessageID.unitStarting:
            startedAt = entry.at
            enter(.starting, entry.at)
        case MessageID.unitStarted:
            ranThisBoot = true
            enter(.running, entry.at)
        case MessageID.unitFailedToStart: note(trouble: entry.at)
        case MessageID.unitStopping:
            if phase == .running {
                forgetExit()
                // Who stops a unit that runs begins something new.
                if troubleSince == nil { restarts = [] }
            }
            enter(.stopping, entry.at)
        case MessageID.unitStopped: takeStop(entry)
        case MessageID.processExit: takeExit(entry)
        case MessageID.unitFailed: takeFailure(entry)
        case MessageID.unitSucceeded: takeSuccess(entry)
        case MessageID.restartScheduled:
            restarts.append(entry.at)
            if restarts.count > 64 { restarts.removeFirst() }
            restartCounter = entry.fields["N_RESTARTS"].flatMap { Int($0) }
            enter(.autoRestart, entry.at)
        default: break
        }
    }

    private mutating func takeStop(_ entry: JournalEntry) {
        // Between two attempts of Restart= systemd logs "Stopped" with the restart's job too.
        guard entry.fields["JOB_TYPE"] == "stop" else {
            enter(.restarting, entry.at)
            return
        }
        ranThisBoot = true
        stop = entry.at
        stopCursor = entry.cursor
        // The record of the stop job's beginning was lost: the exit was what was asked for.
        if let exit, exit.at == troubleSince, entry.at.monotonic - exit.at.monotonic < Self.journalLag {
            troubleSince = nil
            troubleFrom = nil
        }
        forgetExit()
        enter(.stopped, entry.at)
    }

    mutating func forgetExit() {
        exit = nil
        result = nil
    }

    private mutating func takeExit(_ entry: JournalEntry) {
        // While a stop job runs, the exit is what was asked for.
        if isStopping(at: entry.at) { return }
        let isControl = entry.message.contains("ontrol process exited,")
        // A command beside a running main process (ExecReload=) ends nothing.
        if isControl, phase == .running { return }
        let status = entry.fields["EXIT_STATUS"] ?? ""
        exit = Exit(
            at: entry.at, code: entry.fields["EXIT_CODE"] ?? "exited",
            status: Int32(status) ?? UnixSignal.number(named: status) ?? 0, cursor: entry.cursor,
            isControl: isControl)
        ranFrom = phase == .running ? phaseSince : nil
        ranThisBoot = true
        note(trouble: entry.at)
        enter(.exited, entry.at)
    }

    /// Whether a stop job runs, or the bus told of its end before the journal told of how it ended.
    private func isStopping(at moment: Moment) -> Bool {
        if phase == .stopping { return true }
        guard phase == .stopped, let stop else { return false }
        let distance = moment.monotonic - stop.monotonic
        return distance <= Self.journalLag && distance >= .zero - Self.lastWords
    }

    /// The unit became inactive. Without a stop job the main process ended well, and nothing else is logged about its
    /// exit; with one it is the end of it, which "Stopped" tells next, and which job it was.
    private mutating func takeSuccess(_ entry: JournalEntry) {
        if phase == .stopping {
            deactivated = entry.at
            return
        }
        guard phase == .running || phase == .starting else { return }
        exit = Exit(at: entry.at, code: "exited", status: 0, cursor: entry.cursor)
        ranThisBoot = true
        note(trouble: entry.at)
        enter(.exited, entry.at)
    }

    private mutating func takeFailure(_ entry: JournalEntry) {
        if isStopping(at: entry.at) {
            // It was asked to stop and ended badly (containerd 1.6.20 can panic then): the stop is still the cause.
            stop = entry.at
            stopCursor = entry.cursor
            enter(.stopped, entry.at)
            return
        }
        result = entry.fields["UNIT_RESULT"]
        note(trouble: entry.at)
        enter(.failed, entry.at)
    }

    /// How long before a sudden end a line still counts as its explanation.
    private static let lastWords = Duration.seconds(10)

    /// A unit that ran so long was well: restarts before that were of another trouble.
    private static let healthyRun = Duration.seconds(30)

    /// How much later than the bus the journal may be dated.
    static let journalLag = Duration.seconds(2)

    mutating func note(trouble at: Moment) {
        guard troubleSince == nil else { return }
        troubleSince = at
        if phase == .running, let up = phaseSince, at.monotonic - up.monotonic >= Self.healthyRun {
            restarts = []
        }
        let words = at.monotonic - Self.lastWords
        // What was said before this run began is of another trouble.
        let start = startedAt.flatMap { $0.monotonic <= at.monotonic ? $0.monotonic : nil } ?? words
        troubleFrom = phase == .starting ? start : max(start, words)
    }

    /// The endpoint answers: what was wrong is over, whether or not systemd has said that the start ended.
    mutating func recovered() {
        guard phase == .running || phase == .starting else { return }
        troubleSince = nil
        troubleFrom = nil
        forgetExit()
        stop = nil
    }
}
