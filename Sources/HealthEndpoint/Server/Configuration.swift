// SPDX-License-Identifier: Apache-2.0
extension HealthServer {
    /// Addresses and limits. The defaults are the documented ones; tests shorten the deadlines.
    public struct Configuration: Sendable {
        /// Where to listen.
        public var addresses: [ListenAddress] = [.loopback, .socket]
        /// Sockets that listen already (socket activation), beside ``addresses``. The server uses copies of the
        /// descriptors: they must stay open for as long as it runs, and are never shut down, so that connections wait in
        /// their queue for the next process.
        public var passed: [PassedListener] = []
        /// Names beside `localhost` that a `Host` header may carry on TCP. IP addresses are always accepted: only a
        /// name can be rebound to the loopback address by a hostile web page.
        public var hostNames: [String] = []
        /// Whether a name, in lower case and without a dot at the end, is the node's own: accepted, too. Called on the
        /// event loop.
        public var isOwnName: @Sendable (String) -> Bool = { _ in false }
        /// Pages of `/runbooks/NAME`, by name.
        public var runbooks: [String: String] = [:]
        /// Whether TCP and whoever follows are told sentences alone, without the lines that prove them.
        public var hidesLines = false
        /// Permissions of unix sockets.
        public var socketMode: UInt16 = 0o660
        /// Longest request head in bytes, request line and final empty line included; longer: 431.
        public var headLimit = 8 * 1024
        /// Longest path with its query, in bytes, as sent; longer: 414.
        public var targetLimit = 2 * 1024
        /// From the first byte of a request (or from the connection's begin) to the end of its head; later: 408.
        public var headDeadline: Duration = .seconds(5)
        /// How long a connection may wait for its next request.
        public var idleDeadline: Duration = .seconds(30)
        /// From the first to the last byte of one response; a slower reader is disconnected.
        public var writeDeadline: Duration = .seconds(10)
        /// How long a refused or closing connection is still drained, so that the peer can read the last answer.
        public var lingerDeadline: Duration = .seconds(1)
        /// Most connections over all listeners, followers not counted. One more drops another: the oldest that has not finished a head, else
        /// the oldest idle one, else the one that takes longest to read its answer.
        public var connectionLimit = 64
        /// Most connections that follow `/v1/stream` or `/?watch`, beside ``connectionLimit``; one more is told 503.
        public var followerLimit = 256
        /// Most of them from one peer: an address, or a user on the unix socket.
        public var followersPerPeer = 64
        /// Most bytes that wait for one follower; more drops it. A single message may be longer.
        public var followerBacklog = 64 * 1024
        /// Least pause between two states or pages for followers; events do not wait for it.
        public var followPace: Duration = .seconds(1)
        /// How often a follower of events is told that the connection stands.
        public var heartbeat: Duration = .seconds(15)
        /// Most bytes of answers that wait for slow readers, over all connections; more drops the oldest such reader.
        public var pendingLimit = 4 * 1024 * 1024
        /// First and longest pause before an address that could not be bound is tried again; it doubles in between.
        public var bindRetry: ClosedRange<Duration> = .seconds(5)...Duration.seconds(60)
        /// Longest time that ``HealthServer/stop()`` takes; answers that are under way get nine tenths of it.
        public var stopDeadline: Duration = .milliseconds(500)

        /// The documented configuration.
        public init() {}
    }
}
