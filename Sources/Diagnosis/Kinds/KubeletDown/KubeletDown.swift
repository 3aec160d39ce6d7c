// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The kubelet does not run, and why: by its unit (systemd's records and the bus) and by its own last words.
///
/// A kubelet that another program embeds (k3s, RKE2, k0s) has no unit of its own: its last words, and those of the program
/// about its end, are all there is.
struct KubeletDown: Diagnosis {
    static let kind = IncidentKind.kubeletDown

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        KubeletCase.all(facts, configuration).map { ($0.subject, $0.assess()) }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        KubeletCase.all(facts, configuration).compactMap { one in
            let unit = one.unit
            let due: [MonotonicTime?] = [
                unit.phaseSince.flatMap { since in
                    switch unit.phase {
                    case .running: unit.troubleSince == nil ? nil : since.monotonic + configuration.stayGrace
                    case .starting, .restarting, .stopping: since.monotonic + configuration.transitGrace
                    case .stopped:
                        [
                            since.monotonic + configuration.stopGrace,
                            since.monotonic + configuration.transitGrace,
                        ]
                        .first { $0 > facts.now.monotonic }
                    case .exited, .failed, .autoRestart:
                        (unit.troubleSince ?? since).monotonic + configuration.reconnectGrace
                    case .unknown: nil
                    }
                },
                one.isEmbedded ? one.lastFatal.map { $0.at.monotonic + configuration.embeddedGrace } : nil,
                one.reconnectDue, unit.restarts.last.map { $0.monotonic + configuration.embeddedGrace },
            ]
            return due.compactMap { $0 }.filter { $0 > facts.now.monotonic }.min()
        }.min()
    }
}

/// One kubelet, looked at once.
struct KubeletCase: Sendable {
    let unit: UnitFacts
    let isEmbedded: Bool
    let facts: NodeFacts
    let configuration: EngineConfiguration

    /// `kubelet`, `k3s`: the unit without `.service`.
    var subject: String { unit.name.hasSuffix(".service") ? String(unit.name.dropLast(8)) : unit.name }
    var now: Moment { facts.now }

    /// Every kubelet that is known: by systemd's word, or by its own last words.
    static func all(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [KubeletCase] {
        var units = facts.services.filter { $0.role == .kubelet }.map(\.unit)
        let failed = facts.signals.all(.dependencyFailed).filter {
            $0.unit.map(ServiceUnit.isKubelet) ?? false
        }
        for signal in facts.signals.all(.kubeletFatal) + failed {
            let name = name(of: signal)
            guard !units.contains(where: { $0.name == name }) else { continue }
            units.append(facts.unit(name) ?? UnitFacts(name: name))
        }
        return units.map {
            KubeletCase(
                unit: $0, isEmbedded: ServiceUnit.embedsKubelet($0.name), facts: facts,
                configuration: configuration)
        }
    }

    /// Whose last words these are. Text that names no unit that runs a kubelet is the usual one's.
    private static func name(of signal: Signal) -> String {
        guard let unit = signal.unit, ServiceUnit.isKubelet(unit) || ServiceUnit.embedsKubelet(unit) else {
            return "kubelet.service"
        }
        return unit
    }

    func isMine(_ signal: Signal) -> Bool { Self.name(of: signal) == unit.name }

    /// The latest of its last words.
    var lastFatal: Signal? { facts.signals.all(.kubeletFatal).last(where: isMine) }

    // MARK: Judging

    func assess() -> Assessment {
        let judgement = judge()
        guard case .holds(let finding) = judgement else { return judgement }
        if endedWithTheMachine { return .expired("the machine goes down") }
        if finding.cause == Cause.endpointMissing.rawValue { return unreachable(finding) }
        if let other = explanation(of: finding) {
            return .explained(by: other.kind, subject: other.subject, summary: finding.sentence)
        }
        return judgement
    }

    private func judge() -> Assessment {
        if isEmbedded { return embedded() }
        switch unit.phase {
        case .stopped: return stopped()
        case .exited, .failed, .autoRestart: return fallen()
        case .starting, .restarting, .stopping: return inTransit()
        case .running: return running()
        case .unknown: return spoken()
        }
    }

    private var endedWithTheMachine: Bool {
        guard facts.isShuttingDown, let down = facts.goingDown.since?.monotonic else { return false }
        guard let began = [unit.troubleSince, unit.stop].compactMap({ $0?.monotonic }).min() else {
            return false
        }
        return began + configuration.stopGrace >= down
    }

    /// Inactive because somebody asked for it, because of what it requires, or because it was never started.
    private func stopped() -> Assessment {
        if let dependency = dependencyFailed { return .holds(finding(dependency: dependency)) }
        guard unit.ranThisBoot, let since = unit.stop ?? unit.phaseSince else {
            return .unknown(inquiries: [])
        }
        if unit.isGivenUp {
            return .expired("\(unit.name) was stopped and disabled: it is not wanted on this node")
        }
        if let other = stoppedWith(since: since) {
            if other.isRunning || other.phase == .starting {
                return .holds(findingLeft(by: other, since: since))
            }
            // It may come back at once.
            if now.monotonic - since.monotonic < configuration.transitGrace { return .unknown(inquiries: []) }
        }
        return .holds(findingStopped(since: since))
    }

    private func fallen() -> Assessment {
        if let dependency = dependencyFailed { return .holds(finding(dependency: dependency)) }
        if let fall = fall() { return .holds(finding(fall)) }
        guard unit.exit == nil, unit.result == nil, let restart = unit.restarts.last,
            now.monotonic - restart.monotonic >= configuration.embeddedGrace
        else { return .unknown(inquiries: []) }
        return .expired("systemd has told of no other restart for \(configuration.embeddedGrace.brief)")
    }

    /// Between two states: nothing is proven well, and what was wrong still is.
    private func inTransit() -> Assessment {
        if unit.troubleSince != nil, unit.exit != nil || unit.result != nil { return fallen() }
        guard let since = unit.phaseSince, unit.phase != .starting,
            now.monotonic - since.monotonic >= configuration.transitGrace
        else { return .unknown(inquiries: []) }
        return .holds(findingStopped(since: since))
    }

    /// systemd holds it for up. That says nothing before it has stayed so: one that gives up does so within a second.
    private func running() -> Assessment {
        guard let since = unit.phaseSince else { return .unknown(inquiries: []) }
        if let fatal = lastFatal, fatal.at.monotonic > since.monotonic { return saysSo(fatal) }
        if unit.troubleSince == nil || now.monotonic - since.monotonic >= configuration.stayGrace {
            return .cleared(started(since))
        }
        return .unknown(inquiries: [])
    }

    /// Nothing is known of its unit: its own last words.
    private func spoken() -> Assessment {
        if let dependency = dependencyFailed { return .holds(finding(dependency: dependency)) }
        guard let fatal = lastFatal else { return .unknown(inquiries: []) }
        return saysSo(fatal)
    }

    private func saysSo(_ fatal: Signal) -> Assessment {
        fall(saying: fatal).map { .holds(finding($0)) } ?? .unknown(inquiries: [])
    }

    /// The program that embeds it tells of its end, and starts it again or ends with it.
    private func embedded() -> Assessment {
        guard let fatal = lastFatal else { return .unknown(inquiries: []) }
        let isFallen = [.exited, .failed, .autoRestart].contains(unit.phase)
        if !isFallen, now.monotonic - fatal.at.monotonic >= configuration.embeddedGrace {
            return .expired(
                "\(subject) has reported no other exit of its kubelet for \(configuration.embeddedGrace.brief)"
            )
        }
        return saysSo(fatal)
    }

    // MARK: What explains it

    /// systemd did not start it because of what it requires.
    private var dependencyFailed: Signal? {
        let lately = unit.phaseSince.map { $0.monotonic - configuration.transitGrace }
        let found = facts.signals.last(.dependencyFailed, unit: unit.name, since: lately)
        guard let found else { return nil }
        // It was started since.
        if let started = unit.startedAt, started.monotonic > found.at.monotonic { return nil }
        return found
    }

    /// The unit that was stopped or fell shortly before, with which systemd stopped this one.
    private func stoppedWith(since stop: Moment) -> UnitFacts? {
        StoppedWith(unit, at: stop, facts, configuration).first { _ in true }
    }

    /// A runtime that is down, where that is why the kubelet is: the same outage, one headline.
    private func explanation(of finding: Finding) -> (kind: IncidentKind, subject: String)? {
        let causes: [String] = [
            Cause.stopped, .leftStopped, .dependencyFailed, .criVersionUnsupported,
        ].map(\.rawValue)
        guard causes.contains(finding.cause) else { return nil }
        if finding.cause == Cause.criVersionUnsupported.rawValue {
            let named = namedRuntimes
            return (named.isEmpty ? facts.runtimes : named).first { isRefusing($0) }.map {
                (CRIVersionUnsupported.kind, $0.name)
            }
        }
        let other = finding.cause == Cause.dependencyFailed.rawValue ? nil : stoppedWith(since: finding.since)
        return facts.runtimes.first { runtime in
            (other.map { $0.name == runtime.unit.name } ?? (finding.cause == Cause.dependencyFailed.rawValue))
                && isDown(runtime, by: finding.since)
        }.map { (RuntimeDown.kind, $0.name) }
    }

    /// The runtimes that serve the socket which its last words name.
    private var namedRuntimes: [RuntimeFacts] {
        guard let wanted = lastFatal.flatMap({ namedSocket($0) }) else { return [] }
        return facts.runtimes.filter { $0.endpoint.serves(wanted) }
    }

    /// It found nobody at its runtime's socket: that may be the runtime's fault, or that of a boot in which the kubelet came
    /// first, and comes again.
    private func unreachable(_ finding: Finding) -> Assessment {
        guard let runtime = namedRuntimes.first,
            runtime.unit.phase != .unknown || !runtime.api.rungs.isEmpty
        else { return .holds(finding) }
        if isDown(runtime, by: nil) {
            return .explained(by: RuntimeDown.kind, subject: runtime.name, summary: finding.sentence)
        }
        guard runtime.isUp || runtime.api.isUp else { return .unknown(inquiries: []) }
        // It may come back by itself, from when somebody serves its socket again.
        if let due = reconnectDue(runtime), due > now.monotonic { return .unknown(inquiries: []) }
        var finding = finding
        finding.grace = configuration.reconnectGrace
        return .holds(finding)
    }

    private func reconnectDue(_ runtime: RuntimeFacts) -> MonotonicTime? {
        guard runtime.unit.isRunning else { return nil }
        return runtime.unit.phaseSince.map { $0.monotonic + configuration.reconnectGrace }
    }

    /// When one that its runtime's return has not brought back is told of.
    var reconnectDue: MonotonicTime? { namedRuntimes.compactMap(reconnectDue).min() }

    private func isRefusing(_ runtime: RuntimeFacts) -> Bool {
        let judged = RuntimeCase<CRIVersionUnsupported>(
            runtime: runtime, facts: facts, configuration: configuration)
        if case .holds = judged.assess() { return true }
        return false
    }

    /// Whether it is down, and was so by then.
    private func isDown(_ runtime: RuntimeFacts, by limit: Moment?) -> Bool {
        let judged = RuntimeCase<RuntimeDown>(runtime: runtime, facts: facts, configuration: configuration)
        guard case .holds(let down) = judged.assess(), down.severity == .critical else { return false }
        guard let limit else { return true }
        return down.since.monotonic <= limit.monotonic + configuration.transitGrace
    }

    private func started(_ since: Moment) -> Evidence {
        Evidence(
            at: since.wall, source: .systemd, summary: "systemd: \(unit.name) runs, and stays",
            command: "systemctl status \(unit.name)")
    }
}

extension Endpoint {
    /// Whether this is the socket that somebody names, with or without its scheme; /var/run is /run (hier(7)).
    func serves(_ address: String) -> Bool {
        func plain(_ path: some StringProtocol) -> String {
            let path = path.hasPrefix("unix://") ? String(path.dropFirst(7)) : String(path)
            return path.hasPrefix("/var/run/") ? String(path.dropFirst(4)) : path
        }
        return plain(address) == plain(socketPath)
    }
}

/// The units with which systemd may have stopped another: those that it usually requires and that were stopped or fell just
/// before it.
struct StoppedWith {
    private let candidates: [UnitFacts]

    init(_ unit: UnitFacts, at stop: Moment, _ facts: NodeFacts, _ configuration: EngineConfiguration) {
        let others = facts.runtimes.map(\.unit) + facts.services.map(\.unit)
        candidates = others.filter { other in
            guard other.name != unit.name, Self.required(by: unit.name).contains(other.name) else {
                return false
            }
            let ends = [other.stop, other.exit?.at, other.troubleSince, other.ended].compactMap {
                $0?.monotonic
            }
            return ends.contains {
                $0 <= stop.monotonic + configuration.transitGrace
                    && stop.monotonic - $0 <= configuration.dependencyGrace
            }
        }
    }

    func first(where isWanted: (UnitFacts) -> Bool) -> UnitFacts? { candidates.first(where: isWanted) }

    /// What units files name in `Requires=` and `BindsTo=` (docker-ce's docker.service, kubespray's, Bottlerocket's and
    /// kops' kubelet.service).
    private static func required(by unit: String) -> [String] {
        unit == "docker.service"
            ? ["containerd.service"]
            : [
                "containerd.service", "docker.service", "crio.service", "cri-docker.service",
                "snap.microk8s.daemon-containerd.service",
            ]
    }
}
