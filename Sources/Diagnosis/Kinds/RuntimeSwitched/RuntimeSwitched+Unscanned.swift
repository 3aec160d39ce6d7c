// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A container that CRI-O asks the wrong OCI runtime for, by the journal and the lists: nobody has looked through the
/// processes since CRI-O's start, or nobody knows today's default.
struct UnscannedLoss: Hashable, Sendable {
    var id: String
    /// `shop/web-1/web (a01fcd991cfe)`.
    var label: String
    /// The line that says that its state could not be had, or that it could not be killed.
    var proof: Signal
    /// Since when it runs, by systemd; else when a list last called it running.
    var aliveAt: Moment
    var isRecorded: Bool
    /// Whether a list that was made since has it no more.
    var isUnlisted: Bool
}

extension RuntimeCase<RuntimeSwitched> {
    /// How long the processes may take to be looked through, where that is done.
    private var patience: Duration {
        containers.scannedAt == nil ? configuration.lossGrace : configuration.causeGrace
    }

    /// When time alone makes a loss of what was logged.
    var lossesDue: MonotonicTime? { lostStates.last.map { $0.at.monotonic + patience } }

    /// Containers that ran on this boot, have not ended, and that this start does not find, or cannot kill.
    ///
    /// The same lines are usual for containers of an earlier boot, which nothing says of that they run now.
    var unscannedLosses: [UnscannedLoss] {
        let start = runtime.unit.startedAt?.monotonic ?? MonotonicTime(microseconds: .min)
        let isScanned = containers.scannedAt.map { $0.monotonic > start } ?? false
        // A start that goes on may still be at work on them.
        guard runtime.isUp || runtime.unit.phase == .unknown, today == nil || !isScanned else { return [] }
        var kills: [String: [Signal]] = [:]
        for kill in runtime.failedKills { kills[kill.id, default: []].append(kill.signal) }
        var proofs = kills.compactMapValues { $0.count >= 2 ? $0.last : nil }
        for line in lostStates {
            if let id = line.captures["id"], proofs[id] == nil { proofs[id] = line }
        }
        return proofs.compactMap {
            loss($0.key, $0.value, isKill: kills[$0.key].map { $0.count >= 2 } ?? false)
        }
        .filter { now.monotonic - $0.proof.at.monotonic >= patience }
        .sorted { ($0.label, $0.id) < ($1.label, $1.id) }
    }

    private func loss(_ id: String, _ proof: Signal, isKill: Bool) -> UnscannedLoss? {
        guard containers.ended[id] == nil,
            let recorded = containers.shutdown.runs(id) ?? seen(id, before: proof)
        else { return nil }
        let isRecorded = containers.shutdown.runs(id) != nil
        var isUnlisted = false
        let isLater = runtime.containersAt.map { $0.monotonic >= proof.at.monotonic } ?? false
        if isLater {
            let state = runtime.containers?.first { $0.id == id }?.state
            if state == .running, !isKill { return nil }
            isUnlisted = state == nil && !(runtime.pods ?? []).contains { $0.id == id }
        } else if !isRecorded, !isKill {
            return nil
        }
        let label = runtime.ranAt[id]?.label ?? ""
        return UnscannedLoss(
            id: id, label: (label.isEmpty ? "container" : label) + " (\(id.prefix(12)))", proof: proof,
            aliveAt: recorded, isRecorded: isRecorded, isUnlisted: isUnlisted)
    }

    private func seen(_ id: String, before proof: Signal) -> Moment? {
        guard let seen = runtime.ranAt[id], seen.at.monotonic <= proof.at.monotonic else { return nil }
        return seen.at
    }

    func finding(_ losses: [UnscannedLoss]) -> Finding {
        let count = losses.count
        let orphaned = losses.allSatisfy(\.isUnlisted)
        let since = losses.map(\.proof.at).min { $0.monotonic < $1.monotonic } ?? now
        let begin = runtime.unit.startedAt.flatMap { $0.monotonic < since.monotonic ? $0 : nil } ?? since
        let names = losses.prefix(40).map(\.label).joined(separator: ", ")
        let who = "\(count) container\(plural(count))"
        return Finding(
            cause: orphaned ? .containersOrphaned : .containersLost,
            weight: count,
            severity: .critical, confirmed: true, since: begin,
            sentence:
                "\(name) asks \(asked) for \(who) that another OCI runtime made: \(count == 1 ? "it runs" : "they run") on without control",
            explanation:
                "\(name) was started while containers ran, and its OCI runtime does not know \(count == 1 ? "one" : "\(count)") of them: the default OCI runtime, or its root, was changed. Processes were not scanned, so it is not known which OCI runtime made them.",
            impact: Impact(
                sentence:
                    "\(who) run\(count == 1 ? "s" : "") without control, with ports and files; replacements fail or run twice: \(names)\(count > 40 ? " and \(count - 40) more" : "")."
            ),
            evidence: losses.prefix(4).flatMap { evidence($0) } + configurationEvidence,
            nextSteps: [
                NextStep("see every leftover: conmon, its OCI runtime and its container", Self.listMonitors),
                NextStep("see what was changed, and when", "ls -lt /etc/crio/crio.conf.d /etc/crio"),
                facts.cordon,
            ] + facts.drainAndReboot, clearsWhen: clearsWhen, inquiries: followUp)
    }

    private func evidence(_ loss: UnscannedLoss) -> [Evidence] {
        let unit = "crio-\(loss.id).scope"
        let alive = Evidence(
            at: loss.aliveAt.wall, source: loss.isRecorded ? .journal : .cri,
            summary: loss.isRecorded
                ? "systemd started \(unit), and has not stopped it"
                : "crictl ps called \(loss.label) running",
            command: loss.isRecorded
                ? "systemctl status \(unit)" : runtime.endpoint.crictl("inspect \(loss.id)"))
        return [alive, Evidence.journal(loss.proof)]
    }
}
