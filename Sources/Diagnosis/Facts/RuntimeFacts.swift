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

    /// Takes one answer of the probe ladder.
    mutating func take(_ report: ProbeReport, at: Moment) {
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

    /// A new boot: what was known of processes is void, what was known of pods is the last word before it.
    mutating func reboot() {
        unit = UnitFacts(name: unit.name)
        api = APIFacts()
        status = nil
        statusAt = nil
        podsAt = nil
        containersAt = nil
        blockedStart = nil
        networkWasReady = false
        firstSeen = nil
    }

    var readyPods: Int? { pods.map { $0.count { $0.ready } } }
    var runningContainers: Int? { containers.map { $0.count { $0.state == .running } } }
}
