// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What the end of the main process, and the lines before it, say of the cause.
extension RuntimeCase<RuntimeDown> {
    /// A cause and its words, before it becomes a finding.
    struct Fall {
        var cause: Cause
        /// Where its proof is weaker than that of its cause's place in the table.
        var rankedAs: Cause?
        var sentence: String
        var explanation: String
        var proof: Signal?
        var steps: [NextStep] = []
        var inquiries: [Inquiry] = []
    }

    func findingFallen() -> Finding {
        let since = unit.troubleSince ?? unit.phaseSince ?? now
        let fall = fall(since: since)
        let looping = attempts
        var evidence = [
            fall.proof.map { Evidence.journal($0) }, exitEvidence, gaveUpEvidence(since),
            restartEvidence(looping),
        ]
        .compactMap { $0 }
        evidence += [endpointEvidence(since: since.monotonic)].compactMap { $0 }
        if evidence.isEmpty { evidence = [resultEvidence(since)] }
        var explanation = fall.explanation
        if looping >= configuration.crashLoopCount, fall.cause != .crashLooping {
            explanation += " systemd has tried \(looping) times in \(configuration.crashLoopWindow.brief)."
        }
        if unit.phase == .failed,
            facts.signals.last(.startLimitHit, unit: unit.name, since: since.monotonic) != nil
        {
            explanation += " systemd has given up (start limit): it will not come back by itself."
        }
        return Finding(
            cause: fall.cause, rankedAs: fall.rankedAs, severity: .critical, confirmed: true, since: since,
            sentence: fall.sentence, explanation: explanation, impact: impact, evidence: evidence,
            nextSteps: fall.steps + [seeLog(since), seeStatus, startAgain], clearsWhen: clearsWhen,
            inquiries: fall.inquiries + [askAgain])
    }

    /// The nearest cause to the root: what the latest attempt said, else what an earlier attempt of the same trouble
    /// said while this one has not ended, or ended without a word.
    private func fall(since: Moment) -> Fall {
        let attempt = max(unit.startedAt?.monotonic ?? since.monotonic, unit.troubleFrom ?? since.monotonic)
        if let told = told(from: attempt) { return told }
        let underWay = unit.exit.map { $0.at.monotonic < attempt } ?? true
        let silent = unit.exit?.code == "exited"
        if underWay || silent, let told = told(from: unit.troubleFrom ?? since.monotonic) { return told }
        let fatal = facts.signals.last(.runtimeFatal, unit: unit.name, since: attempt)
        return byExit(fatal, looping: attempts)
    }

    private func told(from: MonotonicTime) -> Fall? {
        if let told = toldBySystemd(from: from) { return told }
        // Who is killed from outside does not die of what it logged.
        if let exit = unit.exit, exit.code == "killed", [9, 15].contains(exit.status),
            exit.at.monotonic >= from
        {
            return nil
        }
        func proof(_ name: SignalName) -> Signal? { facts.signals.last(name, unit: unit.name, since: from) }
        if let fall = classified(from: from) { return fall }
        if let line = proof(.addressInUse) { return addressInUse(line) }
        if unit.exit?.isExecFailure == true { return binaryMissing(nil) }
        if let line = proof(.stateLocked) { return stateLocked(line) }
        if let line = proof(.noSpace) { return diskFull(line) }
        if let line = proof(.crashed) { return crashed(line) }
        return nil
    }

    /// What systemd's result and the kernel say of the end, whatever the runtime logged before it.
    private func toldBySystemd(from: MonotonicTime) -> Fall? {
        func proof(_ name: SignalName) -> Signal? { facts.signals.last(name, unit: unit.name, since: from) }
        // The kernel's line names the control group; systemd's "killed by the OOM killer" may mean a shim.
        let kernel = facts.signals.all(.runtimeOOMKilled).last { isOwnOOM($0, from: from) }
        if unit.result == "oom-kill" || kernel != nil {
            return outOfMemory(kernel ?? proof(.runtimeOOMKilled))
        }
        if unit.result == "watchdog" || proof(.watchdogTimeout) != nil {
            return watchdog(proof(.watchdogTimeout))
        }
        if proof(.startTimedOut) != nil || (unit.result == "timeout" && unit.stop == nil) {
            return recoverySlow(since: from) ?? startTimeout(proof(.startTimedOut))
        }
        return nil
    }

    /// The kernel's line names the control group (since 4.19), or the process alone: then it died of SIGKILL at that time.
    private func isOwnOOM(_ signal: Signal, from: MonotonicTime) -> Bool {
        guard signal.at.monotonic >= from else { return false }
        if let cgroup = signal.captures["cgroup"] { return ServiceUnit.owns(cgroup, unit.name) }
        guard signal.captures["pid"] != nil, let exit = unit.exit, exit.status == 9, exit.code == "killed"
        else {
            return false
        }
        let distance = signal.at.monotonic - exit.at.monotonic
        return distance <= .seconds(10) && distance >= .seconds(-10)
    }

    private var attempts: Int {
        unit.attempts(since: now.monotonic - configuration.crashLoopWindow)
    }

    // MARK: Its last words alone

    /// The nearest cause that its last words since then tell.
    func lastWords(from: MonotonicTime) -> Fall? {
        if let fall = classified(from: from) { return fall }
        func proof(_ name: SignalName) -> Signal? { facts.signals.last(name, unit: unit.name, since: from) }
        if let line = proof(.addressInUse) { return addressInUse(line) }
        if let line = proof(.crashed) { return crashed(line) }
        if let line = proof(.watchdogTimeout) { return watchdog(line) }
        if let line = proof(.startTimedOut) {
            return recoverySlow(since: line.at.monotonic - configuration.crashLoopWindow)
                ?? startTimeout(line)
        }
        if let line = proof(.runtimeFatal) {
            return Fall(
                cause: .exited, sentence: "\(name) ended by itself",
                explanation: "It said: \((line.captures["detail"] ?? line.excerpt).clause(400))",
                proof: line)
        }
        return nil
    }

    func findingSpoken(_ fall: Fall, since start: Moment? = nil) -> Finding {
        let since = start ?? fall.proof?.at ?? now
        return Finding(
            cause: fall.cause, rankedAs: fall.rankedAs, severity: .critical, confirmed: true, since: since,
            sentence: fall.sentence, explanation: fall.explanation, impact: impact,
            evidence: [fall.proof.map { Evidence.journal($0) }].compactMap { $0 },
            nextSteps: fall.steps + [seeLog(since), seeStatus], clearsWhen: clearsWhen,
            inquiries: fall.inquiries + [askAgain])
    }

    private func addressInUse(_ line: Signal) -> Fall {
        let address = line.captures["address"] ?? "its address"
        let what = line.captures["what"].map { " (\($0))" } ?? ""
        let holders = facts.answers.tcpHolders(of: address)?.value ?? []
        let holder = holders.first.map { ", which \($0.label) holds" } ?? ", which another process holds"
        return Fall(
            cause: .addressInUse,
            sentence: "\(name) does not start: \(address) is already in use",
            explanation: "\(name) must listen on \(address)\(what)\(holder).", proof: line,
            steps: [NextStep("see who holds it", "ss -tlnp 'sport = :\(digits: port(of: address))'")],
            inquiries: [.tcpListener(address: address)])
    }

    func binaryMissing(_ line: Signal?) -> Fall {
        let path = line?.captures["path"] ?? unit.state?.execStart ?? "its binary"
        return Fall(
            cause: .binaryMissing, sentence: "\(name) does not start: \(path) cannot be executed",
            explanation: "systemd could not execute \(path) for \(unit.name) (exit status 203/EXEC).",
            proof: line,
            steps: [
                NextStep("see what the unit wants to run", "systemctl cat \(unit.name)"),
                NextStep("see whether it is there", "ls -l \(path)"),
            ])
    }

    private func stateLocked(_ line: Signal) -> Fall {
        Fall(
            cause: .stateLocked,
            sentence: "\(name) does not start: another process holds its database",
            explanation:
                "A second \(runtime.endpoint.runtime.title) has the state directory open; the new one waits for its lock.",
            proof: line,
            steps: [
                NextStep(
                    "find the other one",
                    "pgrep -a \(runtime.endpoint.runtime == .crio ? "crio" : "containerd")")
            ])
    }

    private func diskFull(_ line: Signal) -> Fall {
        Fall(
            cause: .diskFull, sentence: "\(name) does not run: no space is left where it writes",
            explanation: "\(name) could not write \(line.captures["path"] ?? "its state") and ended.",
            proof: line,
            steps: [
                NextStep(
                    "see how full it is",
                    "df -h /var/lib/containerd /var/lib/containers /var /run 2>/dev/null")
            ])
    }

    private func outOfMemory(_ line: Signal?) -> Fall {
        Fall(
            cause: .oomKilled, sentence: "\(name) was killed: out of memory",
            explanation: "The kernel's OOM killer killed \(name) itself, not a container.", proof: line,
            steps: [NextStep("see what used the memory", "journalctl -k -g 'oom|Killed process' -n 40")])
    }

    private func watchdog(_ line: Signal?) -> Fall {
        Fall(
            cause: .watchdogTimeout,
            sentence: "\(name) was killed by systemd: its watchdog expired",
            explanation:
                "\(name) stopped reporting to systemd's watchdog, so systemd assumed that it hung, and killed it.",
            proof: line)
    }

    private func crashed(_ line: Signal) -> Fall {
        Fall(
            cause: .crashed, sentence: "\(name) crashed",
            explanation: "\(name) panicked: \((line.captures["detail"] ?? line.excerpt).clause(200))",
            proof: line,
            steps: [
                NextStep(
                    "look for a core (a Go panic leaves none)",
                    "coredumpctl list \(runtime.endpoint.runtime == .crio ? "crio" : "containerd")")
            ])
    }

    /// It cleans up one shim of the last run after the other.
    func recoverySlow(since: MonotonicTime) -> Fall? {
        let shims = facts.signals.all(.deadShimCleaned, unit: unit.name, since: since)
        guard let line = shims.last else { return nil }
        let count = shims.count == 1 ? "a dead shim" : "\(shims.count) dead shims, one after the other"
        return Fall(
            cause: .recoverySlow,
            sentence: "\(name) is not ready in time: it cleans up the shims of its last run",
            explanation:
                "It has cleaned up \(count), and waits each time for an answer that does not come, before it reports READY=1.",
            proof: line,
            steps: [
                NextStep(
                    "see how long systemd lets it start", "systemctl show -p TimeoutStartUSec \(unit.name)"),
                NextStep(
                    "see what is left of the last run",
                    "ls -l /run/containerd/io.containerd.runtime.v2.task/k8s.io"),
            ])
    }

    private func startTimeout(_ line: Signal?) -> Fall {
        Fall(
            cause: .startTimeout, sentence: "\(name) does not start: it was not ready in time",
            explanation: "\(name) did not report READY=1 within TimeoutStartSec= and systemd ended it.",
            proof: line)
    }

    private func byExit(_ fatal: Signal?, looping: Int) -> Fall {
        guard let exit = unit.exit else {
            if looping >= configuration.crashLoopCount {
                return Fall(
                    cause: .crashLooping, sentence: "\(name) keeps failing",
                    explanation:
                        "systemd reports Result=\(unit.result ?? "unknown") for \(unit.name), and has started it again and again; how its process ended was not seen.",
                    proof: fatal)
            }
            return Fall(
                cause: .failed, sentence: "\(name) has failed",
                explanation: "systemd reports Result=\(unit.result ?? "unknown") for \(unit.name).",
                proof: fatal)
        }
        let loops = looping >= configuration.crashLoopCount
        switch exit.code {
        case "killed", "dumped":
            let signal = UnixSignal.name(exit.status)
            let crash = exit.code == "dumped" || [4, 6, 7, 8, 11].contains(exit.status)
            return Fall(
                cause: loops ? .crashLooping : crash ? .crashed : .killed,
                rankedAs: loops ? .crashLooping : .killed,
                sentence: loops
                    ? "\(name) keeps dying (\(signal))"
                    : crash ? "\(name) crashed (\(signal))" : "\(name) was killed (\(signal))",
                explanation: crash
                    ? "The main process of \(unit.name) ended by \(signal)\(exit.code == "dumped" ? " and dumped core" : "")."
                    : "Somebody or something sent \(signal) to the main process of \(unit.name).",
                proof: fatal,
                steps: signal == "SIGKILL"
                    ? [
                        NextStep(
                            "see whether the kernel's OOM killer did it",
                            "journalctl -k -g 'oom|Killed process' -n 20")
                    ] : [])
        default:
            let said = fatal.map { " It said: \(($0.captures["detail"] ?? $0.excerpt).clause(200))" } ?? ""
            if fatal == nil, let failure = SetupStatus.failure(exit.status) {
                return Fall(
                    cause: loops ? .crashLooping : .exited,
                    sentence: "\(name) does not start: systemd cannot \(failure)",
                    explanation: SetupStatus.explanation(name),
                    proof: nil,
                    steps: [NextStep("see what the unit file asks for", "systemctl cat \(unit.name)")])
            }
            return Fall(
                cause: loops ? .crashLooping : .exited,
                sentence: loops
                    ? "\(name) keeps exiting with status \(exit.status)"
                    : "\(name) exited with status \(exit.status)",
                explanation: "The main process of \(unit.name) ended by itself.\(said)", proof: fatal)
        }
    }
}
