// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HealthModel
import Logging
import Node
import Synchronization

/// The prober: answers the closed list of questions on a private unix socket, and does nothing else.
///
/// ## Concurrency
/// One thread accepts; each connection, at most ``Limits/connections``, has a thread of its own that waits in poll(2).
/// What is asked of one endpoint waits its turn in that endpoint's lane, whoever asks. ``start()``, ``apply(_:)`` and
/// ``stop()`` can be called from any thread.
final class ProberService: Sendable {
    /// What a peer can make the prober do at most.
    struct Limits: Sendable {
        /// Connections. For one more the one that is silent longest is cut; while all are busy it waits in the listener's
        /// queue.
        var connections = 4
        /// Questions that are answered at once,
        var burst = 100
        /// and then one each.
        var interval: Duration = .milliseconds(20)
        /// How long a connection may be silent between two questions.
        var idle: Duration = .seconds(60)
        /// For the whole of a question, once it began, and for taking the answer.
        var frame = ProbeWire.frameDeadline
    }

    private struct State {
        /// Since when each connection waits for its next question; nil while it is answered.
        var open: [Int32: MonotonicTime?] = [:]
        /// The one that is being cut to make room.
        var cut: Int32?
        var refused: Set<uid_t> = []
        var bucket: TokenBucket
        var stopped = false
    }

    private let listener: Int32
    private let name: String
    private let allows: @Sendable (uid_t) -> Bool
    private let limits: Limits
    private let desk: ProberDesk
    private let logger: Logger
    private let state: Mutex<State>
    private let acceptor = DispatchQueue(label: "crihealthd.prober.accept")
    /// A byte wakes the accepting thread.
    private let wake: (reading: Int32, writing: Int32)
    private let turn: (interval: Duration?, done: @Sendable () -> Void)

    /// `listener` listens already and is not closed here. `turn` is called on the accepting thread at least once an
    /// interval: proof that new questions are taken.
    init(
        listener: Int32, name: String, allows: @escaping @Sendable (uid_t) -> Bool, desk: ProberDesk,
        limits: Limits = Limits(),
        turn: (interval: Duration?, done: @Sendable () -> Void) = (nil, {}), logger: Logger
    ) throws(ProberError) {
        self.listener = listener
        self.name = name
        self.allows = allows
        self.limits = limits
        self.desk = desk
        self.turn = turn
        self.logger = logger
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ProberError("pipe", name, errno: errno) }
        for end in ends + [listener] {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
        }
        wake = (ends[0], ends[1])
        state = Mutex(State(bucket: TokenBucket(burst: limits.burst, interval: limits.interval)))
    }

    deinit {
        close(wake.reading)
        close(wake.writing)
    }

    /// Begins to answer.
    func start() { acceptor.async { self.acceptAll() } }

    /// Ends: no further connection, and those that are open are cut.
    func stop() {
        state.withLock { state in
            state.stopped = true
            for descriptor in state.open.keys { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        nudge()
        acceptor.sync {}
    }

    /// How many connections wait for their next question.
    var silentConnections: Int { state.withLock { $0.open.values.count { $0 != nil } } }

    // MARK: Accepting

    private func nudge() { _ = write(wake.writing, [0], 1) }

    private func acceptAll() {
        while true {
            let (stopped, full, room) = state.withLock { state in
                let full = state.open.count >= limits.connections
                let mayCut = state.cut == nil && state.open.values.contains { $0 != nil }
                return (state.stopped, full, !full || mayCut)
            }
            if stopped { return }
            var entries = [
                pollfd(fd: wake.reading, events: Int16(POLLIN), revents: 0),
                pollfd(fd: room ? listener : -1, events: Int16(POLLIN), revents: 0),
            ]
            let patience = turn.interval.map { Int32(clamping: $0.microseconds / 1000) } ?? -1
            let count = poll(&entries, 2, patience)
            // No proof of life while nobody new is served.
            if room { turn.done() }
            guard count > 0 else { continue }
            if entries[0].revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 64)
                _ = read(wake.reading, &bytes, bytes.count)
            }
            guard entries[1].revents != 0 else { continue }
            if full { cutLongestIdle() } else { accept() }
        }
    }

    /// Its thread makes room and wakes this one. A question that was under way is asked again by who asked it.
    private func cutLongestIdle() {
        state.withLock { state in
            let waiting = state.open.compactMap { descriptor, since in
                since.map { (descriptor: descriptor, since: $0) }
            }
            guard let longest = waiting.min(by: { $0.since < $1.since }) else { return }
            state.cut = longest.descriptor
            shutdown(longest.descriptor, Int32(SHUT_RDWR))
        }
    }

    private func accept() {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else {
            // EMFILE and the like: the connection stays in the queue, and poll(2) tells of it again at once.
            if errno != EAGAIN, errno != EINTR, errno != ECONNABORTED { Pause.wait(.milliseconds(100)) }
            return
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let peer = Peer(of: descriptor)
        guard let peer, allows(peer.uid) else {
            refused(peer)
            close(descriptor)
            Pause.wait(limits.interval)
            return
        }
        waits(descriptor)
        DispatchQueue(label: "crihealthd.prober.connection").async {
            self.serve(descriptor)
            self.nudge()
        }
    }

    /// Said once for each user: who is refused can come again and again.
    private func refused(_ peer: Peer?) {
        let uid = peer?.uid ?? .max
        let isNews = state.withLock { $0.refused.count < 64 && $0.refused.insert(uid).inserted }
        guard isNews else { return }
        logger.warning(
            "a user who is not allowed to ask was refused",
            metadata: ["uid": "\(uid)", "pid": "\(peer?.pid ?? 0)"])
    }

    // MARK: One connection

    private func serve(_ descriptor: Int32) {
        let socket = FrameSocket(taking: descriptor, name: name)
        do throws(ProberError) {
            while !state.withLock({ $0.stopped }) {
                let arrival = try socket.receive(
                    limit: ProbeWire.questionLimit, first: Moment.now().monotonic + limits.idle,
                    frameDeadline: limits.frame)
                guard case .frame(let content) = arrival else { break }
                state.withLock { $0.open[descriptor] = .some(nil) }
                let answer = ProbeAnswer(reply: reply(to: content))
                try socket.send(Self.content(answer), until: Moment.now().monotonic + limits.frame)
                if answer.reply == .refused(.malformed) { break }
                waits(descriptor)
            }
        } catch {
            logger.debug("a connection ended", error: error)
        }
        // Forgotten before it is closed: its number may be another's right after.
        state.withLock { state in
            state.open.removeValue(forKey: descriptor)
            if state.cut == descriptor { state.cut = nil }
        }
    }

    private func waits(_ descriptor: Int32) {
        let full = state.withLock { state in
            state.open[descriptor] = .some(Moment.now().monotonic)
            return state.open.count >= limits.connections
        }
        // Somebody may wait for it to be silent.
        if full { nudge() }
    }

    private func reply(to content: [UInt8]) -> ProbeAnswer.Reply {
        guard state.withLock({ $0.bucket.take(at: Moment.now().monotonic) }) else {
            Pause.wait(limits.interval)
            return .refused(.tooMany)
        }
        let question = ProbeWire.decode(ProbeQuestion.self, content)
        guard let version = question?.version ?? ProbeWire.version(of: content) else {
            return .refused(.malformed)
        }
        guard version == ProbeWire.version else { return .refused(.otherVersion) }
        guard let question else { return .refused(.malformed) }
        return desk.reply(to: question.ask)
    }

    private static func content(_ answer: ProbeAnswer) -> [UInt8] {
        if let bytes = ProbeWire.encode(answer), bytes.count <= ProbeWire.answerLimit { return bytes }
        return ProbeWire.encode(ProbeAnswer(reply: .refused(.tooLarge))) ?? []
    }
}
