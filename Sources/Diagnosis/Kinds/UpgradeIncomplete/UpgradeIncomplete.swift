// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What runs is not what is installed: the daemon's binary was replaced or removed under it, the unit would start another one,
/// two installs lie on its `PATH`, or shims go on with a binary that is gone.
///
/// By device and inode, never by version text or systemd's `NeedDaemonReload`, which stays "no" after a new drop-in
/// directory (systemd 252). Old shims alone are what every upgrade leaves until the pods are replaced: worth knowing only.
struct UpgradeIncomplete: Diagnosis {
    static let kind = IncidentKind.upgradeIncomplete

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess() }
    }

    /// One thing that is not as it should be.
    struct Gap {
        var cause: Cause
        var severity: Severity
        var sentence: String
        var explanation: String
        var evidence: Evidence
        var steps: [NextStep]
    }
}

extension RuntimeCase<UpgradeIncomplete> {
    var unit: UnitFacts { runtime.unit }

    func assess() -> Assessment {
        guard runtime.isUp || unit.phase == .unknown else { return .unknown(inquiries: []) }
        guard let report = facts.answers.runtimeBinaries[unit.name], isFresh(report.at),
            let running = report.value.running
        else { return .unknown(inquiries: ask) }
        let gaps = gaps(report.value, running, at: report.at)
        let isOld = facts.now.monotonic - report.at.monotonic >= configuration.binariesInterval
        guard
            let worst = gaps.max(by: {
                Rank.order($0.cause, of: .upgradeIncomplete) < Rank.order($1.cause, of: .upgradeIncomplete)
            })
        else {
            if isOld { return .unknown(inquiries: ask) }
            return .cleared(
                Evidence(
                    at: report.at.wall, source: .node,
                    summary: "\(unit.name) runs the only \(running.path) there is, and so do its shims",
                    command: "ls -l /proc/\(running.pid)/exe"))
        }
        return .holds(finding(worst, gaps, report.at))
    }

    /// What was seen of an earlier process says nothing of this one.
    private func isFresh(_ at: Moment) -> Bool {
        unit.phaseSince.map { at.monotonic >= $0.monotonic } ?? true
    }

    private var ask: [Inquiry] {
        guard let state = unit.state, let pid = state.mainPID else {
            // A unit without a main process is asked for it again, not all the time.
            let isFresh =
                unit.stateAt.map { facts.now.monotonic - $0.monotonic < configuration.binariesInterval }
                ?? false
            return isFresh ? [] : [.unit(unit.name)]
        }
        if let known = facts.answers.runtimeBinaries[unit.name], isFresh(known.at),
            known.value.running?.pid == pid || known.value.running == nil,
            facts.now.monotonic - known.at.monotonic < configuration.binariesInterval
        {
            return []
        }
        return [.binaries(unit: unit.name, pid: pid, execStart: state.execStart)]
    }

    private func finding(
        _ worst: UpgradeIncomplete.Gap, _ gaps: [UpgradeIncomplete.Gap], _ at: Moment
    ) -> Finding {
        let others = gaps.filter { $0.cause != worst.cause }
        let all = worst.steps + others.flatMap(\.steps)
        // What looks comes first.
        let restarts = all.filter { $0.command.hasPrefix("systemctl restart") }
        return Finding(
            cause: worst.cause, severity: worst.severity, confirmed: true, since: at,
            sentence: worst.sentence,
            explanation: ([worst.explanation] + others.map { "Also: \($0.sentence)." }).joined(
                separator: " "),
            impact: Impact(
                sentence: worst.severity == .info
                    ? "Fixes in the new version do not reach pods that were started before it."
                    : "A restart changes the version of \(name); until then fixes of the new one do not apply.",
                pods: runtime.readyPods, runningContainers: runtime.runningContainers),
            evidence: [worst.evidence] + others.map(\.evidence)
                + [facts.runningVersion(of: runtime)?.evidence].compactMap { $0 },
            nextSteps: all.filter { !restarts.contains($0) } + restarts,
            clearsWhen:
                "\(unit.name) and its shims run the binaries that are on disk, and there is one install",
            inquiries: ask)
    }
}

extension RuntimeCase<UpgradeIncomplete> {
    // MARK: What is wrong

    private func gaps(
        _ report: RuntimeBinaries, _ running: RuntimeBinaries.Process, at: Moment
    ) -> [UpgradeIncomplete.Gap] {
        [
            replaced(running, at), elsewhere(report, running, at), twoInstalls(report, running, at),
            oldShims(report, at),
        ].compactMap { $0 }
    }

    private func replaced(_ running: RuntimeBinaries.Process, _ at: Moment) -> UpgradeIncomplete.Gap? {
        guard running.onDisk != .same else { return nil }
        let gone = running.onDisk == .deleted
        return .init(
            cause: gone ? .binaryRemoved : .restartPending, severity: .warning,
            sentence: gone
                ? "\(name) runs a binary that is no longer installed"
                : "\(name) still runs the binary from before an upgrade",
            explanation: gone
                ? "\(running.path) was removed while \(unit.name) runs it: it will not start again."
                : "\(running.path) was replaced on disk and \(unit.name) was not restarted; new pods get the new shim under the old daemon.",
            evidence: Evidence(
                at: at.wall, source: .node,
                summary:
                    "/proc/\(running.pid)/exe is a file that is no longer \(running.path) (\(running.onDisk.rawValue) on disk)",
                command: "ls -l /proc/\(running.pid)/exe \(running.path)"),
            steps: [
                gone
                    ? NextStep("see what the unit wants to run", "systemctl cat \(unit.name)")
                    : NextStep(
                        "finish the upgrade (containers keep running)", "systemctl restart \(unit.name)")
            ])
    }

    private func elsewhere(
        _ report: RuntimeBinaries, _ running: RuntimeBinaries.Process, _ at: Moment
    ) -> UpgradeIncomplete.Gap? {
        guard let wanted = report.configured, wanted.path != running.path,
            wanted.path.lastComponent == running.path.lastComponent,
            isDaemon(wanted.path.lastComponent)
        else { return nil }
        return .init(
            cause: .unitPointsElsewhere, severity: .warning,
            sentence: "\(unit.name) would start \(wanted.path), and \(running.path) runs",
            explanation:
                "The unit was changed and not restarted. systemctl's NeedDaemonReload does not notice a new drop-in directory.",
            evidence: Evidence(
                at: at.wall, source: .node,
                summary: "the unit's files name \(wanted.path); pid \(running.pid) runs \(running.path)",
                command: "systemctl cat \(unit.name) | grep ExecStart"),
            steps: [
                NextStep("have systemd read its files", "systemctl daemon-reload"),
                NextStep("finish it (containers keep running)", "systemctl restart \(unit.name)"),
            ])
    }

    private func twoInstalls(
        _ report: RuntimeBinaries, _ running: RuntimeBinaries.Process, _ at: Moment
    ) -> UpgradeIncomplete.Gap? {
        guard report.copies.count > 1, isDaemon(running.path.lastComponent) else { return nil }
        let paths = report.copies.map(\.path)
        return .init(
            cause: .twoInstalls, severity: .warning,
            sentence: "\(paths.count) different \(name) binaries are installed",
            explanation:
                "\(paths.joined(separator: " and ").bounded(300)) are different files; \(unit.name) runs \(running.path). An upgrade of one leaves the other, and the first on PATH is what a shell finds.",
            evidence: Evidence(
                at: at.wall, source: .node,
                summary: "on the unit's PATH: \(paths.joined(separator: ", "))".bounded(400),
                command: "ls -li \(words: paths)"),
            steps: [
                NextStep(
                    "see which package owns which (rpm -qf, where packages are rpms)",
                    "dpkg -S \(words: paths)")
            ])
    }

    private func oldShims(_ report: RuntimeBinaries, _ at: Moment) -> UpgradeIncomplete.Gap? {
        guard let first = report.oldShims.first else { return nil }
        let count = report.oldShims.count
        let word = runtime.endpoint.runtime == .crio ? "monitor" : "shim"
        return .init(
            cause: .oldShims, severity: .info,
            sentence: "\(count) of \(report.shims) \(word)s of \(name) run a binary from before an upgrade",
            explanation:
                "Pods keep the \(word) that they were started with until they are replaced, and get its fixes only then.",
            evidence: Evidence(
                at: at.wall, source: .node,
                summary: "pid \(first.pid) runs \(first.path), which is \(first.onDisk.rawValue) on disk"
                    + (count > 1 ? " (and \(count - 1) more)" : ""),
                command: "ls -l /proc/\(first.pid)/exe"),
            steps: [
                NextStep(
                    "list the pods; those from before the upgrade can be replaced when it suits",
                    crictl("pods"))
            ])
    }

    /// A wrapper (a shell, k3s' own unpacker) starts something else by design.
    private func isDaemon(_ name: String) -> Bool {
        RuntimeBinaries.name(of: runtime.endpoint.runtime) == name
    }
}

extension String {
    /// What follows the last slash.
    fileprivate var lastComponent: String { split(separator: "/").last.map(String.init) ?? self }
}
