import HealthModel
import NIOCore
import NIOHTTP1

/// One connection: reads requests, answers them in order and one at a time, and keeps every deadline.
///
/// It asks for more input only when all that came was answered and the peer has taken the answers, so a peer that does
/// not read stops being read from. Confined to the event loop.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        /// Waits for a head, or for the rest of one.
        case head
        /// Answered before, waits for the next request.
        case idle
        /// The peer takes an answer.
        case writing
        /// Takes no more requests; its input is drained until the peer has read the last answer.
        case lingering
        case closed
    }

    /// What is to be answered, in the order in which it came.
    private enum Work {
        case request(Request, HTTPRequestHead)
        case refusal(Problem, accept: String, isHead: Bool)
    }

    /// More requests than one read can hold (4 KiB, at 16 bytes each).
    private static let workLimit = 256

    private let server: ServerCore
    private let gate: InputGate
    private let isTCP: Bool
    private var phase = Phase.head
    private var context: ChannelHandlerContext?
    private var deadline: Scheduled<Void>?
    private var work: [Work] = []
    /// A head that passed, until its end.
    private var begun: (request: Request, head: HTTPRequestHead)?
    private var isServing = false
    private var isInputClosed = false
    /// The next answer, or the one under way, is the last.
    private var isLast = false

    init(server: ServerCore, gate: InputGate, isTCP: Bool) {
        self.server = server
        self.gate = gate
        self.isTCP = isTCP
    }

    /// Who is dropped first when there are too many: the lowest.
    var dropRank: Int {
        switch phase {
        case .closed, .lingering: 0
        case .head: 1
        case .idle: 2
        case .writing: 3
        }
    }

    /// Bytes of the answer that the peer has not taken yet, at most.
    private(set) var pendingBytes = 0

    /// Closes at once.
    func close() { context?.close(promise: nil) }

    /// Answers once more if it has not done so, and closes; at once when it idles after an answer.
    func finish() {
        isLast = true
        switch phase {
        case .head: break
        case .writing: gate.shut()
        case .idle, .lingering, .closed: close()
        }
    }

    /// Closes as soon as the answer that is under way was taken.
    func stop() {
        isLast = true
        gate.shut()
        if phase != .writing { close() }
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        guard !server.isStopped else { return context.close(promise: nil) }
        isLast = server.isFinishing
        server.add(self)
        enter(.head)
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        enter(.closed)
        work.removeAll()
        server.remove(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard !gate.isShut else { return }
            // What announces a body is refused before the body comes.
            switch RequestGuard.check(head, isTCP: isTCP, configuration: server.configuration) {
            case .success(let request): begun = (request, head)
            case .failure(let problem): refuse(problem, head)
            }
        case .body: break
        case .end:
            guard !gate.isShut, let (request, head) = begun else { return }
            begun = nil
            // When a peer is gone, NIO hands over all that is left to read, asked for or not.
            guard work.count < Self.workLimit else { return close() }
            work.append(.request(request, head))
            // The parser stops behind such a head.
            if head.headers.contains(name: "upgrade") { gate.shut() }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if phase == .idle, gate.isWithinHead { enter(.head) }
        serve()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        // The peer says no more; what it asked is still answered.
        isInputClosed = true
        if phase == .lingering || (phase != .writing && work.isEmpty) { close() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case Refusal.headTooLarge:
            refuse(Problem(status: 431, detail: "a head has at most \(server.configuration.headLimit) bytes"))
            serve()
        case HTTPParserError.headerOverflow where !gate.isShut:
            refuse(Problem(status: 431, detail: "too many header fields"))
            serve()
        case is HTTPParserError where !gate.isShut:
            refuse(Problem(status: 400, detail: "this is not HTTP/1.1 as RFC 9112 has it"))
            serve()
        case is HTTPParserError: break
        default: context.close(promise: nil)
        }
    }

    // MARK: Answering

    /// Queues an error as the last answer.
    private func refuse(_ problem: Problem, _ head: HTTPRequestHead? = nil) {
        let accept = head?.headers["accept"].joined(separator: ",") ?? ""
        work.append(.refusal(problem, accept: accept, isHead: head?.method == .HEAD))
        begun = nil
        gate.shut()
    }

    /// Answers what is queued until the peer must read, then asks for more. A write that ends at once comes back
    /// through ``written(_:)`` within the loop; the flag keeps that from nesting.
    private func serve() {
        guard !isServing else { return }
        isServing = true
        while phase != .writing, phase != .lingering, phase != .closed, !work.isEmpty {
            answer(work.removeFirst())
        }
        isServing = false
        guard phase != .writing, phase != .closed else { return }
        if phase != .lingering, isLast || isInputClosed { return close() }
        context?.read()
    }

    private func answer(_ item: Work) {
        switch item {
        case .refusal(let problem, let accept, let isHead):
            isLast = true
            write(problem.response(accept: accept), version: .http1_1, isHead: isHead)
        case .request(let request, let head):
            if head.version == .http1_0 || !head.isKeepAlive || (gate.isShut && work.isEmpty) {
                isLast = true
            }
            let router = Router(
                snapshot: server.store.snapshot, server: server.counters,
                runbooks: server.configuration.runbooks)
            write(router.respond(to: request), version: head.version, isHead: head.method == .HEAD)
        }
    }

    private func write(_ response: Response, version: HTTPVersion, isHead: Bool) {
        guard let context else { return }
        server.counters.count(status: response.status)
        enter(.writing)
        if isLast {
            gate.shut()
            work.removeAll()
        }
        let head = response.head(version: version, isLast: isLast, now: WallClock.now())
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !isHead {
            let body = context.channel.allocator.buffer(bytes: response.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { self.written($0) }
        pendingBytes = isHead ? 0 : response.body.count
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
        if phase == .writing { server.boundPendingBytes() }
    }

    private func written(_ result: Result<Void, any Error>) {
        pendingBytes = 0
        guard phase == .writing else { return }
        guard case .success = result else { return close() }
        if isLast {
            enter(.lingering)
            context?.close(mode: .output, promise: nil)
            context?.read()
            return
        }
        enter(gate.isWithinHead ? .head : .idle)
        serve()
    }

    // MARK: Deadlines

    /// Goes to a phase and starts its deadline; staying in a phase does not renew it.
    private func enter(_ next: Phase) {
        phase = next
        deadline?.cancel()
        deadline = nil
        let limits = server.configuration
        let limit: Duration
        switch next {
        case .head: limit = limits.headDeadline
        case .idle: limit = limits.idleDeadline
        case .writing: limit = limits.writeDeadline
        case .lingering: limit = limits.lingerDeadline
        case .closed: return
        }
        deadline = server.loop.assumeIsolated().scheduleTask(in: limit.timeAmount) { self.expired() }
    }

    private func expired() {
        deadline = nil
        switch phase {
        case .head where gate.isWithinHead:
            server.counters.dropped += 1
            refuse(Problem(status: 408, detail: "the head did not come in time"))
            serve()
        case .head, .writing:
            server.counters.dropped += 1
            close()
        case .idle, .lingering, .closed: close()
        }
    }
}
