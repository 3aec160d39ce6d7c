// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Synchronization

@testable import crihealthd

/// Answers at once, and notes what it was asked.
final class StubAsker: NodeAsker {
    static let endpoint = Endpoint(
        socketPath: "/run/containerd/containerd.sock", runtime: .containerd, unit: "containerd.service")

    let climbs = Recorder<String>()
    let inquiries = Recorder<Inquiry>()
    let outcome: ProbeReport.Outcome
    /// While it is true, no climb and no inquiry ends.
    let holds = Atomic(false)

    init(outcome: ProbeReport.Outcome = .reached) { self.outcome = outcome }

    static let found = FoundEndpoint(endpoint: endpoint, isServed: true)

    func endpoints() throws(AskError) -> [FoundEndpoint] {
        [Self.found]
    }

    func climb(_ endpoint: Endpoint, _ rungs: [ProbeReport.Rung], greeting: Bool) -> Climb {
        var climb = Climb()
        for rung in rungs {
            climbs.note("\(endpoint.socketPath) \(rung.rawValue)")
            hold()
            let report = ProbeReport(
                endpoint: endpoint, rung: rung, outcome: outcome, latency: .milliseconds(1))
            climb.reports.append(report)
            guard report.succeeded else { return climb }
        }
        climb.greets = greeting ? false : nil
        return climb
    }

    func logFile(_ path: String, from position: LogFilePosition?) -> LogFilePiece? { nil }

    func answer(_ inquiry: Inquiry) -> NodeReport? {
        inquiries.note(inquiry)
        hold()
        guard case .process(let pid) = inquiry else { return nil }
        return .process(pid: pid, identity: ProcessIdentity(pid: pid, name: "stub"))
    }

    private func hold() {
        while holds.load(ordering: .relaxed) { usleep(5_000) }
    }
}

/// A prober on a socket of its own directory.
final class TestProber {
    let path: String
    private let service: ProberService
    private var listener: Int32?

    init(
        in directory: TemporaryDirectory, asker: any NodeAsker = StubAsker(),
        limits: ProberService.Limits = .init(), allows: @escaping @Sendable (uid_t) -> Bool = { _ in true }
    ) throws {
        path = directory.path + "/probe.sock"
        let listener = try UnixListener.listen(path, owner: nil)
        self.listener = listener
        service = try ProberService(
            listener: listener, name: path, allows: allows,
            desk: ProberDesk(asker: asker, units: [], logger: TestDaemon.logger), limits: limits,
            logger: TestDaemon.logger)
        service.start()
    }

    deinit { stop() }

    func stop() {
        // Once: the number of a closed descriptor is soon another test's.
        guard let listener else { return }
        self.listener = nil
        service.stop()
        close(listener)
        unlink(path)
    }

    /// How many connections wait for their next question: an answer arrives before its connection is one of them.
    var silentConnections: Int { service.silentConnections }

    /// A connection that says what it is told.
    func connect() throws -> FrameSocket {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard try SocketAddress.unix(path).connect(descriptor) == 0 else {
            throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
        return FrameSocket(taking: descriptor, name: path)
    }
}
