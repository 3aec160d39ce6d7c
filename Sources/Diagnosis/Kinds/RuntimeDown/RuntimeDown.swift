// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The runtime does not serve its CRI endpoint, and why.
///
/// Two witnesses: systemd (the unit's records in the journal, its state on the bus) and the endpoint (the probe ladder).
/// crictl's text alone never decides: stopped, a broken configuration, the start limit and a removed socket print the
/// same sentence.
struct RuntimeDown: Diagnosis {
    static let kind = IncidentKind.runtimeDown

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess() } + Self.docker(facts, configuration)
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        facts.runtimes.compactMap { runtime in
            let patience: [UnitFacts.Phase: Duration] = [
                .starting: configuration.startGrace, .restarting: configuration.transitGrace,
                .stopping: configuration.transitGrace, .stopped: configuration.transitGrace,
            ]
            let settled = runtime.unit.deactivated.map { $0.monotonic + configuration.stopGrace }
            let transit = runtime.unit.phaseSince.flatMap { since in
                patience[runtime.unit.phase].map { since.monotonic + $0 }
            }
            return [settled, transit].compactMap { $0 }.filter { $0 > facts.now.monotonic }.min()
        }.min()
    }
}

extension RuntimeCase<RuntimeDown> {
    var unit: UnitFacts { runtime.unit }
    var askAgain: Inquiry { .probe(runtime.endpoint, from: .socket) }

    func assess() -> Assessment {
        if isBeside { return .unknown(inquiries: []) }
        let judgement = judge()
        if case .holds = judgement, let other = embeddedKubelet {
            return .explained(
                by: KubeletDown.kind, subject: other, summary: "\(unit.name) ended with its kubelet")
        }
        if endedWithTheMachine(judgement) { return .expired("the machine goes down") }
        // A start that hangs because containers cannot be killed is RuntimeSwitched, whatever somebody does to end it;
        // a reason of its own not to start is not.
        if stuckStart != nil, case .holds(let finding) = judgement, !finding.isOfOwnStart {
            return .explained(by: RuntimeSwitched.kind, subject: name, summary: finding.sentence)
        }
        if case .holds(let finding) = judgement,
            NodeCase(facts: facts, configuration: configuration).tookDown(unit, finding)
        {
            return .explained(by: NodeFault.kind, subject: NodeFault.subject, summary: finding.sentence)
        }
        return judgement
    }

    private func judge() -> Assessment {
        switch unit.phase {
        case .stopped: return stopped()
        case .exited, .failed, .autoRestart: return fallen()
        case .starting, .restarting, .stopping: return inTransit()
        case .running, .unknown: return standing()
        }
    }

    /// What ends after the machine began to go down ends with it; what was wrong before stays so.
    private func endedWithTheMachine(_ judgement: Assessment) -> Bool {
        guard facts.isShuttingDown, let down = facts.goingDown.since?.monotonic else { return false }
        let began = [unit.troubleSince, unit.stop, api.failing?.since].compactMap { $0?.monotonic }.min()
        if let began { return began + configuration.stopGrace >= down }
        // Nothing was wrong by then: what was told since was of the shutdown.
        switch judgement {
        case .cleared: return true
        case .unknown: return unit.phase != .unknown
        case .holds, .expired, .explained: return false
        }
    }

    // MARK: What systemd says

    /// Inactive, because somebody asked for it, or never started.
    private func stopped() -> Assessment {
        if api.answered(after: unit.phaseSince?.monotonic) { return .cleared(answered) }
        if let taken = takenOver() { return .holds(taken) }
        let lately =
            unit.ranThisBoot ? unit.phaseSince.map { $0.monotonic - configuration.transitGrace } : nil
        if let dependency = facts.signals.last(.dependencyFailed, unit: unit.name, since: lately) {
            return .holds(finding(dependency: dependency))
        }
        guard unit.ranThisBoot, let since = unit.stop ?? unit.phaseSince else {
            return .unknown(inquiries: [])
        }
        if isGivenUp(since: since) {
            return .expired("\(unit.name) was stopped and disabled: it is not wanted on this node")
        }
        // Why it fell says more than that somebody then stopped it, and the machine may be going down.
        if unit.troubleSince != nil, now.monotonic - since.monotonic < configuration.transitGrace {
            return .unknown(inquiries: [askAgain])
        }
        if let other = stoppedWith(since: since) {
            if other.isRunning || other.phase == .starting {
                return .holds(findingLeft(by: other, since: since))
            }
            if let runtime = facts.runtime(unit: other.name) {
                return .explained(
                    by: RuntimeDown.kind, subject: runtime.name, summary: "\(unit.name) was stopped with it")
            }
        }
        return .holds(findingStopped(since: since))
    }

    /// Of the sockets of one unit, where nobody was asked, one is enough to tell of the unit.
    private var isBeside: Bool {
        guard runtime.endpoint.unit != nil, api.rungs.isEmpty,
            let first = facts.runtimes.first(where: { $0.unit.name == unit.name })
        else { return false }
        return first.endpoint != runtime.endpoint
    }

    /// The kubelet that this unit embeds, if its last words are the latest: the unit ends with it.
    private var embeddedKubelet: String? {
        guard ServiceUnit.embedsKubelet(unit.name), [.exited, .failed, .autoRestart].contains(unit.phase),
            facts.signals.last(.kubeletFatal, unit: unit.name, since: unit.troubleFrom) != nil,
            facts.signals.last(.embeddedRuntimeEnded, unit: unit.name, since: unit.troubleFrom) == nil
        else { return nil }
        return runtime.endpoint.name
    }

    /// Stopped and disabled by an operator, and another runtime serves this node. A node whose only runtime is disabled
    /// is down all the same.
    private func isGivenUp(since stop: Moment) -> Bool {
        unit.isGivenUp
            && facts.runtimes.contains {
                $0.endpoint != runtime.endpoint && $0.api.answered(since: stop.monotonic)
            }
    }

    /// The main process ended without being asked to.
    private func fallen() -> Assessment {
        if api.answered(after: unit.phaseSince?.monotonic) { return .cleared(answered) }
        if let exit = unit.exit, endedAsAsked(exit) { return .holds(findingStopped(since: exit.at)) }
        return .holds(findingFallen())
    }

    /// It ended well and said that it was asked to, though no stop job was told of.
    private func endedAsAsked(_ exit: UnitFacts.Exit) -> Bool {
        guard unit.phase == .exited, exit.code == "exited", exit.status == 0,
            let word = facts.signals.last(
                .runtimeStopping, unit: unit.name, since: exit.at.monotonic - configuration.transitGrace)
        else { return false }
        return word.at.monotonic <= exit.at.monotonic
    }

    /// Between two states: nothing is proven well, and what was wrong still is.
    private func inTransit() -> Assessment {
        if unit.phase == .starting, api.answered(since: unit.phaseSince?.monotonic) {
            return .cleared(answered)
        }
        if unit.troubleSince != nil, unit.exit != nil || unit.result != nil { return .holds(findingFallen()) }
        guard let since = unit.phaseSince else { return .unknown(inquiries: [askAgain]) }
        let waited = now.monotonic - since.monotonic
        if unit.phase == .starting {
            // What the journal has to say of this start may not have been read yet.
            if facts.monitoring.journal == .catchingUp { return .unknown(inquiries: [askAgain]) }
            if waited >= configuration.startGrace, let slow = recoverySlow(since: since.monotonic) {
                return .holds(findingSpoken(slow, since: since))
            }
            // It says so when it has waited for ten seconds.
            let isLocked = facts.signals.last(.stateLocked, unit: unit.name, since: since.monotonic) != nil
            return isLocked || waited >= configuration.startGrace
                ? .holds(findingActivating(since: since)) : .unknown(inquiries: [askAgain])
        }
        if let since = unit.deactivated {
            // The line that says what the stop job was for is late, or lost; the runtime may say that it starts again.
            let starts = facts.signals.last(.runtimeStarting, unit: unit.name, since: since.monotonic)
            if starts != nil { return .unknown(inquiries: [askAgain, .unit(unit.name)]) }
            return now.monotonic - since.monotonic >= configuration.stopGrace
                ? .holds(findingStopped(since: since)) : .unknown(inquiries: [askAgain, .unit(unit.name)])
        }
        // Between the halves of a restart, or in a stop job, and it does not move on.
        guard waited >= configuration.transitGrace, unit.phase == .restarting || api.failing != nil else {
            return .unknown(inquiries: [askAgain, .unit(unit.name)])
        }
        return .holds(findingStopped(since: since))
    }

    // MARK: What the endpoint says

    /// systemd holds the unit for up, or nobody can say: the endpoint decides.
    private func standing() -> Assessment {
        let up = unit.phaseSince?.monotonic
        if let finding = withoutDatabase { return .holds(finding) }
        if api.answered(since: up) {
            if let finding = notReady(since: up) { return .holds(finding) }
            return .cleared(answered)
        }
        if api.rungs.isEmpty, let spoken = spoken(since: up) { return spoken }
        if unit.isRunning, api.rungs.isEmpty { return .cleared(started) }
        if api.broken != nil, api.failing == nil, unit.isRunning, api.reached(since: up) {
            return .cleared(reached)
        }
        guard let failing = api.failing else { return reported() ?? .unknown(inquiries: []) }
        // It came up since it was asked last; what the kubelet says is as old as its last look.
        if let up, failing.at.monotonic < up { return .unknown(inquiries: [askAgain]) }
        return judge(failing, up: up)
    }

    /// Nobody has asked its endpoint, and systemd does not say that it is down: its own last words.
    private func spoken(since up: MonotonicTime?) -> Assessment? {
        let start = MonotonicTime(microseconds: .min)
        let good = [
            SignalName.runtimeBooted, .createSucceeded, .embeddedRuntimeRuns,
        ].compactMap { facts.signals.last($0, unit: unit.name)?.at.monotonic }.max()
        let from = [up, good].compactMap { $0 }.max() ?? start
        if let dependency = facts.signals.last(.dependencyFailed, unit: unit.name, since: from) {
            return .holds(finding(dependency: dependency))
        }
        if let said = lastWords(from: from) { return .holds(findingSpoken(said)) }
        return waitingForEmbedded().map { .holds($0) }
    }

    private func judge(_ failing: APIFacts.Failing, up: MonotonicTime?) -> Assessment {
        let young = up.map { failing.at.monotonic - $0 < configuration.socketGrace } ?? false
        switch failing.failure.reason {
        case .socketMissing, .notASocket, .refused:
            if let other = servesElsewhere {
                return .expired(
                    "\(unit.name) serves \(other.endpoint.socketPath); nobody has served \(runtime.endpoint.socketPath) on this boot"
                )
            }
            if young, !wasServed(before: failing.since, since: up) { return .unknown(inquiries: [askAgain]) }
            // A runtime that is being stopped takes its socket away a moment before systemd's word of it arrives.
            if let told = unit.stateAt, told.monotonic < failing.since.monotonic, failing.count < 3 {
                return .unknown(inquiries: [.unit(unit.name), askAgain])
            }
            // Without systemd's word that it should be there, a socket that never was is no outage.
            if unit.phase == .unknown, api.answeredAt == nil {
                return reported() ?? .unknown(inquiries: [.unit(unit.name)])
            }
            return .holds(findingUnreachable(failing))
        case .timedOut:
            if failing.rung <= .connect, failing.count < 3 {
                return .unknown(inquiries: [.probe(runtime.endpoint, from: .version)])
            }
            return .holds(findingHung(failing))
        case .notGRPC: return .holds(findingTakenOver(failing))
        case .reset:
            return failing.count >= 2 ? .holds(findingUnreachable(failing)) : .unknown(inquiries: [askAgain])
        case .starting:
            guard failing.at.monotonic - failing.since.monotonic >= configuration.startGrace else {
                return .unknown(inquiries: [askAgain])
            }
            return .holds(findingActivating(since: failing.since))
        case .rpc, .unimplemented, .unreadable:
            return failing.count >= 3 ? .holds(findingUnreachable(failing)) : .unknown(inquiries: [askAgain])
        }
    }

    /// READY=1 may come before listen(2); but this socket was there since the unit came up: the runtime answered on it, or
    /// said that it serves it.
    func wasServed(before failing: Moment, since up: MonotonicTime?) -> Bool {
        if let at = api.answeredAt?.monotonic, up.map({ at >= $0 }) ?? true { return true }
        let began = unit.startedAt?.monotonic ?? up
        return facts.signals.all(.runtimeServing).contains { line in
            line.unit == unit.name && line.at.monotonic <= failing.monotonic
                && line.captures["address"] == runtime.endpoint.socketPath
                && began.map { line.at.monotonic >= $0 } ?? true
        }
    }

    /// The runtime of the same unit that answers on another socket, where this one never did: it was not removed, and
    /// whoever names it is wrong.
    private var servesElsewhere: RuntimeFacts? {
        guard api.answeredAt == nil, hasUnit else { return nil }
        return facts.runtimes.first {
            $0.endpoint != runtime.endpoint && $0.unit.name == unit.name && $0.api.isUp
        }
    }

    /// While the unit is inactive, something else answers or accepts on its socket.
    private func takenOver() -> Finding? {
        guard let stopped = unit.phaseSince?.monotonic, let failing = api.failing,
            failing.at.monotonic > stopped
        else { return nil }
        switch failing.failure.reason {
        case .notGRPC: break
        case .timedOut where failing.rung > .connect: break
        // It accepts and hangs up; at the stop itself that is the runtime's own end.
        case .reset where failing.at.monotonic - stopped >= configuration.stopGrace: break
        default: return nil
        }
        return findingTakenOver(failing)
    }

    /// Only the kubelet complains; nothing that we see explains it.
    private func reported() -> Assessment? {
        guard runtime.endpoint == facts.runtimes.first?.endpoint, api.answeredAt == nil || api.failing != nil,
            let signal = complaintOfKubelet
        else { return nil }
        return .holds(findingReported(signal))
    }

    /// The kubelet says that the runtime is down, or that nobody serves its socket.
    private var complaintOfKubelet: Signal? {
        let limit = now.monotonic - configuration.symptomWindow
        return facts.signals.last(.kubeletRuntimeDown, since: limit)
            ?? facts.signals.all(.kubeletRelistFailed, unit: nil, since: limit)
            .last { $0.captures["code"] == "Unavailable" }
    }

    // MARK: Evidence that it is well

    private var answered: Evidence {
        Evidence(
            at: (api.answeredAt ?? now).wall, source: .cri,
            summary: "\(name) answers on its CRI socket again (crictl, \(api.answerLatency.brief))",
            command: crictl("version"))
    }

    /// Of a journal without any answer of the endpoint, systemd's word is all there is.
    private var started: Evidence {
        Evidence(
            at: (unit.phaseSince ?? now).wall, source: .systemd,
            summary: "systemd: \(unit.name) is started again (its endpoint was not asked)",
            command: "systemctl status \(unit.name)")
    }

    private var reached: Evidence {
        Evidence(
            at: (api.reachedAt ?? now).wall, source: .cri,
            summary:
                "\(name) is active and accepts connections again (crictl is not usable, so this is all that is known)",
            command: "systemctl status \(unit.name)")
    }
}
