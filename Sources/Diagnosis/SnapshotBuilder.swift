// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Makes the immutable picture of everything that the engine holds.
struct SnapshotBuilder {
    let facts: NodeFacts
    let book: IncidentBook
    let conditions: ConditionTable
    let statistics: Statistics
    let advice: [Advice]
    let possible: [PossibleIncident]
    let changes: [Change]

    func snapshot(at moment: Moment) -> Snapshot {
        let before = ChangedBefore(changes)
        let open = book.open.map(named).map(before.told)
        let verdict = verdict(open)
        return Snapshot(
            at: moment, version: facts.version, hostname: facts.hostname,
            startedAt: (facts.startedAt ?? moment).wall, verdict: verdict, headline: headline(verdict, open),
            open: open,
            resolved: book.resolved.map(before.told), conditions: conditions.all,
            runtimes: facts.runtimes.map(view),
            monitoring: monitoring(open), statistics: statistics, advice: advice, versions: versions,
            possible: possible, unexplained: facts.unexplained.lines,
            changes: changes)
    }

    /// With the names of the pods that it counts, where they are those of its runtime.
    private func named(_ incident: Incident) -> Incident {
        guard let pods = incident.impact.pods,
            let runtime = facts.runtimes.first(where: { $0.name == incident.subject }),
            runtime.readyPods == pods
        else { return incident }
        var copy = incident
        copy.impact.podNames = runtime.readyPodNames
        return copy
    }

    private func condition(_ kind: Condition.Kind) -> Condition? { conditions.all.first { $0.type == kind } }

    /// Degraded and unhealthy are what incidents make of a node; healthy is what is known to be so: beside a condition
    /// that is False nothing is. Where the daemon cannot see its runtime, and nothing else is open, nobody knows.
    private func verdict(_ open: [Incident]) -> Snapshot.Verdict {
        if open.contains(where: { $0.severity == .critical && $0.status == .confirmed }) { return .unhealthy }
        let hurting = open.filter { $0.severity >= .warning }
        if hurting.contains(where: { $0.kind != .monitoringImpaired }) { return .degraded }
        if !hurting.isEmpty { return condition(.runtimeReady)?.status == .unknown ? .unknown : .degraded }
        if doubt != nil { return .unknown }
        return condition(.runtimeReady)?.status == .true ? .healthy : .unknown
    }

    /// A condition that keeps the node from being called healthy, though no incident tells of it.
    private var doubt: Condition? {
        conditions.all.first { condition in
            condition.status == .false && !condition.type.isAdvice
                || condition.type == .criVersionSupported && condition.reason == ConditionTable.refused
                || condition.type == .networkReady && condition.status == .unknown
                    && facts.runtimes.contains { $0.status?.condition("NetworkReady")?.status == false }
        }
    }

    private func headline(_ verdict: Snapshot.Verdict, _ open: [Incident]) -> String {
        if let first = open.first(where: { $0.severity >= .warning }) {
            let others = open.count { $0.severity >= .warning } - 1
            return first.sentence + (others > 0 ? " (and \(others) more)" : "")
        }
        if verdict == .healthy {
            let doubts = !facts.unexplained.isQuiet(at: facts.now.wall)
            return (doubts ? "as far as crihealthd can tell: " : "") + healthy
        }
        return (doubt ?? condition(.runtimeReady))?.message ?? "Nothing is known yet."
    }

    private var healthy: String {
        facts.runtimes.map { runtime in
            let version = runtime.version.map { " \($0.version)" } ?? ""
            let load = runtime.readyPods.map { ", \($0) pod\($0 == 1 ? "" : "s")" } ?? ""
            return "\(runtime.name)\(version) answers\(load)"
        }.joined(separator: "; ")
    }

    private func view(_ runtime: RuntimeFacts) -> RuntimeView {
        let rungs = ProbeReport.Rung.allCases.compactMap { rung in
            runtime.api.rungs[rung].map {
                RungView(
                    rung: rung, at: $0.at.wall, succeeded: $0.succeeded, latency: $0.latency,
                    problem: $0.failure?.reason.rawValue ?? $0.breakage?.reason.rawValue,
                    isBroken: $0.isBroken)
            }
        }
        var containers: [String: Int] = [:]
        for container in runtime.containers ?? [] { containers[container.state.rawValue, default: 0] += 1 }
        return RuntimeView(
            endpoint: runtime.endpoint, version: version(runtime), unit: unit(runtime.unit), rungs: rungs,
            isUp: runtime.api.isUp,
            pods: runtime.readyPods, containers: containers)
    }

    /// As it names itself; where it started as another since it was last asked, as that one: an upgrade that fails is one
    /// of the new version.
    private func version(_ runtime: RuntimeFacts) -> RuntimeVersion? {
        guard let started = facts.startedVersion(of: runtime) else { return runtime.version }
        return RuntimeVersion(
            name: runtime.version?.name ?? runtime.endpoint.runtime.rawValue, version: started, apiVersion: ""
        )
    }

    /// The bus' word, or what the journal's records amount to where there is no bus, or where they have later news.
    private func unit(_ unit: UnitFacts) -> UnitState? {
        if let state = unit.state, unit.agrees(with: state) { return state }
        let known: [UnitFacts.Phase: (String, String)] = [
            .starting: ("activating", "start"), .running: ("active", "running"),
            .stopping: ("deactivating", "stop"),
            .stopped: ("inactive", "dead"), .restarting: ("inactive", "dead"), .exited: ("failed", "failed"),
            .failed: ("failed", "failed"), .autoRestart: ("activating", "auto-restart"),
        ]
        return known[unit.phase].map {
            UnitState(name: unit.name, activeState: $0.0, subState: $0.1, result: unit.result ?? "success")
        }
    }

    /// As far as they were told: by the runtimes' own starts, by who was asked, by the kubelet's start on this boot.
    private var versions: NodeVersions {
        let daemons = Set(facts.runtimes.map(\.endpoint.runtime.rawValue))
        let oci = Advisor.components(facts).filter { !daemons.contains($0.name) }
        return NodeVersions(
            ociRuntimes: oci.map { NodeVersions.Named(name: $0.name, version: $0.version) },
            kubelet: facts.signals.last(.kubeletVersion)?.captures["version"])
    }

    private func monitoring(_ open: [Incident]) -> MonitoringView {
        MonitoringView(
            journalReady: facts.monitoring.journalReady,
            probesReady: !facts.runtimes.isEmpty && facts.runtimes.allSatisfy { !$0.api.rungs.isEmpty },
            journal: facts.monitoring.journal, blindWindows: facts.monitoring.blind,
            problems: open.filter { $0.kind == .monitoringImpaired }.map(\.sentence)
                + [facts.monitoring.bus.map { "systemd's bus: \($0)" }].compactMap { $0 })
    }
}
