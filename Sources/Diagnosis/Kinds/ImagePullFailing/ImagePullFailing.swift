// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Pulls fail for the node's own reason.
///
/// One image that does not exist is its pod's fault, and so may be one registry that does not answer: two images count, or
/// a text that only the node can cause (its trust, its configuration, its proxy, its disk).
struct ImagePullFailing: Diagnosis {
    static let kind = IncidentKind.imagePullFailing

    /// After so long without such a line nobody pulls so any more: the kubelet tries again after at most five minutes.
    static let quiet: Duration = .seconds(900)

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess() }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        let latest = [SignalName.createFailed, .pullFailed].compactMap { facts.signals.last($0) }
            .filter { $0.kind == Self.kind }.map(\.at.monotonic).max()
        return latest.map { $0 + Self.quiet }.flatMap { $0 > facts.now.monotonic ? $0 : nil }
    }
}

extension RuntimeCase<ImagePullFailing> {
    func assess() -> Assessment {
        let all = told(.imagePullFailing, [.pullFailed, .createFailed])
        guard !all.isEmpty else { return .unknown(inquiries: []) }
        let standing = all.filter { opens($0) && success($0) == nil && !isQuiet($0) }
        if let told = nearest(of: standing) { return .holds(finding(told)) }
        if let success = all.compactMap(success).max(by: { $0.at.monotonic < $1.at.monotonic }) {
            return .cleared(Evidence.journal(success, "\(name) pulled an image that had failed"))
        }
        return all.allSatisfy(isQuiet)
            ? .expired("no pull has failed this way for \(ImagePullFailing.quiet.brief)")
            : .unknown(inquiries: [])
    }

    private func opens(_ told: Told) -> Bool {
        // A name server may hiccup once.
        if told.isOfNode { return told.cause != .nameResolution || told.signals.count >= 2 }
        guard let recent = told.since(told.last.at.monotonic - ImagePullFailing.quiet) else { return false }
        // A policy is the node's own, whatever image it rejects.
        if told.cause == .signaturePolicyInvalid, recent.isOfTwoPods { return true }
        return recent.images.count >= 2
    }

    /// An image that had failed was pulled, or for a fault of the whole node any.
    private func success(_ told: Told) -> Signal? {
        let images = told.images
        return facts.signals.all(.pullSucceeded).last { success in
            success.at.monotonic > told.last.at.monotonic && concerns(success)
                && (Self.ofAll.contains(told.cause)
                    || success.captures["image"].map { images.contains($0) } == true)
        } ?? (told.stage == nil ? nil : success(after: told, by: .concernedPod))
    }

    /// Causes that every pull would meet.
    private static var ofAll: Set<Cause> { [.signaturePolicyInvalid, .diskFull] }

    private func isQuiet(_ told: Told) -> Bool {
        now.monotonic - told.last.at.monotonic > ImagePullFailing.quiet
    }

    private func finding(_ told: Told) -> Finding {
        let words = words(told)
        let images = told.images.sorted()
        let which =
            images.isEmpty
            ? ""
            : " Affected: " + images.prefix(4).joined(separator: ", ") + (images.count > 4 ? " …" : "") + "."
        return Finding(
            cause: told.cause, severity: .warning, confirmed: true, since: told.first.at,
            sentence: words.sentence.bounded(400), explanation: words.explanation,
            impact: Impact(
                sentence: ((words.impact
                    ?? "Pods that need an image which is not on this node stay in ImagePullBackOff.") + which)
                    .bounded(500),
                pods: runtime.readyPods, runningContainers: runtime.runningContainers),
            evidence: evidence(told), nextSteps: words.steps, clearsWhen: words.clearsWhen,
            inquiries: words.inquiries)
    }
}

extension Told {
    /// The images that could not be pulled; each once.
    var images: Set<String> { Set(signals.compactMap { $0.captures["image"] }) }
}
