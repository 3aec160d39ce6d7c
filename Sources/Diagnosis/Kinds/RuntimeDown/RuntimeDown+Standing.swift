// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Findings that rest on the endpoint, or on systemd's word that the unit is down on purpose.
extension RuntimeCase<RuntimeDown> {
    /// What systemd says of a unit that is down and did not fail.
    private var stopWords: String {
        switch unit.phase {
        case .stopping: "systemd: a stop job of \(unit.name) is under way and has not ended"
        case .restarting: "systemd: \(unit.name) was stopped for a restart and is not being started"
        default:
            unit.stopCursor == nil
                ? "systemd: \(unit.name) is inactive, and did not fail"
                : "systemd stopped \(unit.name) by a stop job"
        }
    }

    /// The runtime's own word that it is not ready (containerd never says so; CRI-O and cri-dockerd do).
    func notReady(since up: MonotonicTime?) -> Finding? {
        guard let at = runtime.statusAt, up.map({ at.monotonic >= $0 }) ?? true,
            let condition = runtime.status?.condition("RuntimeReady"), !condition.status
        else { return nil }
        return Finding(
            cause: .runtimeNotReady, severity: .critical, confirmed: true, since: at,
            sentence: "\(name) answers, but reports that it is not ready",
            explanation: "CRI RuntimeReady=false: \(condition.reason) \(condition.message)".bounded(300)
                + ".",
            impact: impact,
            evidence: [
                Evidence(
                    at: at.wall, source: .cri,
                    summary: "\(name) reports RuntimeReady=false (\(condition.reason))",
                    command: crictl("info"))
            ], nextSteps: [seeLog(at), seeStatus], clearsWhen: "\(name) reports RuntimeReady=true",
            inquiries: [.probe(runtime.endpoint, from: .version)])
    }

    func findingStopped(since: Moment) -> Finding {
        var evidence = [
            Evidence(
                at: since.wall, source: unit.stopCursor == nil ? .systemd : .journal,
                summary: stopWords,
                cursor: unit.stopCursor,
                command: "systemctl status \(unit.name)")
        ]
        evidence += [endpointEvidence(since: since.monotonic)].compactMap { $0 }
        return Finding(
            cause: .stopped, severity: .critical, confirmed: true, since: since,
            grace: configuration.stopGrace, isWanted: true, sentence: "\(name) was stopped",
            explanation: "Somebody or something asked systemd to stop \(unit.name); it did not fail.",
            impact: impact,
            evidence: evidence,
            nextSteps: [
                NextStep(
                    "look for who asked for it in the seconds before: sudo, a package manager, a script",
                    "journalctl --since '\((since.wall + .seconds(-20)).date) \((since.wall + .seconds(-20)).clock) UTC' --until '\((since.wall + .seconds(5)).date) \((since.wall + .seconds(5)).clock) UTC' -o short-precise"
                ),
                NextStep("start it, if nobody wants it down", "systemctl start \(unit.name)"),
            ], clearsWhen: clearsWhen, inquiries: [askAgain, .unit(unit.name)])
    }

    func finding(dependency: Signal) -> Finding {
        let before = endedBefore(dependency)
        let told = dependency.captures["dependency"]
        let other = told ?? "a unit that it requires"
        let named = told ?? before?.captures["dependency"]
        let moment =
            told == nil ? before.map { "; \($0.captures["dependency"] ?? "one") failed just before" } : nil
        let read = named.map { NextStep("read why it failed", "journalctl -u \($0) -n 30") }
        return Finding(
            cause: .dependencyFailed, severity: .critical, confirmed: true, since: dependency.at,
            sentence: "\(name) does not run: \(other) failed\(moment ?? "")".bounded(300),
            explanation: "systemd does not start \(unit.name) because \(other) is not up.", impact: impact,
            evidence: [Evidence.journal(dependency)] + (before.map { [Evidence.journal($0)] } ?? []),
            nextSteps: (read.map { [$0] } ?? []) + [
                NextStep("see what it requires", "systemctl list-dependencies \(unit.name)"), seeStatus,
            ], clearsWhen: clearsWhen, inquiries: [askAgain])
    }

    /// The unit that failed at the moment when systemd gave up a start for a dependency, whose name it does not tell.
    private func endedBefore(_ dependency: Signal) -> Signal? {
        facts.signals.all(.unitEndedBadly, unit: nil, since: dependency.at.monotonic - .seconds(2)).last {
            $0.at.monotonic <= dependency.at.monotonic && $0.captures["dependency"] != unit.name
        }
    }

    func findingActivating(since: Moment) -> Finding {
        let recovering = facts.signals.last(.recoveryStarted, unit: unit.name, since: since.monotonic)
        let booted = facts.signals.last(.runtimeBooted, unit: unit.name, since: since.monotonic)
        let locked = facts.signals.last(.stateLocked, unit: unit.name, since: since.monotonic)
        let stuck = now.monotonic - since.monotonic
        var evidence = [
            Evidence(
                at: since.wall, source: .systemd,
                summary: "\(unit.name) has been activating for \(stuck.brief) and has not reported READY=1",
                command: "systemctl show -p ActiveState,SubState,StatusText \(unit.name)")
        ]
        evidence += [locked, recovering].compactMap { $0.map { Evidence.journal($0) } }
        evidence += [endpointEvidence(since: since.monotonic)].compactMap { $0 }
        let inRecovery = recovering != nil && booted == nil
        return Finding(
            cause: locked == nil ? .stuckActivating : .stateLocked, severity: .critical,
            confirmed: locked != nil || stuck >= configuration.startGrace + configuration.startGrace,
            since: since,
            sentence: locked == nil
                ? "\(name) is stuck starting"
                : "\(name) does not start: another process holds its database",
            explanation: inRecovery
                ? "\(name) began to recover its state and has not finished; \"Start recovering state\" is not success."
                : "systemd still waits for \(unit.name) to become ready.", impact: impact, evidence: evidence,
            nextSteps: [seeLog(since), seeStatus], clearsWhen: clearsWhen,
            inquiries: [askAgain, .unit(unit.name)])
    }

    func findingUnreachable(_ failing: APIFacts.Failing) -> Finding {
        if api.answeredAt == nil, [.socketMissing, .notASocket].contains(failing.failure.reason),
            !wasServed(before: failing.since, since: nil)
        {
            return findingUnserved(failing)
        }
        let words: (cause: Cause, sentence: String, explanation: String)
        let path = runtime.endpoint.socketPath
        let runs =
            unit.isRunning
            ? "systemd reports \(unit.name) as active" : "nothing says that \(unit.name) is down"
        switch failing.failure.reason {
        case .socketMissing, .notASocket:
            words = (
                .socketMissing, "\(name) runs, but its socket \(path) is gone",
                "\(runs), and \(path) does not exist: it was removed while the runtime ran, or the runtime listens elsewhere."
            )
        case .refused:
            words = (
                .connectionRefused, "\(name) does not listen on \(path)",
                "\(runs), and nobody listens on the socket file: it is stale, or the runtime is not ready."
            )
        default:
            words = (
                .apiError, "\(name) answers its CRI socket with errors",
                "\(runs), and every call ends in \(failing.failure.grpcCode ?? failing.failure.reason.rawValue)."
            )
        }
        return Finding(
            cause: words.cause, severity: .critical,
            confirmed: unit.isRunning || failing.count >= 2, since: failing.since, sentence: words.sentence,
            explanation: words.explanation, impact: impact,
            evidence: [endpointEvidence(since: failing.since.monotonic), activeEvidence].compactMap { $0 },
            nextSteps: [
                NextStep("see who listens", "ss -xlp | grep \(path)"), seeStatus,
            ] + restart("recreate the socket: restart the runtime (containers keep running)"),
            clearsWhen: clearsWhen,
            inquiries: [askAgain, .unit(unit.name)])
    }

    /// Nothing was ever seen to serve this socket: whether it was removed, or never was the runtime's, nobody can say.
    private func findingUnserved(_ failing: APIFacts.Failing) -> Finding {
        let path = runtime.endpoint.socketPath
        return Finding(
            cause: .socketMissing, severity: .critical,
            confirmed: unit.isRunning || failing.count >= 2, since: failing.since,
            sentence: "nobody serves \(path), which is configured as this node's CRI socket",
            explanation: hasUnit
                ? "\(unit.isRunning ? "systemd reports \(unit.name) as active" : "Nothing says that \(unit.name) is down"), and \(path) has not been there since crihealthd first looked: the runtime may listen elsewhere, or this socket is configured by mistake."
                : "\(path) has not been there since crihealthd first looked, and no unit is known to serve it.",
            impact: impact,
            evidence: [endpointEvidence(since: failing.since.monotonic), activeEvidence].compactMap { $0 },
            nextSteps: [
                NextStep("see which sockets are served, and by whom", "ss -xlp"),
                NextStep(
                    "see who names this one",
                    "grep -rsn \(path) /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env /etc/crictl.yaml /etc/crihealthd"
                ), seeStatus,
            ], clearsWhen: clearsWhen, inquiries: [askAgain, .unit(unit.name)])
    }

    func findingHung(_ failing: APIFacts.Failing) -> Finding {
        let process = unit.state?.mainPID.flatMap { facts.answers.processes[$0] }?.value
        let stopped = process?.state == "T" || process?.state == "t"
        let blocked = process?.state == "D"
        var evidence = [endpointEvidence(since: failing.since.monotonic), activeEvidence].compactMap { $0 }
        if let process, let state = process.state {
            evidence.insert(
                Evidence(
                    at: now.wall, source: .node,
                    summary:
                        "\(process.label) is in state \(state)\(stopped ? " (stopped by a signal)" : blocked ? " (uninterruptible sleep)" : "")",
                    command: "grep State /proc/\(process.pid)/status"), at: 0)
        }
        return Finding(
            cause: .hung, severity: .critical,
            confirmed: failing.count >= 2 || stopped || blocked,
            since: failing.since, sentence: "\(name) is hung: it accepts connections and does not answer",
            explanation: stopped
                ? "Its main process is stopped (SIGSTOP): it will answer after SIGCONT."
                : !hasUnit
                    ? "No unit is known to serve it, and CRI calls time out."
                    : (unit.isRunning
                        ? "systemd reports \(unit.name) as active" : "Nothing says that \(unit.name) is down")
                        + ", but CRI calls time out.",
            impact: impact, evidence: evidence,
            nextSteps: wake(process, stopped: stopped), clearsWhen: clearsWhen,
            inquiries: [askAgain, .unit(unit.name)] + (unit.state?.mainPID.map { [.process(pid: $0)] } ?? []))
    }

    private func wake(_ process: ProcessIdentity?, stopped: Bool) -> [NextStep] {
        if let process, stopped, process.pid > 1 {
            return [seeStatus, NextStep("resume it", "kill -CONT \(process.pid)")]
        }
        return [seeStatus] + dumpGoroutines()
            + restart("then restart it, if it does not come back (containers keep running)")
    }

    func findingTakenOver(_ failing: APIFacts.Failing) -> Finding {
        let path = runtime.endpoint.socketPath
        let holder = facts.answers.unix[path]?.value.first {
            !$0.name.hasPrefix(runtime.endpoint.runtime == .crio ? "crio" : "containerd")
        }
        var evidence = [endpointEvidence(since: failing.since.monotonic)].compactMap { $0 }
        if let holder {
            evidence.append(
                Evidence(
                    at: (facts.answers.unix[path]?.at ?? now).wall, source: .node,
                    summary: "\(holder.label) listens on \(path)", command: "ss -xlp | grep \(path)"))
        }
        if hasUnit, !unit.isRunning {
            evidence.append(
                Evidence(
                    at: (unit.phaseSince ?? now).wall, source: .systemd,
                    summary: "\(unit.name) is not running",
                    command: "systemctl status \(unit.name)"))
        }
        return Finding(
            cause: .socketTakenOver, severity: .critical, confirmed: true,
            since: unit.isRunning ? failing.since : unit.phaseSince ?? failing.since,
            sentence: "\(path) is served by \(holder?.label ?? "something else"), not by \(name)",
            explanation: unit.isRunning || !hasUnit
                ? "What answers on the socket does not speak gRPC."
                : "\(unit.name) is not running, and yet something accepts connections on its socket.",
            impact: impact, evidence: evidence,
            nextSteps: [
                NextStep("see who listens", "ss -xlp | grep \(path)")
            ] + restart("start the runtime; it replaces the socket"), clearsWhen: clearsWhen,
            inquiries: [.unixListener(path: path), askAgain])
    }

    func findingReported(_ signal: Signal) -> Finding {
        Finding(
            cause: .reportedByKubelet, severity: .warning, confirmed: false, since: signal.at,
            sentence: "the kubelet says that the container runtime is down",
            explanation: "Nothing that crihealthd sees explains it yet.", impact: impact,
            evidence: [Evidence.journal(signal)],
            nextSteps: [NextStep("see what the kubelet saw", "journalctl -u kubelet -n 50")],
            clearsWhen: clearsWhen,
            inquiries: [askAgain, .unit(unit.name)])
    }
}
