// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What its last words, and how its process ended, say of the cause.
extension KubeletCase {
    /// A cause and what it rests on, before it has words.
    struct Fall {
        var cause: Cause
        var since: Moment
        /// The last words that tell the cause.
        var fatal: Signal?
        /// A line that says more about it.
        var also: Signal?
        var exit: UnitFacts.Exit?
    }

    /// Why its unit fell; nil where it cannot be told from a node that has not joined a cluster yet.
    func fall() -> Fall? {
        let since = unit.troubleSince ?? unit.phaseSince ?? now
        let from = unit.troubleFrom ?? since.monotonic
        if let told = toldBySystemd(from: from, since: since) { return told }
        // Of an end that nobody told, only the restart is known, RestartSec= after its last words.
        let words = unit.exit == nil && unit.result == nil ? from - .seconds(30) : from
        if let fatal = nearestFatal(from: words) { return fall(saying: fatal, since: since) }
        if let told = toldByExit(since: since) { return told }
        return nil
    }

    /// Its own last words, with systemd's word or without.
    func fall(saying fatal: Signal, since: Moment? = nil) -> Fall? {
        let since = since ?? firstOfRun(fatal)
        let exit = unit.exit
        if let expired = certificateExpired(before: fatal) {
            return Fall(cause: .certificateExpired, since: since, fatal: fatal, also: expired, exit: exit)
        }
        if fatal.captures["joined"] == "no", !hasJoined { return nil }
        if fatal.captures["what"] == "panic", fatal.cause == nil {
            return Fall(cause: .crashed, since: since, fatal: fatal, exit: exit)
        }
        guard let cause = fatal.cause, cause != .exited else {
            return Fall(cause: endedCause(.exited), since: since, fatal: fatal, exit: exit)
        }
        // Before 1.19 it does not know cgroup v2; what later ones say so has another reason.
        if cause == .cgroupVersionUnsupported, fatal.captures["hierarchy"] == "v2", knowsUnifiedHierarchy {
            return Fall(cause: endedCause(.exited), since: since, fatal: fatal, exit: exit)
        }
        return Fall(cause: cause, since: since, fatal: fatal, exit: exit)
    }

    // MARK: Its last words

    /// The one among its last words since then that is nearest to the root; of several the latest.
    private func nearestFatal(from: MonotonicTime) -> Signal? {
        let attempt = max(unit.startedAt?.monotonic ?? from, from)
        let all = facts.signals.all(.kubeletFatal).filter(isMine)
        return Self.nearest(all.filter { $0.at.monotonic >= attempt })
            ?? Self.nearest(all.filter { $0.at.monotonic >= from })
    }

    private static func nearest(_ signals: [Signal]) -> Signal? {
        func rank(_ signal: Signal) -> Int { signal.cause.map { Rank.order($0, of: .kubeletDown) } ?? 0 }
        return signals.max { (rank($0), $0.at.monotonic) < (rank($1), $1.at.monotonic) }
    }

    /// Where the run of last words that this one ends began.
    private func firstOfRun(_ fatal: Signal) -> Moment {
        var first = fatal
        for signal in facts.signals.all(.kubeletFatal).reversed() where isMine(signal) {
            guard signal.at.monotonic <= first.at.monotonic else { continue }
            guard first.at.monotonic - signal.at.monotonic <= configuration.embeddedGrace else { break }
            first = signal
        }
        return first.at
    }

    /// That its certificate has expired is said before the words that it dies with.
    private func certificateExpired(before fatal: Signal) -> Signal? {
        guard
            fatal.captures["joined"] == "no" || fatal.captures["bootstrap"] == "refused"
                || fatal.cause == .certificateExpired
        else { return nil }
        let limit = fatal.at.monotonic - configuration.embeddedStartGrace
        return facts.signals.all(.kubeletCertificateExpired).last {
            $0.unit == fatal.unit && $0.at.monotonic >= limit && $0.at.monotonic <= fatal.at.monotonic
        }
    }

    /// Whether this node belongs to a cluster: pods run here, or its kubelet has run for long.
    private var hasJoined: Bool {
        if facts.runtimes.contains(where: { !($0.pods ?? []).isEmpty }) { return true }
        if facts.signals.last(.kubeletConnected) != nil { return true }
        guard let from = unit.ranFrom, let end = unit.ended else { return false }
        return end.monotonic - from.monotonic >= configuration.embeddedGrace
    }

    private var knowsUnifiedHierarchy: Bool {
        let version = facts.signals.last(.kubeletVersion)?.captures["version"].flatMap { SoftwareVersion($0) }
        return version.map { !$0.line.lexicographicallyPrecedes([1, 19]) } ?? false
    }

    /// The socket that it was told to use, where its last words name it.
    func namedSocket(_ fatal: Signal) -> String? { fatal.captures["socket"] ?? fatal.captures["endpoint"] }

    // MARK: How its process ended

    private func toldBySystemd(from: MonotonicTime, since: Moment) -> Fall? {
        func last(_ name: SignalName) -> Signal? { facts.signals.last(name, unit: unit.name, since: from) }
        let kernel = facts.signals.all(.kubeletOOMKilled).last { signal in
            guard signal.at.monotonic >= from else { return false }
            guard let cgroup = signal.captures["cgroup"] else { return unit.exit?.status == 9 }
            return ServiceUnit.owns(cgroup, unit.name)
        }
        if unit.result == "oom-kill" || kernel != nil {
            return Fall(cause: .oomKilled, since: since, also: kernel, exit: unit.exit)
        }
        if unit.result == "watchdog" || last(.watchdogTimeout) != nil {
            return Fall(cause: .watchdogTimeout, since: since, also: last(.watchdogTimeout), exit: unit.exit)
        }
        if let line = facts.signals.binaryFailure(of: unit, since: from) {
            let cause: Cause = line.name == .binaryMissing ? .binaryMissing : .binaryUnusable
            return Fall(cause: cause, since: since, also: line, exit: unit.exit)
        }
        if unit.exit?.isExecFailure == true {
            return Fall(cause: .binaryMissing, since: since, exit: unit.exit)
        }
        return nil
    }

    private func toldByExit(since: Moment) -> Fall? {
        guard let exit = unit.exit else {
            // That systemd counts its restarts says that it ended each time; one that stays after the last tells no more of it.
            let isEnding =
                attempts >= configuration.crashLoopCount
                && unit.restarts.last.map { now.monotonic - $0.monotonic < configuration.embeddedGrace }
                    == true
            return unit.result != nil || isEnding ? Fall(cause: endedCause(.exited), since: since) : nil
        }
        let line = facts.signals.last(.crashed, unit: unit.name, since: unit.troubleFrom)
        switch exit.code {
        case "killed", "dumped":
            let isCrash = exit.code == "dumped" || [4, 6, 7, 8, 11].contains(exit.status)
            return Fall(cause: endedCause(isCrash ? .crashed : .killed), since: since, also: line, exit: exit)
        default: return Fall(cause: endedCause(.exited), since: since, also: line, exit: exit)
        }
    }

    /// A cause that says only how it ended becomes a loop when it ends so again and again.
    private func endedCause(_ cause: Cause) -> Cause {
        attempts >= configuration.crashLoopCount ? .crashLooping : cause
    }

    var attempts: Int {
        unit.attempts(since: now.monotonic - configuration.crashLoopWindow)
    }
}
