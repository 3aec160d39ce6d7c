// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Everything the engine knows of the node, as plain values: diagnoses read it, only ``Engine`` changes it.
struct NodeFacts: Hashable, Codable, Sendable {
    var bootID = ""
    var hostname = ""
    var version = ""
    var startedAt: Moment?
    /// The latest instant that any observation told.
    var now = Moment(wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0))
    var runtimes: [RuntimeFacts] = []
    /// Units that are judged and serve no endpoint.
    var services: [ServiceUnit] = []
    var signals = SignalLog()
    var requests = RequestBook()
    var podNames = PodNames()
    var answers = NodeAnswers()
    var containers = ContainerFacts()
    var monitoring = MonitoringFacts()
    var unexplained = UnexplainedFacts()
    /// Whether the machine goes down: what stops now is meant to.
    var goingDown = MachineShutdown()

    /// Whether the machine goes down now.
    var isShuttingDown: Bool { goingDown.isUnderWay(at: now) }

    /// Gives a runtime whose unit another one serves already its socket's path beside its name: an incident's subject is
    /// one runtime, and keeps its name for as long as the runtime is watched.
    mutating func labelRuntimes() {
        for index in runtimes.indices where runtimes[index].label == nil {
            let name = runtimes[index].endpoint.name
            if runtimes[..<index].contains(where: { $0.label == nil && $0.endpoint.name == name }) {
                runtimes[index].label = "\(name) (\(runtimes[index].endpoint.socketPath))"
            }
        }
    }

    /// Watches these runtimes and no others; the names of those that are watched no more, or by that name no more.
    mutating func watch(only endpoints: [Endpoint]) -> [String] {
        let paths = Set(endpoints.map(\.socketPath))
        let before = runtimes.map(\.name)
        let gone = Set(runtimes.filter { !paths.contains($0.endpoint.socketPath) }.map(\.name))
        runtimes.removeAll { !paths.contains($0.endpoint.socketPath) }
        for endpoint in endpoints { watch(endpoint) }
        labelRuntimes()
        let after = Set(runtimes.map(\.name))
        return before.filter { gone.contains($0) || !after.contains($0) }
    }

    /// The runtime that this unit serves.
    func runtime(unit: String?) -> RuntimeFacts? {
        runtimes.first { $0.endpoint.unit == unit && unit != nil }
    }

    /// The unit that rules hear a line of: they know runtimes and kubelets by the names that distributions give their
    /// units. One of another name, which was found by what it runs, is heard as the usual one.
    func heardUnit(of entry: JournalEntry) -> String? {
        guard let unit = entry.unit else { return nil }
        if let runtime = runtimes.first(where: { $0.endpoint.unit == unit })?.endpoint.runtime {
            return Endpoint.isWellKnown(unit: unit) ? unit : Endpoint.usualUnit(of: runtime) ?? unit
        }
        let isKubelet = answers.kubelet?.value?.unit == unit
        return isKubelet && !Endpoint.isWellKnown(unit: unit) && !unit.contains("kubelet")
            && !unit.hasPrefix("snap.microk8s.") && unit != "microshift.service" ? "kubelet.service" : unit
    }

    /// Watches the runtime at `endpoint`, one that is known by another unit or name too.
    mutating func watch(_ endpoint: Endpoint) {
        if let index = runtimes.firstIndex(where: { $0.endpoint.socketPath == endpoint.socketPath }) {
            runtimes[index].move(to: endpoint)
        } else {
            _ = add(endpoint)
        }
    }

    /// Whether `endpoint` was not known, and is now.
    mutating func add(_ endpoint: Endpoint) -> Bool {
        guard runtimes.count < 16,
            !runtimes.contains(where: { $0.endpoint.socketPath == endpoint.socketPath })
        else { return false }
        runtimes.append(RuntimeFacts(endpoint: endpoint))
        labelRuntimes()
        return true
    }

    /// Brings together what the lists and the processes say.
    mutating func reconcile(after event: Observation.Event) {
        switch event {
        case .probe(let report) where report.rung >= .pods: containers.reconcile(with: runtimes)
        case .node(.containerProcesses), .node(.containerLog): containers.reconcile(with: runtimes)
        default: break
        }
    }
}

/// The node's answers to inquiries, the latest of each; bounded by the inquiries that are asked.
struct NodeAnswers: Hashable, Codable, Sendable {
    /// An answer and when it was given.
    struct Dated<Value: Hashable & Codable & Sendable>: Hashable, Codable, Sendable {
        var at: Moment
        var value: Value
    }

    private static let limit = 64

    var tcp: [String: Dated<[ProcessIdentity]>] = [:]
    var unix: [String: Dated<[ProcessIdentity]>] = [:]
    var processes: [Int32: Dated<ProcessIdentity?>] = [:]
    var fileSystems: [String: Dated<FileSystemUsage>] = [:]
    var resources: Dated<NodeResources>?
    var cni: [String: Dated<CNIConfiguration>] = [:]
    var binaries: [String: Dated<String?>] = [:]
    /// By unit.
    var runtimeBinaries: [String: Dated<RuntimeBinaries>] = [:]
    /// The kubelet, when it was looked for last; its value is nil where none ran.
    var kubelet: Dated<KubeletProcess?>?

    /// Takes an answer.
    mutating func take(_ report: NodeReport, at: Moment) {
        switch report {
        case .tcpListener(let address, let holders):
            Self.set(&tcp, Self.port(address), Dated(at: at, value: holders))
        case .unixListener(let path, let holders): Self.set(&unix, path, Dated(at: at, value: holders))
        case .process(let pid, let identity): Self.set(&processes, pid, Dated(at: at, value: identity))
        case .fileSystems(let usages):
            for usage in usages { Self.set(&fileSystems, usage.path, Dated(at: at, value: usage)) }
        case .resources(let found):
            if let known = resources, known.at.monotonic > at.monotonic { break }
            resources = Dated(at: at, value: found)
        case .cni(let configuration):
            Self.set(&cni, configuration.directory, Dated(at: at, value: configuration))
        case .binary(let name, let path): Self.set(&binaries, name, Dated(at: at, value: path))
        case .containerProcesses, .scopes, .ociRuntimes, .runtimeConfiguration, .tcpListeners, .containerLog,
            .previousShutdown, .changes:
            break
        case .kubelet(let process):
            if let known = kubelet, at.monotonic < known.at.monotonic { return }
            kubelet = Dated(at: at, value: process)
        case .binaries(let report):
            Self.set(&runtimeBinaries, report.unit, Dated(at: at, value: report))
        }
    }

    /// Who holds the port of `address`, whatever local address they gave.
    func tcpHolders(of address: String) -> Dated<[ProcessIdentity]>? { tcp[Self.port(address)] }

    private static func port(_ address: String) -> String {
        address.lastIndex(of: ":").map { String(address[address.index(after: $0)...]) } ?? address
    }

    /// The latest answer stays, in whatever order they come.
    private static func set<Key: Hashable, Value>(
        _ table: inout [Key: Dated<Value>], _ key: Key, _ value: Dated<Value>
    ) {
        if let known = table[key], value.at.monotonic < known.at.monotonic { return }
        if table[key] == nil, table.count >= limit { table.removeAll() }
        table[key] = value
    }
}

/// What the daemon says of its own senses.
struct MonitoringFacts: Hashable, Codable, Sendable {
    private static let windowsKept = 32

    var journal: JournalHealth?
    var journalSince: Moment?
    var journalReady = false
    var bus: String?
    /// Since when it is as ``bus`` says.
    var busSince: Moment?
    var busKnown = false
    /// Problem of each listener, by address; an empty string: it serves.
    var listeners: [String: String] = [:]
    var checkpoint: String?
    /// Files of rules that are not in force, and why; nil before that is known.
    var refusedRules: [String]?
    var blind: [BlindWindow] = []
    var lastBlindAt: Moment?

    /// What a new run of the daemon still knows: what could not be seen stays unseen.
    func restarted(sameBoot: Bool) -> MonitoringFacts {
        var facts = MonitoringFacts()
        facts.blind = blind
        facts.lastBlindAt = sameBoot ? lastBlindAt : nil
        return facts
    }

    /// Takes a report.
    mutating func take(_ report: SelfReport, at: Moment) {
        switch report {
        case .journal(let health):
            if journal != health { journalSince = at }
            journal = health
            if case .failed = health { break }
            if health != .catchingUp { journalReady = true }
        case .blind(let window):
            blind.append(window)
            if blind.count > Self.windowsKept { blind.removeFirst() }
            lastBlindAt = at
        case .bus(let problem):
            if !busKnown || (problem == nil) != (bus == nil) { busSince = at }
            bus = problem
            busKnown = true
        case .listener(let address, let problem): listeners[address] = problem ?? ""
        case .checkpoint(let problem): checkpoint = problem
        case .rules(let refused): refusedRules = refused
        case .endpoints: break
        }
    }
}
