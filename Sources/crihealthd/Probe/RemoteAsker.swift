// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HealthModel
import Node
import Synchronization

/// Asks the prober over its socket.
///
/// ## Concurrency
/// Any thread; each question has a connection for itself meanwhile, at most ``mostConnections`` at a time, which are kept
/// for the next ones. A prober that went away and came back is noticed at the next question.
final class RemoteAsker: NodeAsker {
    /// How long answers are waited for.
    struct Patience: Sendable {
        /// For the rungs without crictl and a greeting together, and for the endpoints.
        var quick: Duration = .seconds(3)
        /// For a rung with crictl.
        var crictl: Duration = .seconds(10)
        /// For a look at the node.
        var node: Duration = .seconds(10)
    }

    private final class Connection: Sendable {
        let socket: FrameSocket

        init(_ socket: consuming FrameSocket) { self.socket = socket }
    }

    /// One less than the prober takes: a predecessor may still hold one.
    static let mostConnections = 3
    /// Pause after the prober said that it is asked too often.
    private static let pause: Duration = .milliseconds(50)

    private let socket: String
    private let patience: Patience
    private let idle = Mutex<[Connection]>([])
    /// Questions that the prober does not admit, and when it said so: they are asked again after ``refusalKept``.
    private let refused = Mutex<[Inquiry: MonotonicTime]>([:])
    private static let refusalKept: Duration = .seconds(30)
    private static let refusalLimit = 64
    private let onRefusal: @Sendable (Inquiry, String) -> Void
    private let permits = DispatchSemaphore(value: RemoteAsker.mostConnections)

    /// Asks behind this socket; `onRefusal` is told each question about the node that the prober does not admit, once,
    /// and why.
    init(
        socket: String, patience: Patience = Patience(),
        onRefusal: @escaping @Sendable (Inquiry, String) -> Void = { _, _ in }
    ) {
        self.socket = socket
        self.patience = patience
        self.onRefusal = onRefusal
    }

    func endpoints() throws(AskError) -> [FoundEndpoint] {
        do throws(ProberError) {
            let reply = try ask(.endpoints, within: patience.quick)
            guard case .endpoints(let endpoints) = reply else { throw unexpected(reply) }
            return endpoints
        } catch {
            throw .prober(error)
        }
    }

    func climb(_ endpoint: Endpoint, _ rungs: [ProbeReport.Rung], greeting: Bool) -> Climb {
        let began = Moment.now().monotonic
        do throws(ProberError) {
            let reply = try ask(
                .climb(socket: endpoint.socketPath, rungs: rungs, greeting: greeting),
                within: rungs.contains { $0 > .connect } ? patience.crictl : patience.quick)
            guard case .climb(var climb) = reply, Self.answers(climb.reports, rungs) else {
                throw unexpected(reply)
            }
            // The prober's own view of unit and runtime may differ from what this daemon was configured with.
            for index in climb.reports.indices { climb.reports[index].endpoint = endpoint }
            return climb
        } catch {
            let breakage = ProbeBreakage(
                reason: .proberUnreachable, errno: error.errno == 0 ? nil : error.errno,
                text: error.description)
            let latency = Moment.now().monotonic - began
            return Climb(
                reports: rungs.prefix(1).map {
                    ProbeReport(endpoint: endpoint, rung: $0, outcome: .broken(breakage), latency: latency)
                })
        }
    }

    /// Whether it is a report on each rung, up to the first that failed.
    private static func answers(_ reports: [ProbeReport], _ rungs: [ProbeReport.Rung]) -> Bool {
        rungs.starts(with: reports.map(\.rung)) && reports.dropLast().allSatisfy(\.succeeded)
            && (reports.count == rungs.count || reports.last?.succeeded == false)
    }

    func answer(_ inquiry: Inquiry) -> NodeReport? {
        let now = Moment.now().monotonic
        let isRefused = refused.withLock { $0[inquiry].map { now - $0 < Self.refusalKept } ?? false }
        guard !isRefused, let reply = try? ask(.node(inquiry), within: patience.node) else { return nil }
        if case .refused(let refusal) = reply, refusal == .notAllowed {
            let isNews = refused.withLock { known in
                if known.count >= Self.refusalLimit { known = [:] }
                return known.updateValue(now, forKey: inquiry) == nil
            }
            if isNews { onRefusal(inquiry, refusal.reason) }
        }
        guard case .node(let report) = reply else { return nil }
        return report
    }

    func logFile(_ path: String, from position: LogFilePosition?) -> LogFilePiece? {
        guard
            case .logFile(let piece)? = try? ask(.logFile(path: path, from: position), within: patience.node)
        else { return nil }
        return piece
    }

    // MARK: Connections

    private func unexpected(_ reply: ProbeAnswer.Reply) -> ProberError {
        switch reply {
        case .refused(let refusal): ProberError("answer", socket, reason: refusal.reason)
        case .endpoints, .climb, .node, .logFile:
            ProberError("answer", socket, reason: "it answered something else")
        }
    }

    /// The reply to a question, asked again while the prober wants fewer.
    private func ask(
        _ ask: ProbeQuestion.Ask, within limit: Duration
    ) throws(ProberError) -> ProbeAnswer.Reply {
        guard let content = ProbeWire.encode(ProbeQuestion(ask: ask)),
            content.count <= ProbeWire.questionLimit
        else { throw ProberError("question", socket, reason: "it is too large") }
        let until = Moment.now().monotonic + limit
        guard permits.wait(timeout: .now() + limit.dispatch) == .success else {
            throw ProberError("wait", socket, errno: ETIMEDOUT)
        }
        defer { permits.signal() }
        while true {
            let reply = try exchange(content, until: until)
            guard reply == .refused(.tooMany), Moment.now().monotonic + Self.pause < until else {
                return reply
            }
            Pause.wait(Self.pause)
        }
    }

    /// One exchange: on a kept connection, else on a new one. A question changes nothing, so one that a dying prober
    /// took with it is asked again, once.
    private func exchange(_ content: [UInt8], until: MonotonicTime) throws(ProberError) -> ProbeAnswer.Reply {
        while let kept = idle.withLock({ $0.popLast() }) {
            if let reply = try? self.reply(to: content, on: kept, until: until) { return reply }
            guard Moment.now().monotonic < until else { throw ProberError("read", socket, errno: ETIMEDOUT) }
        }
        do throws(ProberError) {
            return try reply(to: content, on: try connect(until: until), until: until)
        } catch {
            guard error.errno != ETIMEDOUT, error.operation == "read" || error.operation == "write" else {
                throw error
            }
            return try reply(to: content, on: try connect(until: until), until: until)
        }
    }

    private func reply(
        to content: [UInt8], on connection: Connection, until: MonotonicTime
    ) throws(ProberError) -> ProbeAnswer.Reply {
        try connection.socket.send(content, until: until)
        let arrival = try connection.socket.receive(
            limit: ProbeWire.answerLimit, first: until, frameDeadline: ProbeWire.frameDeadline)
        guard case .frame(let bytes) = arrival else {
            throw ProberError("read", socket, reason: "the prober closed the connection")
        }
        guard let answer = ProbeWire.decode(ProbeAnswer.self, bytes), answer.version == ProbeWire.version
        else {
            throw ProberError("answer", socket, reason: "the prober is of another version; restart it")
        }
        idle.withLock { $0.append(connection) }
        return answer.reply
    }

    private func connect(until: MonotonicTime) throws(ProberError) -> Connection {
        guard let address = try? SocketAddress.unix(socket) else {
            throw ProberError("connect", socket, reason: "not a path of a unix socket")
        }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw ProberError("socket", socket, errno: errno) }
        let connection = Connection(FrameSocket(taking: descriptor, name: socket))
        while address.connect(descriptor) != 0 {
            let code = errno
            // A backlog that is full has no event to wait for.
            guard code == EAGAIN || code == EINTR, Moment.now().monotonic < until else {
                throw ProberError("connect", socket, errno: code == EAGAIN ? ETIMEDOUT : code)
            }
            Pause.wait(.milliseconds(20))
        }
        return connection
    }
}

extension ProbeAnswer.Refusal {
    /// For people.
    var reason: String {
        switch self {
        case .malformed: "it does not understand the question"
        case .otherVersion: "it is of another version; restart it"
        case .notAllowed:
            "it does not know this; what is configured must be in the configuration file that both read"
        case .tooMany: "it is asked too often"
        case .tooLarge: "its answer is too large"
        }
    }
}
