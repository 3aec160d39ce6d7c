// SPDX-License-Identifier: Apache-2.0
import HealthModel
import NIOCore

/// How a connection ends: each phase has its time, and so has the server.
extension Connection {
    /// Closes in the next turn of the loop: NIO reports the end of a read also when it was the peer's end, and does not
    /// stand a channel that is closed under it there (`BaseSocketChannel.readable0`).
    func closeSoon() {
        server.loop.assumeIsolated().execute { self.close() }
    }

    /// Answers once more if it has not done so, and closes; at once when it idles after an answer.
    func finish() {
        isLast = true
        switch phase {
        case .head: break
        case .writing: gate.shut()
        case .following: endFeed()
        case .idle, .lingering, .closed: close()
        }
    }

    /// Closes as soon as the answer that is under way was taken.
    func stop() {
        isLast = true
        gate.shut()
        if phase == .following { endFeed() } else if phase != .writing { close() }
    }

    /// Goes to a phase and starts its deadline; staying in a phase does not renew it.
    func enter(_ next: Phase) {
        phase = next
        let limits = server.configuration
        switch next {
        case .head: limit(to: limits.headDeadline)
        case .idle: limit(to: limits.idleDeadline)
        case .writing: limit(to: limits.writeDeadline)
        case .lingering: limit(to: limits.lingerDeadline)
        case .following, .closed: limit(to: nil)
        }
    }

    /// Whether the phase has an end.
    var hasDeadline: Bool { deadline != nil }

    /// Ends the phase after this long, or when something else does.
    func limit(to limit: Duration?) {
        deadline?.cancel()
        deadline = limit.map { limit in
            server.loop.assumeIsolated().scheduleTask(in: limit.timeAmount) { self.expired() }
        }
    }

    private func expired() {
        deadline = nil
        switch phase {
        case .head where gate.isWithinHead:
            server.counters.dropped += 1
            refuse(Problem(status: 408, detail: "the head did not come in time"))
            serve()
        case .head, .writing, .following:
            server.counters.dropped += 1
            close()
        case .idle, .lingering, .closed: close()
        }
    }
}
