// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// CRI-O's default OCI runtime, or the root where it keeps state, changed under running containers: CRI-O asks the new
/// one for containers that only the old one knows, takes them for dead, and their processes run on.
///
/// Three forms of one outage. `StartBlocked`: a start that wipes containers (another minor version) kills without
/// effect and never becomes ready; RuntimeDown folds under it then. `ContainersLost`: ready, and running containers
/// are called exited. `ContainersOrphaned`: nothing lists them any more. Sources: cri-o#8705, #8739,
/// cri-o/packaging#104.
struct RuntimeSwitched: Diagnosis {
    static let kind = IncidentKind.runtimeSwitched

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes.filter { $0.endpoint.runtime == .crio }, facts, configuration) {
            $0.assess()
        }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        facts.runtimes.filter { $0.endpoint.runtime == .crio }.flatMap { runtime -> [MonotonicTime] in
            let stall = runtime.blockedStart.map { $0.since.monotonic + configuration.startGrace }
            let losses = Case(runtime: runtime, facts: facts, configuration: configuration).lossesDue
            return [stall, losses].compactMap { $0 }
        }.filter { $0 > facts.now.monotonic }.min()
    }
}

extension RuntimeCase {
    /// The runtime's start, if it cannot end because its OCI runtime does not know the containers that it wipes.
    var stuckStart: BlockedStart? {
        guard let blocked = runtime.blockedStart, blocked.isStuck(at: now, after: configuration.startGrace)
        else { return nil }
        return blocked
    }
}

extension RuntimeCase<RuntimeSwitched> {
    var containers: ContainerFacts { facts.containers }

    func assess() -> Assessment {
        let leftovers = leftovers
        if let blocked = stuckStart { return .holds(finding(blocked, leftovers)) }
        if !leftovers.isEmpty { return .holds(finding(leftovers)) }
        let losses = unscannedLosses
        if !losses.isEmpty { return .holds(finding(losses)) }
        if let cleared { return .cleared(cleared) }
        return .unknown(inquiries: inquiries)
    }

    // MARK: Which runtime is asked today

    /// The OCI runtime that a container without a handler of its own is looked for in, and who says so.
    var today: OCIRuntimeIdentity? {
        if let kill = runtime.failedKills.last?.identity { return kill }
        return inForce.flatMap { $0.defaultIdentity ?? builtIn }
    }

    /// The configuration, if it was read since the last start: what is changed on disk later is not in effect.
    private var inForce: RuntimeConfiguration? {
        guard let configuration = containers.configuration,
            let started = runtime.unit.startedAt ?? runtime.unit.phaseSince,
            configuration.at.monotonic >= started.monotonic
        else { return nil }
        return configuration.value
    }

    /// The OCI runtime that is asked for this container: its RuntimeClass' handler, else the default.
    private func asked(for entry: ContainerFacts.Entry) -> OCIRuntimeIdentity? {
        guard let uid = entry.processes.monitor?.pod?.uid, let handler = runtime.handlers[uid] else {
            return today
        }
        return inForce?.identity(ofHandler: handler)
    }

    /// CRI-O's own default (pkg/config/config_linux.go): runc before 1.31, crun from then on.
    private var builtIn: OCIRuntimeIdentity? {
        guard let version = runtime.version?.version.split(separator: "."), version.count >= 2,
            let major = Int(version[0]), let minor = Int(version[1])
        else { return nil }
        return OCIRuntimeIdentity(path: (major, minor) >= (1, 31) ? "crun" : "runc", root: nil)
    }

    /// Lines of CRI-O's start that say that a container's state could not be had.
    var lostStates: [Signal] {
        let start = runtime.unit.startedAt?.monotonic ?? MonotonicTime(microseconds: .min)
        return facts.signals.all(.containerStateUnknown, unit: runtime.unit.name, since: start)
    }

    // MARK: What is left of it

    /// Containers that live, and that CRI-O denies or cannot kill, made by another OCI runtime than today's.
    var leftovers: [ContainerFacts.Entry] {
        let kills = Dictionary(grouping: runtime.failedKills, by: \.id)
        let unkillable = Set(kills.filter { $0.value.count >= 2 || stuckStart != nil }.keys)
        let stateless = Set(lostStates.compactMap { $0.captures["id"] })
        return containers.entries.values.filter { entry in
            guard entry.processes.manager != .containerd, let made = entry.processes.monitor?.identity,
                let asked = asked(for: entry), !asked.finds(containersOf: made)
            else { return false }
            let id = entry.processes.id
            let settling = stateless.contains(id) ? Duration.zero : configuration.lossGrace
            return unkillable.contains(id) || entry.isLost(after: settling) || stuckStart != nil
        }.sorted {
            ($0.processes.startedAt ?? $0.firstSeen.wall, $0.processes.id) < (
                $1.processes.startedAt ?? $1.firstSeen.wall, $1.processes.id
            )
        }
    }

    // MARK: Evidence that it is well

    private var cleared: Evidence? {
        let serving = runtime.unit.isRunning || runtime.api.answered(since: nil)
        guard serving else { return nil }
        // What could not be killed in a start that has ended since is over with it.
        let up = runtime.unit.isRunning ? runtime.unit.phaseSince?.monotonic : nil
        let kills = runtime.failedKills.filter { kill in
            containers.scannedAt != nil || up.map { kill.signal.at.monotonic > $0 } ?? true
        }
        let allEnded = kills.allSatisfy {
            containers.ended[$0.id] != nil || containers.shutdown.hasEnded($0.id, after: $0.signal.at)
        }
        guard let scanned = containers.scannedAt else { return allEnded ? ready : nil }
        let lastKill = kills.last?.signal.at.monotonic ?? MonotonicTime(microseconds: .min)
        guard scanned.monotonic > lastKill || allEnded, !isUndecided else { return nil }
        let at = containers.ended.values.map(\.at.wall).max() ?? scanned.wall
        return Evidence(
            at: max(at, scanned.wall), source: .node,
            summary: "no process of a lost container is alive, and \(name) answers",
            command: "ps -eo pid,lstart,args | grep '[c]onmon'")
    }

    /// Where nobody looks through the processes, the runtime's own word and systemd's are all there is.
    private var ready: Evidence {
        let up = runtime.unit.isRunning ? runtime.unit.phaseSince : nil
        return Evidence(
            at: (up ?? runtime.api.answeredAt ?? now).wall, source: up == nil ? .cri : .systemd,
            summary:
                "\(name) is ready, and finds every container that it asks for (processes were not scanned)",
            command: "systemctl status \(runtime.unit.name)")
    }

    /// A container is denied, and it is not known yet why.
    var isUndecided: Bool { containers.entries.values.contains { $0.denial != nil } }

    private var inquiries: [Inquiry] { ContainerQuestions(facts, configuration).all }
}
