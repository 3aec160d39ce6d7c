// SPDX-License-Identifier: Apache-2.0
import CRI
import HealthModel
import Node

/// Whoever asks the node what an unprivileged process cannot see: this process itself, or the prober behind its socket.
///
/// Every call blocks its caller, within bounds; any thread. Callers see to it that one endpoint is not asked twice at a
/// time.
protocol NodeAsker: Sendable {
    /// The CRI endpoints of this node.
    func endpoints() throws(AskError) -> [FoundEndpoint]
    /// Asks these rungs, which ascend, up to the first that fails; when none did, and it is wanted, whether the server
    /// greets. Never throws: who cannot ask reports a broken probe.
    func climb(_ endpoint: Endpoint, _ rungs: [ProbeReport.Rung], greeting: Bool) -> Climb
    /// The answer to a question about the node; nil for what nobody can tell now.
    func answer(_ inquiry: Inquiry) -> NodeReport?
    /// What was appended to a log file since `position`; nil where it is not there, or may not be read.
    func logFile(_ path: String, from position: LogFilePosition?) -> LogFilePiece?
}

/// An endpoint of this node.
struct FoundEndpoint: Hashable, Codable, Sendable {
    /// Where, what, and who serves it.
    var endpoint: Endpoint
    /// Its unit and runtime are those of the process that listens now; else those that its path suggests.
    var isServed: Bool
}

/// Why nobody could be asked.
enum AskError: Error, Equatable, CustomStringConvertible {
    /// A configured endpoint cannot be one.
    case endpoint(EndpointError)
    /// The prober could not be asked.
    case prober(ProberError)

    var description: String {
        switch self {
        case .endpoint(let error): error.description
        case .prober(let error): error.description
        }
    }
}

/// Asks in this process.
struct LocalAsker: NodeAsker {
    /// Runs crictl.
    var ladder: ProbeLadder
    /// How long a server may take to greet.
    var greetingDeadline: Duration
    /// Reads /proc and the file system.
    var inspector: NodeInspector
    /// Asks systemd, crictl and OCI runtimes about containers.
    var containers: ContainerAnswers
    /// Finds endpoints.
    var discovery: EndpointDiscovery
    /// Finds the kubelet that runs.
    var kubelet: KubeletFinder
    /// Reads log files.
    var logFiles: LogFileReader
    /// Finds who listens on an endpoint.
    var listeners: EndpointListeners
    /// Endpoints that a person named; empty: they are found.
    var configured: [String]

    /// As a configuration says, below `root`.
    init(_ configuration: Configuration, root: String = "/") {
        let cri = configuration.cri
        let limits = Crictl.Limits(
            timeout: cri.crictlTimeout, child: ChildLimits(deadline: cri.crictlDeadline))
        let path = cri.crictl == "crictl" ? nil : cri.crictl
        let crictl = Crictl(path: path, limits: limits)
        ladder = ProbeLadder(crictl: crictl, connectDeadline: cri.connectDeadline)
        containers = ContainerAnswers(crictl: crictl, root: root)
        greetingDeadline = cri.connectDeadline
        inspector = NodeInspector(root: root)
        discovery = EndpointDiscovery(root: root)
        kubelet = KubeletFinder(root: root)
        logFiles = LogFileReader(root: root)
        listeners = EndpointListeners(root: root, inspector: inspector)
        configured = cri.endpoints.map { "unix://" + $0 }
    }

    func endpoints() throws(AskError) -> [FoundEndpoint] {
        do throws(EndpointError) {
            let kubelet = configured.isEmpty ? kubelet.find() : nil
            return try discovery.discover(configured: configured, kubelet: kubelet).endpoints.map(
                listeners.found)
        } catch {
            throw .endpoint(error)
        }
    }

    func climb(_ endpoint: Endpoint, _ rungs: [ProbeReport.Rung], greeting: Bool) -> Climb {
        var climb = Climb(reports: ladder.probe(endpoint, rungs: rungs))
        if greeting, climb.reports.allSatisfy(\.succeeded) {
            climb.greets = Greeting.isReturned(socketPath: endpoint.socketPath, within: greetingDeadline)
        }
        return climb
    }

    func answer(_ inquiry: Inquiry) -> NodeReport? {
        // The one that the ladder would run, wherever it was configured to be.
        if inquiry == .binary(name: "crictl") {
            return .binary(name: "crictl", path: try? ladder.crictl.locate())
        }
        if inquiry == .kubelet { return .kubelet(kubelet.find()) }
        return inspector.answer(inquiry) ?? containers.answer(inquiry)
    }

    func logFile(_ path: String, from position: LogFilePosition?) -> LogFilePiece? {
        LogFileSource.isLogFile(path) ? logFiles.read(path, from: position) : nil
    }
}
