// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// All that is known of one watched runtime.
struct RuntimeFacts: Hashable, Codable, Sendable {
    var endpoint: Endpoint
    var unit: UnitFacts
    var api = APIFacts()
    var version: RuntimeVersion?
    var status: RuntimeStatus?
    var statusAt: Moment?
    /// Where it keeps its things, as it said last; nil: it never did.
    var places: RuntimePlaces?
    var pods: [PodSandbox]?
    var podsAt: Moment?
    var containers: [Container]?
    var containersAt: Moment?
    /// Its start, from the first kill in it that failed until it has ended; see ``BlockedStart/isStuck(at:after:)``.
    var blockedStart: BlockedStart?
    /// Kills since its last start that failed because the OCI runtime does not know the container; the latest.
    var failedKills: [FailedKill] = []
    /// When a list last called a container running, on this boot.
    var ranAt: [String: SeenRunning] = [:]
    /// RuntimeClass handlers of pods that have one, by the pod's UID, on this boot.
    var handlers: [String: String] = [:]
    /// The network was seen ready, or a sandbox was set up, on this boot.
    var networkWasReady = false
    /// When the runtime was first seen on this boot.
    var firstSeen: Moment?

    init(endpoint: Endpoint) {
        self.endpoint = endpoint
        unit = UnitFacts(name: endpoint.unit ?? endpoint.name)
    }

    /// It turned out to be served by another unit, or as another runtime: what was known of the old unit is void.
    mutating func move(to new: Endpoint) {
        let name = new.unit ?? new.name
        if unit.name != name { unit = UnitFacts(name: name) }
        endpoint = new
    }

    /// Its name where two runtimes share one; nil: the endpoint's.
    var label: String?

    /// What people call it.
    var name: String { label ?? endpoint.name }

    /// Takes news in, in the order in which things happened.
    mutating func take(_ news: RuntimeNews, at: Moment) {
        switch news {
        case .record(let entry):
            unit.take(entry)
            forgetEarlierKills()
            if api.answered(since: at.monotonic) { unit.recovered() }
        case .unit(let state):
            unit.take(state, at: at)
            forgetEarlierKills()
        case .probe(let report): take(report, at: at)
        case .failedKill(let kill): take(kill)
        case .created: networkWasReady = true
        }
        block()
    }

    private mutating func take(_ report: ProbeReport, at: Moment) {
        api.take(report, at: at)
        if firstSeen == nil { firstSeen = at }
        switch report.outcome {
        case .version(let version): self.version = version
        case .status(let status):
            self.status = status
            statusAt = at
            places = status.places ?? places
            if status.condition("NetworkReady")?.status == true { networkWasReady = true }
        case .pods(let pods):
            self.pods = pods
            podsAt = at
            note(pods)
        case .containers(let containers):
            self.containers = containers
            containersAt = at
            note(containers, at)
        case .reached, .failed, .broken: break
        }
        if api.answered(since: unit.phaseSince?.monotonic) { unit.recovered() }
    }

    private mutating func take(_ kill: FailedKill) {
        guard !failedKills.contains(kill) else { return }
        failedKills.append(kill)
        if failedKills.count > BlockedStart.limit { failedKills.removeFirst() }
        if blockedStart != nil { blockedStart?.add(kill) }
    }

    /// What could not be killed before the last start is asked anew in it.
    private mutating func forgetEarlierKills() {
        guard let start = unit.startedAt?.monotonic else { return }
        failedKills.removeAll { $0.signal.at.monotonic < start }
    }

    /// A start that does not end while kills fail; a runtime that serves is blocked no more.
    private mutating func block() {
        if let last = blockedStart?.last.signal.at.monotonic {
            let isUp = unit.isRunning && (unit.phaseSince?.monotonic ?? last) > last
            if isUp || api.answered(since: last) { blockedStart = nil }
        }
        guard isStartUnderWay else { return }
        if blockedStart == nil {
            let ready = unit.isRunning ? unit.phaseSince?.monotonic : nil
            let kills = failedKills.filter { kill in ready.map { kill.signal.at.monotonic > $0 } ?? true }
            blockedStart = BlockedStart(kills, startedAt: startedAt)
        }
        if let startedAt { blockedStart?.startedAt = startedAt }
    }

    /// When the start that is under way began, if that is known.
    private var startedAt: Moment? { unit.startedAt ?? (unit.phase == .starting ? unit.phaseSince : nil) }

    /// systemd waits for it; or nobody tells what the unit does, and its endpoint has never answered since.
    private var isStartUnderWay: Bool {
        let hasAnswered =
            api.answeredAt.map { answer in startedAt.map { answer.monotonic > $0.monotonic } ?? true }
            ?? false
        switch unit.phase {
        case .starting: return !hasAnswered
        case .unknown, .running: return !hasAnswered && api.failing != nil
        case .stopping, .stopped, .restarting, .exited, .failed, .autoRestart: return false
        }
    }

    private mutating func note(_ pods: [PodSandbox]) {
        for pod in pods {
            guard let handler = pod.runtimeHandler, !handler.isEmpty else { continue }
            if handlers.count >= Self.remembered { handlers = [:] }
            handlers[pod.uid] = handler
        }
    }

    private mutating func note(_ containers: [Container], _ at: Moment) {
        for container in containers where container.state == .running {
            if ranAt.count >= Self.remembered, ranAt[container.id] == nil { ranAt = [:] }
            ranAt[container.id] = SeenRunning(at: at, label: container.label)
        }
    }

    private static let remembered = 1024

    /// A new boot: what was known of processes is void, what was known of pods is the last word before it.
    mutating func reboot() {
        unit = UnitFacts(name: unit.name)
        api = APIFacts()
        status = nil
        statusAt = nil
        podsAt = nil
        containersAt = nil
        blockedStart = nil
        failedKills = []
        ranAt = [:]
        handlers = [:]
        networkWasReady = false
        firstSeen = nil
    }

    /// systemd holds its unit for up, or its endpoint has answered since the unit became what it is now.
    var isUp: Bool {
        unit.isRunning || unit.phase == .starting && api.answered(since: unit.phaseSince?.monotonic)
    }

    /// Where it writes: by its own word, else by its distribution's defaults.
    var directories: [String] {
        let told = places?.directories ?? []
        return told.isEmpty ? endpoint.usualDirectories : told
    }

    /// Where it reads CNI configurations: by its own word, else by its distribution's defaults.
    var cniDirectory: String { places?.cniConfDir ?? status?.cniConfDir ?? endpoint.usualCNIDirectory }

    var readyPods: Int? { pods.map { $0.count { $0.ready } } }
    /// The first of them by name, as many as an impact names.
    var readyPodNames: [String]? {
        pods.map { pods in
            let names = pods.filter(\.ready).map { ($0.namespace + "/" + $0.name).bounded(120) }
            return Array(names.sorted().prefix(Impact.podNamesLimit))
        }
    }
    var runningContainers: Int? { containers.map { $0.count { $0.state == .running } } }
}

/// A container as a list last called it running.
struct SeenRunning: Hashable, Codable, Sendable {
    var at: Moment
    /// `shop/web-1/web`.
    var label: String
}

extension Container {
    /// `shop/web-1/web`: namespace, pod and container, as far as they are known.
    var label: String { [namespace, podName, name].filter { !$0.isEmpty }.joined(separator: "/") }
}
