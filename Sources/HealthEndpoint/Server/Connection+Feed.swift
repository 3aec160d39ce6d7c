import NIOCore
import NIOHTTP1

/// Answers without an end: after the head, ``Followers`` pushes bytes until the peer leaves or falls behind.
extension Connection {
    /// Whether the peer has not taken yet what it was told.
    var isBehind: Bool { pendingBytes > 0 }

    /// Begins such an answer, or refuses it when there are too many.
    func follow(_ feed: Feed, _ response: Response, version: HTTPVersion, isHead: Bool) {
        isLast = true
        guard !isHead else { return write(response, version: version, isHead: true) }
        guard !server.followers.isFull else {
            let problem = Problem(
                status: 503, detail: "\(server.configuration.followerLimit) readers follow already",
                headers: [.init("Retry-After", "10")])
            let path = response.contentType == Response.eventStream ? "/v1/stream" : "/"
            return write(problem.response(at: path), version: version, isHead: false)
        }
        server.counters.count(status: response.status)
        stopReading()
        enter(.following)
        // What the kernel holds for a reader that does not read is bounded, too. It fails on nothing but a closed socket.
        context?.channel.setOption(.socketOption(.so_sndbuf), value: 32 * 1024).whenFailure { _ in }
        writeHead(response, version: version)
        server.followers.add(self, feed)
        // Who says no more when it has asked has left.
        if isInputClosed { close() }
    }

    /// Adds bytes to such an answer; who has too many unread is dropped.
    func push(_ bytes: ByteBuffer) {
        guard phase == .following, let context, bytes.readableBytes > 0 else { return }
        let size = bytes.readableBytes
        guard pendingBytes + size <= server.configuration.followerBacklog || pendingBytes == 0 else {
            server.counters.dropped += 1
            return close()
        }
        pendingBytes += size
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { self.pushed(size, $0) }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: promise)
        if isBehind, !hasDeadline { limit(to: server.configuration.writeDeadline) }
    }

    /// The kernel took it: that is progress, so the deadline begins anew for what is left.
    private func pushed(_ size: Int, _ result: Result<Void, any Error>) {
        pendingBytes -= size
        guard phase == .following else { return }
        guard case .success = result else { return close() }
        limit(to: isBehind ? server.configuration.writeDeadline : nil)
    }

    /// Ends such an answer in good order.
    func endFeed() {
        guard let context else { return }
        server.followers.remove(self)
        let waiting = pendingBytes
        enter(.writing)
        pendingBytes = waiting
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { self.written($0) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
    }
}
