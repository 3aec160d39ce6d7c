// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Verdicts in words.
extension KubeletCase {
    /// `the kubelet`, `the kubelet within k3s`.
    var name: String { isEmbedded ? "the kubelet within \(subject)" : "the kubelet" }

    func finding(_ fall: Fall) -> Finding {
        let words = words(fall)
        let causeLine = [fall.also, fall.fatal].compactMap { $0 }.map { Evidence.journal($0) }
        var explanation = words.explanation
        if attempts >= configuration.crashLoopCount, fall.cause != .crashLooping {
            explanation += " systemd has started it \(attempts) times without success."
        }
        if hasGivenUp(since: fall.since) {
            explanation += " systemd has given up (start limit): it will not come back by itself."
        }
        return Finding(
            cause: fall.cause, severity: .critical, confirmed: true, since: fall.since,
            sentence: words.sentence, explanation: explanation + runtimeWords, impact: impact,
            evidence: causeLine + [exitEvidence(fall.exit), gaveUpEvidence(fall.since)].compactMap { $0 },
            nextSteps: words.steps + [seeLog, seeStatus] + [startAgain(fall)].compactMap { $0 },
            clearsWhen: clearsWhen, inquiries: inquiries)
    }

    func finding(dependency: Signal) -> Finding {
        let other = dependency.captures["dependency"] ?? "a unit that it requires"
        return Finding(
            cause: .dependencyFailed, severity: .critical, confirmed: true, since: dependency.at,
            sentence: "\(name) was not started: \(other) failed",
            explanation:
                "systemd did not start \(unit.name) because \(other) did not start (a failed dependency). It does not try again, whatever Restart= says."
                + runtimeWords, impact: impact,
            evidence: [Evidence.journal(dependency)],
            nextSteps: [
                NextStep(
                    "see what it requires, and what of that is not up",
                    "systemctl list-dependencies \(unit.name)"),
                NextStep("see which units failed", "systemctl --failed"),
                NextStep("start it when that unit is up", "systemctl start \(unit.name)"),
            ], clearsWhen: clearsWhen, inquiries: inquiries)
    }

    func findingLeft(by other: UnitFacts, since: Moment) -> Finding {
        Finding(
            cause: .leftStopped, severity: .critical, confirmed: true, since: since,
            grace: configuration.transitGrace,
            sentence:
                "\(name) was stopped together with \(other.name), which is back, and was not started again",
            explanation:
                "systemd stops a unit with one that it requires (Requires=, BindsTo=), and does not start it again with it: an upgrade of a package that restarts \(other.name) is enough."
                + runtimeWords, impact: impact,
            evidence: [stopEvidence(since)] + [endEvidence(of: other)].compactMap { $0 },
            nextSteps: [
                NextStep(
                    "see why \(other.name) was stopped", "journalctl -u \(other.name) -n 30 -o short-precise"),
                NextStep("start it again", "systemctl start \(unit.name)"),
            ], clearsWhen: clearsWhen, inquiries: inquiries)
    }

    func findingStopped(since: Moment) -> Finding {
        Finding(
            cause: .stopped, severity: .critical, confirmed: true, since: since,
            grace: configuration.stopGrace, isWanted: true, sentence: "\(name) was stopped",
            explanation: "Somebody or something asked systemd to stop \(unit.name); it did not fail."
                + runtimeWords, impact: impact, evidence: [stopEvidence(since)],
            nextSteps: [
                NextStep(
                    "see when and how systemd stopped it", "journalctl -u \(unit.name) -n 20 -o short-precise"
                ),
                NextStep("start it, if nobody wants it down", "systemctl start \(unit.name)"),
            ], clearsWhen: clearsWhen, inquiries: inquiries)
    }

    // MARK: Parts

    private var impact: Impact {
        let runtime = facts.runtimes.first
        return Impact(
            sentence:
                "No pod is started, restarted, probed or removed on this node, and the cluster sees it NotReady after a while; running containers keep running.",
            pods: runtime?.readyPods, runningContainers: runtime?.runningContainers)
    }

    private var clearsWhen: String {
        isEmbedded
            ? "\(subject) reports no other exit of its kubelet for \(configuration.embeddedGrace.brief)"
            : "\(unit.name) has been running for \(configuration.stayGrace.brief)"
    }

    /// That the runtime is well, where it was asked: whoever looks for the fault need not look there.
    private var runtimeWords: String {
        let well = facts.runtimes.filter { $0.api.answeredAt != nil && $0.api.failing == nil }
        guard let runtime = well.first, let at = runtime.api.answeredAt else { return "" }
        return " The runtime is fine: \(runtime.name) last answered at \(at.wall.clock) UTC."
    }

    private var inquiries: [Inquiry] { isEmbedded ? [] : [.unit(unit.name)] }

    private var seeLog: NextStep {
        NextStep("read its latest log lines", "journalctl -u \(unit.name) -n 50 -o cat --no-pager")
    }

    private var seeStatus: NextStep { NextStep("see its state in systemd", "systemctl status \(unit.name)") }

    private func startAgain(_ fall: Fall) -> NextStep? {
        guard unit.phase == .failed || hasGivenUp(since: fall.since) else { return nil }
        return NextStep("start it once the cause is fixed", "systemctl restart \(unit.name)")
    }

    private func hasGivenUp(since: Moment) -> Bool {
        unit.phase == .failed
            && facts.signals.last(.startLimitHit, unit: unit.name, since: since.monotonic) != nil
    }

    private func gaveUpEvidence(_ since: Moment) -> Evidence? {
        facts.signals.last(.startLimitHit, unit: unit.name, since: since.monotonic).map {
            Evidence.journal($0)
        }
    }

    private func exitEvidence(_ exit: UnitFacts.Exit?) -> Evidence? {
        guard let exit else { return nil }
        let how =
            exit.code == "exited"
            ? "exited with status \(exit.status)" : "was \(exit.code) by \(UnixSignal.name(exit.status))"
        return Evidence(
            at: exit.at.wall, source: exit.cursor == nil ? .systemd : .journal,
            summary: "systemd: \(unit.name) \(how)", cursor: exit.cursor,
            command: "journalctl -u \(unit.name) -n 20")
    }

    private func stopEvidence(_ since: Moment) -> Evidence {
        Evidence(
            at: since.wall, source: unit.stopCursor == nil ? .systemd : .journal,
            summary: "systemd stopped \(unit.name) by a stop job", cursor: unit.stopCursor,
            command: "systemctl status \(unit.name)")
    }

    private func endEvidence(of other: UnitFacts) -> Evidence? {
        guard let at = other.ended ?? other.stop else { return nil }
        return Evidence(
            at: at.wall, source: .systemd, summary: "systemd: \(other.name) ended, and runs again",
            command: "systemctl status \(other.name)")
    }
}
