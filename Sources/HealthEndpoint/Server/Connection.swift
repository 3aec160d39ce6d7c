// SPDX-License-Identifier: Apache-2.0
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

    enum Phase {
        /// Waits for a head, or for the rest of one.
        case head
        /// Answered before, waits for the next request.
        case idle
        /// The peer takes an answer.
        case writing
        /// Is told news for as long as it stays.
        case following
        /// Takes no more requests; its input is drained until the peer has read the last answer.
        case lingering
        case closed
    }

    /// What is to be answered, in the order in which it came.
    private enum Work {
        case request(Request, HTTPRequestHead)
        case refusal(Problem, path: String, isHead: Bool)
    }

    /// More requests than one read can hold (4 KiB, at 16 bytes each).
    private static let workLimit = 256

    let server: ServerCore
    let gate: InputGate
    private let isTCP: Bool
    private let isTrusted: Bool
    /// Whose it is: an address, or a user.
    let peer: String
    var phase = Phase.head
    private(set) var context: ChannelHandlerContext?
    var deadline: Scheduled<Void>?
    private var work: [Work] = []
    /// A head that passed, until its end.
    private var begun: (request: Request, head: HTTPRequestHead)?
    private var isServing = false
    private(set) var isInputClosed = false
    /// The next answer, or the one under way, is the last.
    var isLast = false

    init(server: ServerCore, gate: InputGate, isTCP: Bool, isTrusted: Bool, peer: String) {
        self.server = server
        self.peer = peer
        self.gate = gate
        self.isTCP = isTCP
        self.isTrusted = isTrusted
    }

    /// Who is dropped first when there are too many: the lowest. Followers have a limit of their own.
    var dropRank: Int? {
        switch phase {
        case .closed, .lingering: 0
        case .head: 1
        case .idle: 2
        case .writing: 3
        case .following: nil
        }
    }

    /// What is left of a recording.
    var poured: ArraySlice<Observation>?

    /// Bytes of the answer that the peer has not taken yet, at most.
    var pendingBytes = 0

    /// Closes at once.
    func close() { context?.close(promise: nil) }

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
            case .success(var request):
                request.isTrusted = isTrusted
                begun = (request, head)
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
        switch phase {
        case .following, .lingering: close()
        case .writing, .closed: break
        case .head, .idle: if work.isEmpty { close() }
        }
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
    func refuse(_ problem: Problem, _ head: HTTPRequestHead? = nil) {
        let path = head.map { RequestTarget.path(of: $0.uri) } ?? ""
        work.append(.refusal(problem, path: path, isHead: head?.method == .HEAD))
        begun = nil
        gate.shut()
    }

    /// Answers what is queued until the peer must read, then asks for more. A write that ends at once comes back
    /// through ``written(_:)`` within the loop; the flag keeps that from nesting.
    func serve() {
        guard !isServing else { return }
        isServing = true
        while phase == .head || phase == .idle, !work.isEmpty {
            answer(work.removeFirst())
        }
        isServing = false
        guard phase != .writing, phase != .closed else { return }
        // Who only listens is read from, too: that is how one learns that it left.
        if phase == .head || phase == .idle, isLast || isInputClosed { return closeSoon() }
        context?.read()
    }

    private func answer(_ item: Work) {
        switch item {
        case .refusal(let problem, let path, let isHead):
            isLast = true
            write(problem.response(at: path), version: .http1_1, isHead: isHead)
        case .request(let request, let head):
            if head.version == .http1_0 || !head.isKeepAlive || (gate.isShut && work.isEmpty) {
                isLast = true
            }
            let response = server.router(isTCP: isTCP).respond(to: request)
            let isHead = head.method == .HEAD
            guard let feed = response.feed else {
                return write(response, version: head.version, isHead: isHead)
            }
            follow(feed, response, version: head.version, isHead: isHead)
        }
    }

    /// Takes no more requests from here on.
    func stopReading() {
        gate.shut()
        work.removeAll()
    }

    func writeHead(_ response: Response, version: HTTPVersion, isHead: Bool = false) {
        let head = response.head(version: version, isLast: isLast, isHead: isHead, now: WallClock.now())
        context?.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    func write(_ response: Response, version: HTTPVersion, isHead: Bool) {
        guard let context else { return }
        server.counters.count(status: response.status)
        enter(.writing)
        if isLast { stopReading() }
        writeHead(response, version: version, isHead: isHead)
        if !isHead, response.status != 304 {
            let body = context.channel.allocator.buffer(bytes: response.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { self.written($0) }
        pendingBytes = isHead ? 0 : response.body.count
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
        if phase == .writing { server.boundPendingBytes() }
    }

    func written(_ result: Result<Void, any Error>) {
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
}
