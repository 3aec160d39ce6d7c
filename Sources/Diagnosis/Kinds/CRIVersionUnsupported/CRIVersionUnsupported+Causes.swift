// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The causes, told apart by the version that runs and by the lines of its start.
extension RuntimeCase<CRIVersionUnsupported> {
    /// Why v1 is not served; nil when it is the client that is too old: it got v1alpha2 of a runtime that has v1.
    var cause: CRIVersionUnsupported.Reason? {
        let version = facts.runningVersion(of: runtime)
        let first = CRIVersionUnsupported.firstWithV1(runtime.endpoint.runtime)
        if let number = version?.number, let first, number < first { return tooOld(version, first) }
        guard service.v1 != nil else { return nil }
        if let line = sinceStart(.criPluginFailed) {
            return lacksDisabled(line) ? pluginDisabled(line, version) : pluginFailed(line, version)
        }
        if let loading = bootedWithPlugin { return pluginFailed(silently: loading, version) }
        if let booted = bootedWithoutPlugin { return pluginDisabled(booted, version) }
        return unexplained(version)
    }

    /// What the lines of the start say by themselves, where nobody has asked the endpoint. One that is too old may be all
    /// that this node needs, and beside another runtime nobody needs the CRI plugin.
    var loggedCause: CRIVersionUnsupported.Reason? {
        let version = facts.runningVersion(of: runtime)
        var isTooOld = false
        if let number = version?.number,
            let first = CRIVersionUnsupported.firstWithV1(runtime.endpoint.runtime)
        {
            isTooOld = number < first
        }
        if let line = sinceStart(.criPluginFailed), booted != nil || !isAtWork(since: line.at) {
            if !lacksDisabled(line) { return pluginFailed(line, version) }
            return isTooOld ? nil : pluginDisabled(line, version)
        }
        guard !isTooOld, facts.runtimes.count == 1 else { return nil }
        return bootedWithoutPlugin.map { pluginDisabled($0, version) }
    }

    /// Whether requests were served since: containerd 1.6.22 and 1.7.6 never say that they are up when the plugin failed.
    private func isAtWork(since: Moment) -> Bool {
        facts.signals.last(.createSucceeded, unit: unit, since: since.monotonic) != nil
    }

    /// What the kubelet was told, where nobody else has asked: it names the socket, and not why.
    var reportedCause: CRIVersionUnsupported.Reason? {
        guard let line = refusedKubelet else { return nil }
        let version = facts.runningVersion(of: runtime)
        let first = CRIVersionUnsupported.firstWithV1(runtime.endpoint.runtime)
        if let number = version?.number, let first, number < first { return tooOld(version, first) }
        if let booted = bootedWithoutPlugin { return pluginDisabled(booted, version) }
        var reason = unexplained(version)
        reason.evidence.insert(.journal(line), at: 0)
        let socket = (line.captures["endpoint"] ?? line.captures["socket"])?.bounded(200)
        if let socket {
            reason.sentence = "\(socket) does not serve the version of CRI that the kubelet speaks"
        }
        // cri-dockerd has no CRI plugin that could be switched off.
        if socket?.contains("cri-dockerd") == true {
            reason.name = .runtimeTooOld
            reason.explanation =
                "cri-dockerd serves CRI v1 from 0.3 on; the one on this socket has v1alpha2 only."
            reason.ruledOut = "A cri-dockerd has no CRI plugin that could be disabled."
            reason.steps = [NextStep("see which runs", "cri-dockerd --version")]
        }
        return reason
    }

    /// The kubelet's last words that it was refused CRI, if they are about this runtime or about none that is known.
    var refusedKubelet: Signal? {
        let limit = facts.now.monotonic - configuration.createWindow
        return facts.signals.all(.kubeletFatal, unit: nil, since: limit).last { signal in
            guard signal.cause == .criVersionUnsupported else { return false }
            guard let told = signal.captures["endpoint"] else {
                return runtime.endpoint == facts.runtimes.first?.endpoint
            }
            if facts.runtimes.contains(where: { $0.endpoint.serves(told) }) {
                return runtime.endpoint.serves(told)
            }
            return runtime.endpoint == facts.runtimes.first?.endpoint
        }
    }

    // MARK: The lines of this start

    /// Whether the endpoint was never asked: a journal alone.
    var isUnasked: Bool { runtime.api.rungs.isEmpty }

    /// The line of this start that says that it is up.
    var booted: Signal? { sinceStart(.runtimeBooted) }

    /// The line of this start that says that the CRI plugin is loaded, if none says that it failed.
    var loaded: Signal? {
        guard booted != nil, sinceStart(.criPluginFailed) == nil else { return nil }
        return sinceStart(.criPluginLoading)
    }

    private var start: Signal? { facts.signals.last(.runtimeStarting, unit: unit) }

    private func sinceStart(_ name: SignalName) -> Signal? {
        facts.signals.last(name, unit: unit, since: start?.at.monotonic)
    }

    /// containerd said that it is up, and its start, seen from its first line on, never loaded the CRI plugin.
    private var bootedWithoutPlugin: Signal? {
        guard runtime.endpoint.runtime == .containerd, start != nil, let booted = sinceStart(.runtimeBooted),
            sinceStart(.criPluginLoading) == nil, !wasBlind(until: booted.at), !hasServed(since: booted.at)
        else { return nil }
        return booted
    }

    /// CRI requests were served since: whatever was not seen of its start, the plugin is at work.
    private func hasServed(since booted: Moment) -> Bool {
        let told: [SignalName] = [.sandboxRequested, .createSucceeded, .createFailed]
        return told.contains { name in
            facts.signals.last(name, unit: unit).map { $0.at.monotonic > booted.monotonic } ?? false
        }
    }

    /// The part that serves CRI did not load because another part of it is not there: `disabled_plugins` names that one.
    private func lacksDisabled(_ line: Signal) -> Bool {
        line.captures["missing"] != nil
    }

    /// containerd began to load the CRI plugin, said that it is up, and was refused CRI since: the line that says why the
    /// plugin failed was not seen.
    private var bootedWithPlugin: Signal? {
        guard runtime.endpoint.runtime == .containerd, let booted = sinceStart(.runtimeBooted),
            let loading = sinceStart(.criPluginLoading), let refused = service.v1,
            refused.at.monotonic > booted.at.monotonic
        else { return nil }
        return loading
    }

    /// Lines of the start may have been dropped: absence proves nothing then.
    private func wasBlind(until end: Moment) -> Bool {
        guard let start else { return true }
        return facts.monitoring.blind.contains { window in
            guard window.unit == nil || window.unit == unit else { return false }
            return (window.from ?? start.at.wall) <= end.wall && (window.to ?? end.wall) >= start.at.wall
        }
    }

    // MARK: Causes

    private func tooOld(_ version: RunningVersion?, _ first: SoftwareVersion) -> CRIVersionUnsupported.Reason
    {
        let since = "\(first.numbers[0]).\(first.numbers[1])"
        let text = version?.text.bounded(40) ?? ""
        var ruledOut = "Its CRI plugin is not the reason: no \(title) before \(since) has CRI v1."
        if service.alphaAnsweredAt != nil {
            ruledOut = "Its CRI plugin is loaded: a client that falls back to v1alpha2 is answered."
        }
        return .init(
            name: .runtimeTooOld, sentence: "\(name) \(text) is too old to serve CRI v1",
            explanation: "\(title) serves CRI v1 from \(since) on; \(text) has v1alpha2 only.",
            evidence: [version?.evidence].compactMap { $0 } + alphaEvidence, ruledOut: ruledOut,
            proven: false,
            steps: [
                NextStep("see what runs", crictl("version")),
                NextStep(
                    "see which upgrade is available",
                    "apt-cache policy \(package)"),
            ])
    }

    private func pluginFailed(_ line: Signal, _ version: RunningVersion?) -> CRIVersionUnsupported.Reason {
        let detail = (line.captures["detail"] ?? line.captures["error"] ?? line.excerpt).bounded(240)
        return .init(
            name: .criPluginFailed,
            sentence: "\(name) runs without CRI: its CRI plugin failed to load",
            explanation: "\(name) stays up, but its CRI plugin failed to load: \(detail).",
            evidence: [Evidence.journal(line)], ruledOut: notTooOld(version), proven: true,
            steps: [
                NextStep("see the plugin and its error", "ctr plugins ls | grep -w cri"),
                NextStep("see the effective configuration", "containerd config dump"),
                NextStep("after the repair (containers keep running)", "systemctl restart \(unit)"),
            ])
    }

    private func pluginFailed(silently loading: Signal, _ version: RunningVersion?)
        -> CRIVersionUnsupported.Reason
    {
        .init(
            name: .criPluginFailed,
            sentence: "\(name) runs without CRI: its CRI plugin failed to load",
            explanation:
                "\(name) began to load its CRI plugin, reported that it is up, but does not serve CRI; the line that says why was not seen.",
            evidence: [Evidence.journal(loading)],
            ruledOut: "It is not disabled: its loading is logged. " + notTooOld(version), proven: true,
            steps: [
                NextStep("see the plugin and its error", "ctr plugins ls | grep -w cri"),
                NextStep("see what the start said", "journalctl -u \(unit) -g 'cri' -n 20"),
            ])
    }

    private func pluginDisabled(_ told: Signal, _ version: RunningVersion?) -> CRIVersionUnsupported.Reason {
        let isByAbsence = told.name != .criPluginFailed
        return .init(
            name: .criPluginDisabled,
            sentence: "\(name) runs without CRI: its CRI plugin is disabled",
            explanation:
                isByAbsence
                ? "\(name) started without loading its CRI plugin and without an error: disabled_plugins names it, as Docker's containerd package does."
                : "Part of its CRI plugin is missing, so the part that serves CRI did not load: disabled_plugins names it.",
            evidence: [
                isByAbsence
                    ? Evidence.journal(
                        told, "\(name) booted, and its start has no line that loads the CRI plugin")
                    : Evidence.journal(told)
            ],
            ruledOut: (isByAbsence ? "It did not fail to load: that is logged. " : "") + notTooOld(version),
            proven: true,
            steps: [
                NextStep("see what is disabled", "containerd config dump | grep -A3 disabled_plugins"),
                NextStep("after the repair (containers keep running)", "systemctl restart \(unit)"),
            ])
    }

    /// The start was not seen: a disabled and a failed plugin look the same.
    private func unexplained(_ version: RunningVersion?) -> CRIVersionUnsupported.Reason {
        .init(
            name: .criNotServed, sentence: "\(name) does not serve CRI v1",
            explanation:
                "The socket answers, but not with CRI v1: \(title) is too old, or its CRI plugin is disabled or failed to load. The journal of its start, which would say which, was not seen.",
            evidence: [version?.evidence].compactMap { $0 }, ruledOut: notTooOld(version), proven: false,
            steps: [
                NextStep("see the plugin and its error", "ctr plugins ls | grep -w cri"),
                NextStep("see what is disabled", "containerd config dump | grep -A3 disabled_plugins"),
                NextStep("see what the start said", "journalctl -u \(unit) -g 'cri' -n 20"),
            ])
    }

    private func notTooOld(_ version: RunningVersion?) -> String {
        guard let version, let number = version.number,
            let first = CRIVersionUnsupported.firstWithV1(runtime.endpoint.runtime)
        else { return "Its version is not known." }
        guard number >= first else {
            return "Even where it loads, \(title) \(version.text.bounded(40)) has CRI v1alpha2 alone."
        }
        return "It is not too old: \(title) \(version.text.bounded(40)) has CRI v1."
    }

    private var package: String { RuntimeBinaries.name(of: runtime.endpoint.runtime) ?? "containerd" }

    // MARK: Evidence

    /// What the clients printed.
    var refusals: [Evidence] {
        [service.v1, service.v1alpha2 == service.v1 ? nil : service.v1alpha2].compactMap { $0 }.map {
            Evidence(at: $0.at.wall, source: .cri, summary: $0.text.bounded(400), command: crictl("version"))
        }
    }

    private var alphaEvidence: [Evidence] {
        service.alphaAnsweredAt.map {
            [
                Evidence(
                    at: $0.wall, source: .cri,
                    summary: "\(name) answers a client that falls back to v1alpha2",
                    command: crictl("version"))
            ]
        } ?? []
    }

    /// Whom it hurts here: the kubelet by its version and its own words, agents by theirs.
    var impact: Impact {
        var parts: [String] = []
        if let kubelet {
            parts.append(
                kubeletNeedsV1
                    ? "The kubelet \(kubelet) speaks CRI v1 only: it cannot use this runtime."
                    : "The kubelet \(kubelet) falls back to v1alpha2; from 1.26 on it does not.")
        } else if complaints.contains(where: { $0.name == .kubeletCRIUnsupported }) {
            parts.append("The kubelet was refused CRI v1: it cannot use this runtime.")
        } else {
            parts.append(
                "Every client that needs CRI v1 (a kubelet from 1.26 on, crictl from 1.26 on) is refused.")
        }
        let agents = Set(
            complaints.filter { $0.name == .clientCRIUnsupported }.map { $0.unit ?? "an agent on this node" })
        if !agents.isEmpty {
            parts.append("Also refused: \(agents.sorted().joined(separator: ", ").clause(200))")
        }
        parts.append("Running containers keep running.")
        return Impact(
            sentence: parts.joined(separator: " "), pods: runtime.readyPods,
            runningContainers: runtime.runningContainers)
    }
}
