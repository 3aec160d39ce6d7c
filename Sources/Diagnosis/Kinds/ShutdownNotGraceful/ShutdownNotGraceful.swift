// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Containers that systemd does not stop at shutdown: systemd-shutdown's last SIGKILL ends them without their grace
/// period.
///
/// crun 1.8.1 to 1.16.1 overwrites CRI-O's request for `DefaultDependencies=yes` (crun commit 1edf6d06, fixed in 1.17),
/// and no log line says so: the scope itself is the proof. containerd's scopes are made without them by design.
struct ShutdownNotGraceful: Diagnosis {
    static let kind = IncidentKind.shutdownNotGraceful

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        facts.runtimes.filter { $0.endpoint.runtime == .crio }.flatMap { runtime in
            [
                ("scopes", .unknown(inquiries: ContainerQuestions(facts, configuration).scopes)),
                (runtime.name, exposed(runtime, facts, configuration)),
                ("last shutdown", happened(runtime, facts, configuration)),
            ]
        }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        [
            facts.containers.shutdown.past.map { $0.since.monotonic + configuration.shutdownShown },
            facts.containers.scopeEndedAt.map { $0.monotonic + configuration.lossGrace },
        ].compactMap { $0 }.filter { $0 > facts.now.monotonic }.min()
    }

    // MARK: Exposed now

    private func exposed(_ runtime: RuntimeFacts, _ facts: NodeFacts, _ configuration: EngineConfiguration)
        -> Assessment
    {
        let scopes = facts.containers.scopes.values.sorted { $0.value.name < $1.value.name }
        let known = scopes.filter { $0.value.defaultDependencies != nil && $0.value.ordersShutdown != nil }
        let bad = known.filter { $0.value.defaultDependencies == false && $0.value.ordersShutdown == false }
        guard let first = bad.first else {
            guard let good = known.last(where: { $0.value.ordersShutdown == true }) else {
                return ended(facts, configuration)
            }
            return .cleared(
                Evidence(
                    at: good.at.wall, source: .systemd,
                    summary: "the scopes of all \(known.count) containers are stopped before shutdown.target",
                    command: "systemctl show -p DefaultDependencies,Conflicts,Before 'crio-*.scope'"))
        }
        let runtimes = versions(of: bad.compactMap(\.value.containerID), facts)
        // Only of crun is it known that it passes over what CRI-O asks for.
        let isCrun = bad.allSatisfy { $0.value.description.contains("libcrun") }
        return .holds(
            Finding(
                cause: .exposed, severity: .warning, confirmed: true, since: first.at,
                sentence:
                    "\(bad.count) container\(bad.count == 1 ? "" : "s") would not get \(bad.count == 1 ? "its" : "their") grace period if this node shut down now",
                explanation: explanation(isCrun: isCrun, runtimes, runtime),
                impact: Impact(
                    sentence:
                        "At a reboot or power-off without a drain, containers may be killed in the middle of their work; kubectl drain is not affected."
                        + names(bad.compactMap(\.value.containerID), facts)),
                evidence: bad.prefix(4).map {
                    Evidence(
                        at: $0.at.wall, source: .systemd,
                        summary:
                            "\($0.value.name) (\($0.value.description)): DefaultDependencies=no, shutdown.target in neither Conflicts nor Before",
                        command:
                            "systemctl show -p DefaultDependencies,Conflicts,Before,Description \($0.value.pattern)"
                    )
                },
                nextSteps: repair(isCrun: isCrun, runtimes) + [
                    facts.drain("drain the node before it goes down")
                ],
                clearsWhen: "every container's scope has Conflicts= and Before=shutdown.target",
                inquiries: ContainerQuestions(facts, configuration).all
                    + unasked(bad.compactMap(\.value.containerID), facts)))
    }

    /// crun from 1.17 on is installed by now: the scopes are older than it.
    private func isRepaired(_ runtimes: [String]) -> Bool {
        let crun = runtimes.filter { $0.hasPrefix("crun ") }.map { SoftwareVersion(String($0.dropFirst(5))) }
        return !crun.isEmpty && crun.allSatisfy { $0.map { !($0 < SoftwareVersion("1.17") ?? $0) } ?? false }
    }

    private func explanation(isCrun: Bool, _ runtimes: [String], _ runtime: RuntimeFacts) -> String {
        let today = runtimes.isEmpty ? "" : " (" + runtimes.joined(separator: ", ") + ")"
        let lack =
            "made the scopes without Conflicts= and Before=shutdown.target, though \(runtime.name) asks for them: systemd does not wait for these containers."
        guard isCrun else { return "The OCI runtime\(today) \(lack)" }
        if isRepaired(runtimes) {
            return
                "A crun older than 1.17 \(lack) Today's\(today) does as asked: what it makes is safe, and the scopes of these containers are older."
        }
        return "crun\(today) \(lack) runc, and crun from 1.17 on, do as asked."
    }

    private func repair(isCrun: Bool, _ runtimes: [String]) -> [NextStep] {
        guard isCrun else {
            return [NextStep("see what made them", RuntimeCase<RuntimeSwitched>.listMonitors)]
        }
        if isRepaired(runtimes) {
            return [
                NextStep(
                    "see which scopes lack it, and have the cluster replace their pods",
                    "systemctl show -p Id,DefaultDependencies 'crio-*.scope'")
            ]
        }
        return [
            NextStep(
                "see whether crun 1.17 or later is available (Debian 12 has 1.8.1); install it, then recreate the pods one at a time",
                "apt-cache policy crun cri-o")
        ]
    }

    /// No scope is known: those that were exposed ended, or were of an earlier boot.
    private func ended(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> Assessment {
        if let ended = facts.containers.scopeEndedAt {
            // What ends because the machine goes down is the shutdown that it was exposed to; the word of it may be late.
            guard !facts.goingDown.isUnderWay(at: ended),
                facts.now.monotonic - ended.monotonic >= configuration.lossGrace
            else { return .unknown(inquiries: []) }
            return .cleared(
                Evidence(
                    at: ended.wall, source: .systemd,
                    summary: "the last container that was exposed has ended",
                    command: "systemctl list-units 'crio-*.scope'"))
        }
        if facts.containers.rebootedAt != nil {
            return .expired("the containers that were exposed ended with the boot before this one")
        }
        return .unknown(inquiries: [])
    }

    /// OCI runtimes of these containers whose version nobody has asked for.
    private func unasked(_ ids: [String], _ facts: NodeFacts) -> [Inquiry] {
        let paths = Set(ids.compactMap { facts.containers.entries[$0]?.processes.monitor?.runtimePath })
        let unknown = paths.filter { facts.containers.versions[$0] == nil }.sorted()
        return unknown.isEmpty ? [] : [.ociRuntimes(paths: Array(unknown.prefix(8)))]
    }

    /// Versions of the OCI runtimes that made these containers.
    private func versions(of ids: [String], _ facts: NodeFacts) -> [String] {
        let paths = Set(ids.compactMap { facts.containers.entries[$0]?.processes.monitor?.runtimePath })
        return paths.compactMap { facts.containers.versions[$0]?.value }.map { "\($0.name) \($0.version)" }
            .sorted()
    }

    private func names(_ ids: [String], _ facts: NodeFacts) -> String {
        let labels = ids.compactMap { facts.containers.entries[$0]?.processes.monitor?.pod?.label }.sorted()
        return labels.isEmpty ? "" : " Affected: " + labels.prefix(40).joined(separator: ", ") + "."
    }

    // MARK: Happened at the last shutdown

    private func happened(_ runtime: RuntimeFacts, _ facts: NodeFacts, _ configuration: EngineConfiguration)
        -> Assessment
    {
        let shutdown = facts.containers.shutdown
        guard let past = shutdown.past else {
            return .unknown(inquiries: shutdown.isPastKnown ? [] : [.previousShutdown])
        }
        if facts.now.monotonic - past.since.monotonic >= configuration.shutdownShown {
            return .expired("nothing can undo it; it was shown for \(configuration.shutdownShown.brief)")
        }
        let ids = past.killed.prefix(4).map { String($0.prefix(12)) }.joined(separator: ", ")
        let count = past.killed.count
        return .holds(
            Finding(
                cause: .happened, severity: .warning, confirmed: true, since: past.since,
                sentence:
                    "the last shutdown killed \(count) container\(count == 1 ? "" : "s") without \(count == 1 ? "its" : "their") grace period",
                explanation:
                    "Their scopes still ran when shutdown.target was reached: only systemd-shutdown's last SIGTERM and SIGKILL, seconds apart, ended them.",
                impact: Impact(
                    sentence:
                        "What these containers had not written is lost: \(ids)\(count > 4 ? ", …" : "")."),
                evidence: [
                    Evidence(
                        at: past.at, source: .journal,
                        summary: "shutdown.target was reached while the scopes of \(ids) had not ended",
                        command: "journalctl -b -1 -o short-precise -g 'crio-.*scope|System Shutdown'")
                ],
                nextSteps: [
                    NextStep(
                        "see how the previous boot ended", "journalctl -b -1 -n 200 -o short-precise"),
                    NextStep(
                        "see what these containers are; look for damage in what they wrote",
                        runtime.endpoint.crictl("ps --all")),
                    NextStep(
                        "see whether containers are still exposed",
                        "systemctl show -p DefaultDependencies,Conflicts 'crio-*.scope'"),
                ], clearsWhen: "it is \(configuration.shutdownShown.brief) old: nothing can undo it"))
    }
}

extension ScopeState {
    /// The unit as a pattern that fits on a line: the first digits of a container's id are enough for systemctl(1).
    var pattern: String {
        guard let id = containerID, let mark = name.firstRange(of: id) else { return name }
        return "\(name[..<mark.lowerBound])\(id.prefix(12))*\(name[mark.upperBound...])"
    }
}
