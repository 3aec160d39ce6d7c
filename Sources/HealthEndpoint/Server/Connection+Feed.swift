// SPDX-License-Identifier: Apache-2.0
import HealthModel
import NIOCore
import NIOHTTP1

/// Answers that are not there as a whole when they begin. After the head, ``Followers`` pushes bytes until the peer leaves
/// or falls behind; a recording is pushed piece by piece, each when the peer has taken the one before.
extension Connection {
    /// Whether the peer has not taken yet what it was told.
    var isBehind: Bool { pendingBytes > 0 }

    /// Begins such an answer, or refuses it when there are too many.
    func follow(_ feed: Feed, _ response: Response, version: HTTPVersion, isHead: Bool) {
        isLast = true
        guard !isHead else { return write(response, version: version, isHead: true) }
        guard !server.followers.isFull(for: peer) else {
            let problem = Problem(
                status: 503,
                detail:
                    "too many readers follow already (\(server.configuration.followerLimit), and \(server.configuration.followersPerPeer) of one peer)",
                headers: [.init("Retry-After", "10")])
            let path: String
            if case .page = feed { path = "/" } else { path = "/v1" }
            return write(problem.response(at: path), version: version, isHead: false)
        }
        server.counters.count(status: response.status)
        stopReading()
        enter(.following)
        // What the kernel holds for a reader that does not read is bounded, too. It fails on nothing but a closed socket.
        context?.channel.setOption(.socketOption(.so_sndbuf), value: 32 * 1024).whenFailure { _ in }
        writeHead(response, version: version)
        server.followers.add(self, feed)
        if feed == .recording { pour(server.recording?()[...] ?? []) }
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
        if !isBehind, let rest = poured { pour(rest) }
    }

    /// Writes some of these, their credentials masked, and the rest when the peer has taken them. In turns of the loop: others are served between.
    private func pour(_ observations: ArraySlice<Observation>) {
        poured = nil
        server.loop.assumeIsolated().execute {
            guard self.phase == .following else { return }
            guard !observations.isEmpty else { return self.endFeed() }
            var rest = observations
            var bytes: [UInt8] = []
            while bytes.count < Self.pieceSize, let next = rest.popFirst() {
                let line = JSONText.encode(next)
                bytes += Secrets.mask(line.span) ?? line
            }
            self.poured = rest
            self.push(ByteBuffer(bytes: bytes))
        }
    }

    /// A piece has at least so many bytes, but for the last.
    private static let pieceSize = 16 * 1024

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
