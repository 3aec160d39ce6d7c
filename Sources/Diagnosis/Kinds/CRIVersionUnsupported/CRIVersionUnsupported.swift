// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The socket answers, but not with CRI v1.
///
/// All causes print the same sentence in crictl ("unknown service runtime.v1.RuntimeService"); what tells them apart is the
/// version that runs and the lines of its start: containerd ≤ 1.5, CRI-O ≤ 1.20 and cri-dockerd < 0.3 have no v1; a newer
/// containerd without it either logged why its CRI plugin failed, or booted without ever loading it (`disabled_plugins`
/// logs nothing: the mark is absence).
///
/// Being old hurts nobody by itself. A runtime that serves v1alpha2 is an incident once somebody on the node needs v1: pods
/// run there, the kubelet is 1.26 or newer, or the kubelet or an agent says that it was refused. Where not even v1alpha2 is
/// known to answer, a refusal that lasts ``EngineConfiguration/versionGrace`` is enough: whoever asks with v1 gets nothing.
struct CRIVersionUnsupported: Diagnosis {
    static let kind = IncidentKind.criVersionUnsupported

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess() }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        facts.runtimes.compactMap { runtime in
            let booted = facts.signals.last(.runtimeBooted, unit: runtime.unit.name)?.at.monotonic
            let due =
                runtime.api.service.v1.map { $0.since.monotonic + configuration.versionGrace }
                ?? booted.map { $0 + configuration.startSettling }
            return due.flatMap { $0 > facts.now.monotonic ? $0 : nil }
        }.min()
    }

    /// Why v1 is not served.
    struct Reason {
        var name: Cause
        var sentence: String
        var explanation: String
        /// Lines and answers that prove it.
        var evidence: [Evidence]
        /// What else looks the same, and what rules it out.
        var ruledOut: String
        /// Proven by a line of the runtime, whoever asks.
        var proven: Bool
        var steps: [NextStep]
    }

    /// The first version of each runtime that serves v1 (containerd `pkg/cri` v1.6.0, CRI-O v1.21, cri-dockerd v0.3.0).
    static func firstWithV1(_ runtime: RuntimeName) -> SoftwareVersion? {
        switch runtime {
        case .containerd: SoftwareVersion("1.6.0-alpha")
        case .crio: SoftwareVersion("1.21.0-alpha")
        case .criDockerd: SoftwareVersion("0.3.0-alpha")
        case .other: nil
        }
    }
}

extension RuntimeCase<CRIVersionUnsupported> {
    var service: ServiceFacts { runtime.api.service }
    var unit: String { runtime.unit.name }
    var title: String { runtime.endpoint.runtime.title }

    func assess() -> Assessment {
        if let other = servedElsewhere { return .cleared(other) }
        guard let seen = [service.v1?.at, service.alphaAnsweredAt].compactMap({ $0 }).latest else {
            return service.v1AnsweredAt.map { .cleared(served(at: $0, by: name)) } ?? untold()
        }
        // What was heard before the process started says nothing of it.
        if let since = runtime.unit.phaseSince?.monotonic, seen.monotonic < since {
            return .unknown(inquiries: [askAgain])
        }
        guard runtime.isUp || runtime.unit.phase == .unknown else { return .unknown(inquiries: []) }
        if damagedDatabase != nil {
            return .explained(
                by: RuntimeDown.kind, subject: name, summary: "\(name) runs without its database")
        }
        guard let cause else { return .unknown(inquiries: []) }
        if service.alphaAnsweredAt != nil, !cause.proven, !isNeeded {
            return .cleared(
                Evidence(
                    at: seen.wall, source: .cri,
                    summary: "\(name) serves CRI v1alpha2, and nothing on this node is known to need v1",
                    command: crictl("version")))
        }
        return .holds(finding(cause))
    }

    /// A journal without any answer of the endpoint: the lines of the start are all there is.
    private func untold() -> Assessment {
        guard isUnasked, facts.monitoring.journal != .catchingUp,
            damagedDatabase == nil,
            runtime.isUp || runtime.unit.phase == .unknown
        else { return .unknown(inquiries: []) }
        if let cause = loggedCause ?? reportedCause { return .holds(finding(cause)) }
        return loaded.map { .cleared(.journal($0, "\(name) loaded its CRI plugin")) }
            ?? .unknown(inquiries: [])
    }

    private var askAgain: Inquiry { .probe(runtime.endpoint, from: .version) }

    // MARK: Evidence that it is well

    private func served(at: Moment, by name: String) -> Evidence {
        Evidence(
            at: at.wall, source: .cri, summary: "\(name) serves CRI v1",
            command: crictl("version"))
    }

    /// Beside cri-dockerd or CRI-O there is often a containerd whose CRI nobody uses (Docker's package disables it).
    private var servedElsewhere: Evidence? {
        let other = facts.runtimes.first {
            $0.endpoint != runtime.endpoint && $0.api.service.v1 == nil && $0.api.service.v1AnsweredAt != nil
                && $0.api.failing == nil
        }
        guard let other, let at = other.api.service.v1AnsweredAt, complaints.isEmpty else { return nil }
        return Evidence(
            at: at.wall, source: .cri,
            summary: "\(other.name) serves CRI v1 on this node; \(name) need not",
            command: other.endpoint.crictl("version"))
    }

    // MARK: Who needs v1

    /// Those who said that they were refused v1 (a client that wants v1alpha2 of a newer runtime is another matter).
    var complaints: [Signal] {
        let limit = facts.now.monotonic - configuration.createWindow
        return [SignalName.kubeletCRIUnsupported, .clientCRIUnsupported]
            .flatMap { facts.signals.all($0, unit: nil, since: limit) }
            .filter { $0.captures["api"] != "v1alpha2" && concerns($0) }
            .sorted { $0.at.monotonic < $1.at.monotonic }
    }

    /// Whether a complaint is about this endpoint: by its socket's name where it tells one.
    private func concerns(_ signal: Signal) -> Bool {
        guard let endpoint = signal.captures["endpoint"], facts.runtimes.count > 1 else { return true }
        let socket = runtime.endpoint.socketPath.split(separator: "/").last.map(String.init) ?? ""
        return endpoint.hasSuffix(socket)
    }

    /// The kubelet's version, if it told it on this boot.
    var kubelet: SoftwareVersion? {
        facts.signals.last(.kubeletVersion)?.captures["version"].flatMap { SoftwareVersion($0) }
    }

    /// Since 1.26 the kubelet speaks v1 only.
    var kubeletNeedsV1: Bool { kubelet.map { !$0.line.lexicographicallyPrecedes([1, 26]) } ?? false }

    private var isNeeded: Bool {
        !complaints.isEmpty || kubeletNeedsV1 || !(runtime.pods ?? []).isEmpty
    }

    private func finding(_ cause: CRIVersionUnsupported.Reason) -> Finding {
        let since =
            service.v1?.since ?? service.alphaAnsweredAt ?? booted?.at ?? refusedKubelet?.at ?? facts.now
        let tolerated = service.alphaAnsweredAt != nil && complaints.isEmpty && !kubeletNeedsV1
        let evidence =
            cause.evidence + complaints.suffix(3).reversed().map { Evidence.journal($0) } + refusals
        return Finding(
            cause: cause.name, severity: tolerated && kubelet != nil ? .warning : .critical,
            confirmed: true, since: since,
            grace: isUnasked
                ? refusedKubelet == nil && cause.name != .criPluginFailed
                    ? configuration.startSettling : .zero
                : cause.proven || isNeeded ? .zero : configuration.versionGrace,
            sentence: cause.sentence,
            explanation: cause.explanation + " " + cause.ruledOut, impact: impact, evidence: evidence,
            nextSteps: cause.steps,
            clearsWhen: "crictl version gets an answer of CRI v1 from \(runtime.endpoint.address)",
            inquiries: [askAgain])
    }
}

extension [Moment] {
    /// The last of them on the monotonic clock.
    fileprivate var latest: Moment? { self.max { $0.monotonic < $1.monotonic } }
}
