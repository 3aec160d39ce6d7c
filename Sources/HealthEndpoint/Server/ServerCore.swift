// SPDX-License-Identifier: Apache-2.0
import HealthModel
import NIOCore
import NIOHTTP1
import NIOPosix

/// The server's figures about itself.
struct ServerCounters: Hashable, Sendable {
    /// Answers by the hundreds of their status.
    var answers: [Int: UInt64] = [2: 0, 3: 0, 4: 0, 5: 0]
    /// Connections that are open now, followers included.
    var connections = 0
    /// Connections whose answers have no end.
    var followers = 0
    /// Connections that were dropped: over the limit, or too slow.
    var dropped: UInt64 = 0

    mutating func count(status: Int) { answers[status / 100, default: 0] += 1 }
}

/// Listeners and connections. Confined to the event loop: made, used and released there, hence no lock and not
/// `Sendable`.
final class ServerCore {
    let loop: any EventLoop
    let configuration: HealthServer.Configuration
    let published: Published
    let followers: Followers
    /// The latest observations; nil: nobody keeps them.
    let recording: (@Sendable () -> [Observation])?
    var counters = ServerCounters()
    private let group: MultiThreadedEventLoopGroup
    private let onListener: @Sendable (ListenerReport) -> Void
    private var listeners: [Listener] = []
    private var connections: [Connection] = []
    private var whenDrained: (() -> Void)?
    /// No one is listened to any more; who is connected gets an answer yet.
    private(set) var isFinishing = false
    /// No one is served any more.
    private(set) var isStopped = false

    init(
        group: MultiThreadedEventLoopGroup, loop: any EventLoop, configuration: HealthServer.Configuration,
        published: Published, recording: (@Sendable () -> [Observation])?,
        onListener: @escaping @Sendable (ListenerReport) -> Void
    ) {
        self.group = group
        self.loop = loop
        self.configuration = configuration
        self.published = published
        self.recording = recording
        followers = Followers(loop: loop, configuration: configuration, published: published)
        self.onListener = onListener
    }

    /// Tries every address once; the future succeeds when all were tried.
    func start() -> EventLoopFuture<Void> {
        listeners = configuration.addresses.map { address in
            Listener(
                address: address, configuration: configuration, bootstrap: bootstrap(isTCP: address.isTCP),
                loop: loop, onListener: onListener)
        }
        listeners += configuration.passed.map { passed in
            Listener(
                address: passed.address, passed: passed.descriptor, configuration: configuration,
                bootstrap: bootstrap(isTCP: passed.address.isTCP), loop: loop, onListener: onListener)
        }
        return EventLoopFuture.andAllComplete(listeners.map { $0.attempt() }, on: loop)
    }

    /// Stops listening, closes what idles, answers who was connected already, lets answers end; `drained` is called when
    /// nothing is open any more.
    func stop(drained: @escaping () -> Void) {
        isFinishing = true
        listeners.forEach { $0.stop() }
        connections.forEach { $0.finish() }
        let core = NIOLoopBound(self, eventLoop: loop)
        let drained = NIOLoopBound(drained, eventLoop: loop)
        // What was accepted by now becomes a connection in the turns to come.
        loop.scheduleTask(in: .milliseconds(20)) { core.value.drain(drained.value) }
        loop.scheduleTask(in: .milliseconds(300)) {
            core.value.isStopped = true
            core.value.connections.forEach { $0.stop() }
        }
    }

    private func drain(_ drained: @escaping () -> Void) {
        if connections.isEmpty { drained() } else { whenDrained = drained }
    }

    /// Closes all connections, whatever they are doing.
    func closeAll() { connections.forEach { $0.close() } }

    // MARK: Connections

    /// Answers requests as things are now.
    func router(isTCP: Bool) -> Router {
        let picture = published.current
        counters.followers = followers.count
        return Router(
            snapshot: configuration.hidesLines && isTCP ? picture.snapshot.withoutLines : picture.snapshot,
            events: picture.events, server: counters,
            runbooks: configuration.runbooks,
            hasRecording: recording != nil)
    }

    /// Takes a new connection in; over the limit, another one goes.
    func add(_ connection: Connection) {
        if connections.count - followers.count >= configuration.connectionLimit, let victim = victim() {
            counters.dropped += 1
            victim.close()
        }
        connections.append(connection)
        counters.connections = connections.count
    }

    func remove(_ connection: Connection) {
        connections.removeAll { $0 === connection }
        followers.remove(connection)
        counters.connections = connections.count
        if connections.isEmpty, let drained = whenDrained {
            whenDrained = nil
            drained()
        }
    }

    /// Keeps what peers have not read yet within its limit: the oldest reader goes, but never the last one.
    func boundPendingBytes() {
        var readers = connections.filter { $0.pendingBytes > 0 }
        var sum = readers.reduce(0) { $0 + $1.pendingBytes }
        while sum > configuration.pendingLimit, readers.count > 1 {
            let oldest = readers.removeFirst()
            sum -= oldest.pendingBytes
            counters.dropped += 1
            oldest.close()
        }
    }

    /// The array is in order of arrival, so the first of the lowest rank is the oldest.
    private func victim() -> Connection? {
        connections.enumerated().compactMap { n, connection in
            connection.dropRank.map { (rank: $0, n: n, connection: connection) }
        }.min { ($0.rank, $0.n) < ($1.rank, $1.n) }?.connection
    }

    private func bootstrap(isTCP: Bool) -> ServerBootstrap {
        let core = NIOLoopBound(self, eventLoop: loop)
        // The encoder cannot know that an answer to HEAD has no body; the heads here can.
        let framing = {
            var configuration = HTTPResponseEncoder.Configuration()
            configuration.automaticallySetFramingHeaders = false
            return configuration
        }()
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One read hands over at most 4 KiB, and the next is asked for when all of it was answered: what a
            // connection can make the server hold is bounded.
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let gate = InputGate(limit: core.value.configuration.headLimit)
                    let connection = Connection(
                        server: core.value, gate: gate, isTCP: isTCP,
                        isTrusted: !isTCP && PeerCredentials.areTrusted(of: channel),
                        peer: isTCP
                            ? channel.remoteAddress?.ipAddress ?? "" : PeerCredentials.user(of: channel))
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(gate)
                    try pipeline.addHandler(HTTPResponseEncoder(configuration: framing))
                    try pipeline.addHandler(
                        ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
                    try pipeline.addHandler(connection)
                }
            }
    }
}

extension ListenAddress {
    /// TCP connections need a `Host` check; whoever may open a unix socket is no web page.
    var isTCP: Bool {
        switch self {
        case .tcp: true
        case .unix: false
        }
    }
}
