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
}

extension RuntimeCase<RuntimeSwitched> {
    var containers: ContainerFacts { facts.containers }

    func assess() -> Assessment {
        let leftovers = leftovers
        if let blocked = runtime.blockedStart { return .holds(finding(blocked, leftovers)) }
        if !leftovers.isEmpty { return .holds(finding(leftovers)) }
        if let cleared { return .cleared(cleared) }
        return .unknown(inquiries: inquiries)
    }

    // MARK: Which runtime is asked today

    /// The OCI runtime that a container without a handler of its own is looked for in, and who says so.
    var today: OCIRuntimeIdentity? {
        if let kill = runtime.failedKills.last?.identity { return kill }
        guard let configuration = containers.configuration,
            let started = runtime.unit.startedAt ?? runtime.unit.phaseSince,
            configuration.at.monotonic >= started.monotonic
        else { return nil }
        return configuration.value.defaultIdentity ?? builtIn
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
        guard let today else { return [] }
        let unkillable = Set(runtime.failedKills.map(\.id))
        let stateless = Set(lostStates.compactMap { $0.captures["id"] })
        return containers.entries.values.filter { entry in
            guard entry.processes.manager != .containerd, let made = entry.processes.monitor?.identity,
                !today.finds(containersOf: made)
            else { return false }
            let id = entry.processes.id
            let settling = stateless.contains(id) ? Duration.zero : configuration.lossGrace
            return unkillable.contains(id) || entry.isLost(after: settling)
                || runtime.blockedStart != nil
        }.sorted {
            ($0.processes.startedAt ?? $0.firstSeen.wall, $0.processes.id) < (
                $1.processes.startedAt ?? $1.firstSeen.wall, $1.processes.id
            )
        }
    }

    // MARK: Evidence that it is well

    private var cleared: Evidence? {
        let serving = runtime.unit.isRunning || runtime.api.answered(since: nil)
        guard serving, let scanned = containers.scannedAt else { return nil }
        let kills = runtime.failedKills
        let lastKill = kills.last?.signal.at.monotonic ?? MonotonicTime(microseconds: .min)
        let allEnded = kills.allSatisfy { containers.ended[$0.id] != nil }
        guard scanned.monotonic > lastKill || allEnded, !isUndecided else { return nil }
        let at = containers.ended.values.map(\.at.wall).max() ?? scanned.wall
        return Evidence(
            at: max(at, scanned.wall), source: .node,
            summary: "no process of a lost container is alive any more, and \(name) answers",
            command: "ps -eo pid,lstart,args | grep '[c]onmon'")
    }

    /// A container is denied, and it is not known yet why.
    var isUndecided: Bool { containers.entries.values.contains { $0.denial != nil } }

    private var inquiries: [Inquiry] { ContainerQuestions(facts, configuration).all }
}
