// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What the rungs of one endpoint add up to.
struct APIFacts: Hashable, Codable, Sendable {
    /// The last result of one rung, without its payload.
    struct Rung: Hashable, Codable, Sendable {
        var at: Moment
        var succeeded: Bool
        @Milliseconds var latency: Duration
        var failure: ProbeFailure?
        var breakage: ProbeBreakage?

        /// Whether nothing can be said of the runtime by it: crictl could not be run, or printed what is no answer.
        var isBroken: Bool { breakage != nil || failure?.reason == .unreadable }
    }

    /// A run of failures of one class.
    struct Failing: Hashable, Codable, Sendable {
        var since: Moment
        var at: Moment
        var count: Int
        var rung: ProbeReport.Rung
        var failure: ProbeFailure
    }

    var rungs: [ProbeReport.Rung: Rung] = [:]
    /// The last time crictl got an answer of the CRI service, whatever it was (Unimplemented is one).
    var answeredAt: Moment?
    /// How long that answer took.
    @Milliseconds var answerLatency: Duration = .zero
    /// The current run of failures; nil while it answers.
    var failing: Failing?
    /// The last time connect(2) and the native rungs succeeded.
    var reachedAt: Moment?
    /// Why crictl cannot be used at all; nil while it can.
    var broken: ProbeBreakage?
    var brokenSince: Moment?
    /// A run of `Status` time-outs while `Version` answers.
    var statusTimeouts = 0
    /// When that run began.
    var statusBlockedSince: Moment?
    /// What is known of the service `runtime.v1.RuntimeService`.
    var service = ServiceFacts()

    /// It has answered, and whatever could be asked last succeeded.
    var isUp: Bool { answeredAt != nil && rungs.values.allSatisfy { $0.succeeded || $0.isBroken } }

    /// Takes the answer of one rung.
    mutating func take(_ report: ProbeReport, at: Moment) {
        if let known = rungs[report.rung], at.monotonic < known.at.monotonic { return }
        var rung = Rung(at: at, succeeded: report.succeeded, latency: report.latency)
        switch report.outcome {
        case .reached: reached(report.rung, at)
        case .version, .status, .pods, .containers: answered(report, at)
        case .failed(let failure) where failure.reason == .unreadable:
            // crictl succeeded and printed something else: it is not the runtime that is broken, nor known to be well.
            rung.failure = failure
            if broken == nil { brokenSince = at }
            broken = ProbeBreakage(reason: .crictlUnusable, text: failure.text)
        case .failed(let failure):
            rung.failure = failure
            failed(failure, report, at)
        case .broken(let breakage):
            rung.breakage = breakage
            if broken?.reason != breakage.reason { brokenSince = at }
            broken = breakage
        }
        rungs[report.rung] = rung
    }

    private mutating func reached(_ rung: ProbeReport.Rung, _ at: Moment) {
        guard rung == .connect else { return }
        reachedAt = at
        // Without crictl, connect(2) is all there is to go by.
        if broken != nil, let reason = failing?.failure.reason, reason != .timedOut { failing = nil }
        if failing?.rung == .connect, failing?.failure.reason == .timedOut, broken != nil { failing = nil }
    }

    private mutating func answered(_ report: ProbeReport, _ at: Moment) {
        if let later = failing?.at, at.monotonic < later.monotonic { return }
        answeredAt = at
        answerLatency = report.latency
        failing = nil
        broken = nil
        brokenSince = nil
        if report.rung == .status {
            statusTimeouts = 0
            statusBlockedSince = nil
        }
        service.take(report, at: at)
    }

    private mutating func failed(_ failure: ProbeFailure, _ report: ProbeReport, _ at: Moment) {
        // Told late: it has answered since.
        if let answeredAt, at.monotonic < answeredAt.monotonic, failure.reason != .unimplemented { return }
        if report.rung > .connect { broken = nil }
        if report.rung == .status, failure.reason != .timedOut {
            statusTimeouts = 0
            statusBlockedSince = nil
        }
        switch failure.reason {
        case .unimplemented:
            answered(report, at)
            return
        case .rpc where report.rung > .version: return
        case .timedOut where report.rung > .version && failing?.failure.reason != .timedOut:
            // `Version` answers and this call does not: not the runtime as a whole.
            if report.rung == .status {
                statusTimeouts.increment()
                if statusBlockedSince == nil { statusBlockedSince = at }
            }
            if answeredAt != nil { return }
        default: break
        }
        // The runtime as a whole: that Status timed out on the way there says nothing about Status.
        statusTimeouts = 0
        statusBlockedSince = nil
        if let run = failing, run.failure.reason == failure.reason {
            failing = Failing(
                since: run.since, at: at, count: run.count + 1, rung: report.rung, failure: failure)
        } else {
            failing = Failing(since: at, at: at, count: 1, rung: report.rung, failure: failure)
        }
    }

    /// Whether the CRI service answered at or after `time`.
    func answered(since time: MonotonicTime?) -> Bool {
        guard let answeredAt, failing == nil else { return false }
        return time.map { answeredAt.monotonic >= $0 } ?? true
    }

    /// Whether the CRI service answered later than `time`.
    func answered(after time: MonotonicTime?) -> Bool {
        answered(since: time) && answeredAt?.monotonic != time
    }

    /// Whether connect(2) succeeded at or after `time`, later than any failure of it.
    func reached(since time: MonotonicTime?) -> Bool {
        guard let reachedAt, rungs[.connect]?.succeeded == true else { return false }
        return time.map { reachedAt.monotonic >= $0 } ?? true
    }
}
