// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What fails beside or before the main process: commands of the unit, an embedded runtime, the units that it requires.
extension RuntimeCase<RuntimeDown> {
    func startPreFailed(_ exit: UnitFacts.Exit) -> Fall {
        let words =
            facts.signals.execFailure(of: unit, since: exit.at.monotonic)
            ?? facts.signals.all(.startPreWords).last {
                $0.at.monotonic <= exit.at.monotonic && exit.at.monotonic - $0.at.monotonic <= .seconds(30)
            }
        let said = words.map { " It said: \($0.excerpt.clause(300))" } ?? ""
        let module = words?.captures["module"].map { ": the module \($0.bounded(60))" } ?? ""
        return Fall(
            cause: .startPreFailed,
            sentence: "\(name) does not start: a command that its unit runs before it failed\(module)",
            explanation:
                "ExecStartPre= of \(unit.name) \(exit.code == "exited" ? "ended with status \(exit.status)" : "was \(exit.code)"), so the daemon itself never ran.\(said)",
            proof: words,
            steps: [
                NextStep("see which commands it runs before", "systemctl cat \(unit.name)"),
                NextStep("see what they said", "journalctl -b -u \(unit.name) -n 30 -o short-precise"),
            ])
    }

    /// Its own log is a file, but for dockerd's.
    func embeddedWords(_ line: Signal) -> StartWords {
        let how =
            line.captures["detail"] ?? line.captures["status"].map { "exit status \($0)" } ?? line.excerpt
        let panic = how.hasSuffix("exit status 2") ? " Status 2 is how Go ends after a panic." : ""
        guard let log = embeddedLog else {
            return StartWords(
                sentence: "\(name) ends because the containerd that it starts ended (\(how.bounded(80)))",
                explanation: "\(name) runs containerd as a child, whose lines are among its own.\(panic)",
                steps: [NextStep("see what containerd said", "journalctl -u \(unit.name) -n 100 -o cat")])
        }
        return StartWords(
            sentence: "\(name) ends because the containerd that it embeds ended (\(how.bounded(80)))",
            explanation:
                "\(name) runs containerd as a child; why that ended is in its own log, \(log).\(panic)",
            steps: [NextStep("read containerd's own log", "tail -n 50 \(log)")])
    }

    /// Where the embedded containerd logs: as was told, else by its distribution's settings.
    var embeddedLog: String? {
        if let told = facts.signals.last(.embeddedRuntimeLog, unit: unit.name)?.captures["file"] {
            return told
        }
        if unit.name == "docker.service" { return nil }
        return unit.name.hasPrefix("rke2")
            ? "/var/lib/rancher/rke2/agent/containerd/containerd.log"
            : "/var/lib/rancher/k3s/agent/containerd/containerd.log"
    }

    // MARK: Waiting for the embedded runtime

    /// What embeds the runtime has waited for its socket for long, and says so last.
    func waitingForEmbedded() -> Finding? {
        guard let last = facts.signals.last(.embeddedRuntimeWaiting, unit: unit.name),
            facts.signals.last(.embeddedRuntimeRuns, unit: unit.name, since: last.at.monotonic) == nil,
            !api.answered(since: last.at.monotonic)
        else { return nil }
        let runs = facts.signals.last(.embeddedRuntimeRuns, unit: unit.name)?.at.monotonic
        let waits = facts.signals.all(
            .embeddedRuntimeWaiting, unit: unit.name,
            since: unit.startedAt?.monotonic ?? last.at.monotonic - .seconds(3600))
        let first = waits.first { signal in runs.map { signal.at.monotonic > $0 } ?? true } ?? last
        let log = embeddedLog ?? "its log"
        return Finding(
            cause: .embeddedRuntimeExited, severity: .critical,
            confirmed: now.monotonic - first.at.monotonic >= configuration.embeddedStartGrace,
            since: first.at,
            sentence: "\(name) waits for the containerd that it embeds, which does not serve its socket",
            explanation: "Why containerd does not start is in its own log, \(log).", impact: impact,
            evidence: [.journal(last)] + (first == last ? [] : [.journal(first)]),
            nextSteps: [NextStep("read containerd's own log", "tail -n 50 \(log)"), seeStatus],
            clearsWhen: clearsWhen, inquiries: [askAgain])
    }

    // MARK: Stopped with another unit

    /// The unit that was stopped or fell shortly before this one was stopped, and whether it is back.
    func stoppedWith(since stop: Moment) -> UnitFacts? {
        StoppedWith(unit, at: stop, facts, configuration).first { _ in true }
    }

    func findingLeft(by other: UnitFacts, since: Moment) -> Finding {
        Finding(
            cause: .leftStopped, severity: .critical, confirmed: true, since: since,
            grace: configuration.transitGrace,
            sentence:
                "\(name) was stopped together with \(other.name), which is back, and was not started again",
            explanation:
                "systemd stops a unit with one that it requires (Requires=, BindsTo=), and does not start it again with it: an upgrade of a package that restarts \(other.name) is enough.",
            impact: impact,
            evidence: [
                Evidence(
                    at: since.wall, source: unit.stopCursor == nil ? .systemd : .journal,
                    summary: "systemd stopped \(unit.name) by a stop job", cursor: unit.stopCursor,
                    command: "systemctl status \(unit.name)")
            ],
            nextSteps: [
                NextStep(
                    "see why \(other.name) was stopped", "journalctl -u \(other.name) -n 30 -o short-precise"),
                NextStep("start it again", "systemctl start \(unit.name)"),
            ], clearsWhen: clearsWhen, inquiries: [askAgain, .unit(unit.name)])
    }
}
