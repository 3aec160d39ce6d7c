// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A network is configured and loaded, and CNI ADD fails: pods get none, or cannot be taken down.
///
/// The runtime's NetworkReady is about the configuration alone: it neither proves nor clears this. Only a sandbox that was
/// made with a network afterwards does.
struct PodNetworkFailing: Diagnosis {
    static let kind = IncidentKind.podNetworkFailing

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess() }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        facts.runtimes.flatMap { runtime in
            Case(runtime: runtime, facts: facts, configuration: configuration).deadlines
        }.filter { $0 > facts.now.monotonic }.min()
    }

    /// What is wrong, and how many pods it is known to concern.
    struct Verdict {
        var cause: Cause
        var told: Told
        /// The pods that fail.
        var pods: Int
        /// A file of the CNI directory that is read before the ones of other plugins.
        var stale: (file: String, others: [String])?

        /// One pod's failures that are nobody else's may be its own.
        var isOfNode: Bool { told.isOfNode || pods >= 2 }
    }
}

extension RuntimeCase<PodNetworkFailing> {
    private static let frames: [SignalName] = [.createFailed, .stopFailed]
    /// One pod's attempts, so far apart, that are no transient trouble any more.
    private static let attempts = 3
    /// How long no ADD may fail after one that worked.
    static var proof: Duration { .seconds(45) }

    func assess() -> Assessment {
        let failures = failures
        guard let last = failures.last else {
            return .expired(
                "no pod's network setup has failed for \(configuration.createWindow.brief), and none is known to have succeeded"
            )
        }
        if let success = success(after: last, of: failures) {
            guard success.isProof(at: now, of: last, within: Self.proof) else {
                return .unknown(inquiries: [])
            }
            return .cleared(.journal(success.signal, "\(name) set up the network of a pod after that"))
        }
        guard let verdict = verdict(failures) else { return .unknown(inquiries: []) }
        return .holds(finding(verdict))
    }

    /// When silence would say more: the latest failure is too old, or a success has held.
    fileprivate var deadlines: [MonotonicTime] {
        let failures = failures
        guard let last = failures.last else { return [] }
        let held = success(after: last, of: failures).map { $0.signal.at.monotonic + Self.proof }
        return [last.at.monotonic + configuration.createWindow + .milliseconds(1), held].compactMap { $0 }
    }

    /// Failures of a pod's network lately, of this process of the runtime; oldest first.
    private var failures: [Signal] {
        let all = lately
        // What failed before a pod that had failed got its network is over.
        guard let well = lastOwnSuccess(all), all.contains(where: { $0.at.monotonic > well }) else {
            return all
        }
        return all.filter { $0.at.monotonic > well }
    }

    private func lastOwnSuccess(_ failures: [Signal]) -> MonotonicTime? {
        guard let first = failures.first?.at.monotonic else { return nil }
        let made = facts.signals.all(.createSucceeded, unit: runtime.unit.name, since: first)
        guard !made.isEmpty else { return nil }
        let failed = Set(failures.compactMap(\.concernedPod))
        return made.last {
            $0.captures["container"] == nil && ($0.concernedPod.map(failed.contains) ?? false)
        }?.at.monotonic
    }

    private var lately: [Signal] {
        let start = runtime.unit.startedAt?.monotonic ?? MonotonicTime(microseconds: .min)
        let limit = max(start, now.monotonic - configuration.createWindow)
        // The frame of CNI ADD says it where no class does.
        var all = facts.signals.all(.sandboxNetworkFailed, unit: nil, since: limit).kept {
            let kind = $0.kind
            return kind == PodNetworkFailing.kind || kind == nil
        }
        for name in Self.frames {
            let classed = facts.signals.all(name, of: PodNetworkFailing.kind, since: limit)
            all = all.isEmpty ? classed : all + classed
        }
        return all.kept(concerns).inOrder()
    }

    private func verdict(_ failures: [Signal]) -> PodNetworkFailing.Verdict? {
        let isNamed = failures.allSatisfy { $0.kind != nil }
        let told = Told.all(PodNetworkFailing.kind, isNamed ? failures : failures.map(Self.named))
        let node = told.first { $0.isOfNodeOrOfTwo }
        guard let chosen = node ?? told.first(where: { $0.attempts >= Self.attempts }) else { return nil }
        var pods = Set<String>(minimumCapacity: failures.count)
        for failure in failures where failure.scope != .pod {
            if let pod = failure.concernedPod { pods.insert(pod) }
        }
        let stale = chosen.cause == .cniAgentDown ? stale(chosen) : nil
        return .init(
            cause: stale == nil ? chosen.cause : .cniConfigStale, told: chosen, pods: pods.count, stale: stale
        )
    }

    /// A failure that no class knows is one of an ADD all the same.
    private static func named(_ signal: Signal) -> Signal {
        guard signal.kind == nil else { return signal }
        var named = signal
        named.captures["kind"] = PodNetworkFailing.kind.rawValue
        named.captures["cause"] = Cause.cniAddFails.rawValue
        return named
    }

    // MARK: What was left behind

    var directory: String { runtime.status?.cniConfDir ?? "/etc/cni/net.d" }

    /// The first file of the directory names the plugin whose agent is gone, and another file names another network.
    /// Multus is meant to be the first.
    private func stale(_ told: Told) -> (file: String, others: [String])? {
        guard let plugin = told.capture("plugin"), plugin != "multus-shim",
            let files = facts.answers.cni[directory]?.value.files, let first = files.first,
            first.problem == nil, first.plugins.contains(plugin)
        else { return nil }
        let others = files.dropFirst().filter {
            $0.problem == nil && !$0.plugins.isEmpty && !$0.plugins.contains(plugin)
        }
        return others.isEmpty ? nil : (first.name, others.map(\.name))
    }

    // MARK: What shows that it is well again

    /// A sandbox that was made.
    struct Success {
        var signal: Signal
        /// Its pod had failed before: it has a network of its own.
        var isOfThoseThatFailed: Bool

        /// Pods with the node's own network are made all the time; only one that had failed proves it at once, another's
        /// when no ADD fails after it.
        func isProof(at now: Moment, of last: Signal, within proof: Duration) -> Bool {
            isOfThoseThatFailed || now.monotonic - signal.at.monotonic >= proof
        }
    }

    private func success(after failure: Signal, of failures: [Signal]) -> Success? {
        let made = facts.signals.all(
            .createSucceeded, unit: runtime.unit.name, since: failure.at.monotonic
        ).filter {
            $0.at.monotonic > failure.at.monotonic && $0.captures["pod"] != nil
                && $0.captures["container"] == nil
        }
        guard !made.isEmpty else { return nil }
        let failed = Set(failures.compactMap(\.concernedPod))
        if let own = made.last(where: { $0.concerned.map(failed.contains) ?? false }) {
            return Success(signal: own, isOfThoseThatFailed: true)
        }
        return made.first.map { Success(signal: $0, isOfThoseThatFailed: false) }
    }
}
