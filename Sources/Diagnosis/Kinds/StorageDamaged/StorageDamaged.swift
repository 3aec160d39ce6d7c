// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The runtime's store contradicts itself: what it lists is not there.
///
/// Each of these texts can only be the store's own fault: one line is enough, or two where an image may just have been
/// removed. Creations of other images go on working, so only the pods concerned refute it.
struct StorageDamaged: Diagnosis {
    static let kind = IncidentKind.storageDamaged

    /// After so long without such a line it is over: the kubelet tries again after at most five minutes.
    static let quiet: Duration = .seconds(600)

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess() }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        let latest = [SignalName.createFailed, .pullFailed].compactMap { facts.signals.last($0) }
            .filter { $0.kind == Self.kind }.map(\.at.monotonic).max()
        return latest.map { $0 + Self.quiet }.flatMap { $0 > facts.now.monotonic ? $0 : nil }
    }
}

extension RuntimeCase<StorageDamaged> {
    func assess() -> Assessment {
        let all = told(.storageDamaged, [.createFailed, .pullFailed])
        guard !all.isEmpty else { return .unknown(inquiries: []) }
        let standing = all.filter {
            ($0.isOfNodeOrOfTwo || $0.attempts >= 2) && success($0) == nil && !isQuiet($0)
        }
        if let told = nearest(of: standing) {
            return .holds(finding(sinceLastSuccess(told, by: .concernedPod)))
        }
        if let success = all.compactMap(success).max(by: { $0.at.monotonic < $1.at.monotonic }) {
            return .cleared(Evidence.journal(success, "\(name) created what had failed"))
        }
        return all.allSatisfy(isQuiet)
            ? .expired("no creation has met the damage for \(StorageDamaged.quiet.brief)")
            : .unknown(inquiries: [])
    }

    private func success(_ told: Told) -> Signal? { success(after: told, by: .concernedPod) }

    private func isQuiet(_ told: Told) -> Bool {
        now.monotonic - told.last.at.monotonic > StorageDamaged.quiet
    }

    private func finding(_ told: Told) -> Finding {
        let words = words(told)
        return Finding(
            cause: told.cause, severity: .critical, confirmed: true, since: told.first.at,
            sentence: words.sentence.bounded(400), explanation: words.explanation,
            impact: Impact(
                sentence: (words.impact ?? "") + " Affected: \(concerned(told)).",
                pods: runtime.readyPods, runningContainers: runtime.runningContainers),
            evidence: evidence(told) + unclean, nextSteps: readErrors + words.steps,
            clearsWhen: words.clearsWhen)
    }

    /// CRI-O's own word that it did not end cleanly before.
    private var unclean: [Evidence] {
        facts.signals.all(.uncleanShutdown).last(where: concerns).map { [Evidence.journal($0)] } ?? []
    }
}
