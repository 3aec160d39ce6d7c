import HealthModel

/// All that is known of one watched runtime.
struct RuntimeFacts: Hashable, Codable, Sendable {
    var endpoint: Endpoint
    var unit: UnitFacts
    var api = APIFacts()
    var version: RuntimeVersion?
    var status: RuntimeStatus?
    var statusAt: Moment?
    var pods: [PodSandbox]?
    var podsAt: Moment?
    var containers: [Container]?
    var containersAt: Moment?
    /// Its start, while that cannot end because containers cannot be killed.
    var blockedStart: BlockedStart?
    /// Kills since its last start that failed because the OCI runtime does not know the container: the latest of each.
    var failedKills: [FailedKill] = []
    /// The network was seen ready, or a sandbox was set up, on this boot.
    var networkWasReady = false
    /// When the runtime was first seen on this boot.
    var firstSeen: Moment?

    init(endpoint: Endpoint) {
        self.endpoint = endpoint
        unit = UnitFacts(name: endpoint.unit ?? endpoint.name)
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
            if let start = unit.startedAt?.monotonic {
                failedKills.removeAll { $0.signal.at.monotonic < start }
            }
            if api.answered(since: at.monotonic) { unit.recovered() }
        case .unit(let state): unit.take(state, at: at)
        case .probe(let report): take(report, at: at)
        case .failedKill(let kill): take(kill)
        case .created: networkWasReady = true
        }
        unblock()
    }

    private mutating func take(_ report: ProbeReport, at: Moment) {
        api.take(report, at: at)
        if firstSeen == nil { firstSeen = at }
        switch report.outcome {
        case .version(let version): self.version = version
        case .status(let status):
            self.status = status
            statusAt = at
            if status.condition("NetworkReady")?.status == true { networkWasReady = true }
        case .pods(let pods):
            self.pods = pods
            podsAt = at
        case .containers(let containers):
            self.containers = containers
            containersAt = at
        case .reached, .failed, .broken: break
        }
        if api.answered(since: unit.phaseSince?.monotonic) { unit.recovered() }
    }

    private mutating func take(_ kill: FailedKill) {
        failedKills.removeAll { $0.id == kill.id }
        failedKills.append(kill)
        if failedKills.count > BlockedStart.limit { failedKills.removeFirst() }
        guard unit.phase != .running, !api.answered(since: kill.signal.at.monotonic) else { return }
        if blockedStart == nil {
            blockedStart = BlockedStart(kill, startedAt: unit.startedAt)
        } else {
            blockedStart?.add(kill)
        }
    }

    /// A runtime that serves is blocked no more.
    private mutating func unblock() {
        guard let last = blockedStart?.last.signal.at.monotonic else { return }
        let isUp = unit.isRunning && (unit.phaseSince?.monotonic ?? last) > last
        if isUp || api.answered(since: last) { blockedStart = nil }
    }

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
        networkWasReady = false
        firstSeen = nil
    }

    /// systemd holds its unit for up, or its endpoint has answered since the unit became what it is now.
    var isUp: Bool {
        unit.isRunning || unit.phase == .starting && api.answered(since: unit.phaseSince?.monotonic)
    }

    var readyPods: Int? { pods.map { $0.count { $0.ready } } }
    var runningContainers: Int? { containers.map { $0.count { $0.state == .running } } }
}
