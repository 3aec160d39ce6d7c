// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What was known when the daemon started.
struct Beginning: Hashable, Sendable {
    /// How far this boot was known; its very beginning, where it was not.
    var from: Moment
    /// Whether nothing at all was known of this node.
    var isFirst: Bool
}

/// The time from the start until the journal has told what happened on this boot.
///
/// The journal tells of the past, sockets and systemd of the present, and both arrive at once. So the present waits: the
/// engine's time is that of the entries, as in a replay, and what came meanwhile is taken in behind them. Otherwise a
/// start that was over long ago would be judged by today's clock.
struct Backlog: Hashable, Sendable {
    static let limit = 4096
    /// A backlog that takes longer is read to its end all the same, but the present waits no longer.
    static let patience = Duration.seconds(60)
    /// How long after it the first answers of the endpoints are waited for, where nothing is known yet.
    static let firstLook = Duration.seconds(6)

    var since: MonotonicTime
    /// Where nothing was known, nothing is judged before everything was looked at: what was over by then is no news.
    var isFirst: Bool
    /// When the journal had told all.
    var readAt: MonotonicTime?
    var deferred: [Observation] = []

    /// Whether the present waits no longer at `now`.
    func isOver(at now: MonotonicTime, endpoints: [Endpoint]) -> Bool {
        if deferred.count >= Self.limit || now - since >= Self.patience { return true }
        guard let readAt else { return false }
        return !isFirst || now - readAt >= Self.firstLook || endpoints.allSatisfy(isLookedAt)
    }

    /// Whether the endpoint has answered as far as diagnoses ask, or has failed to.
    private func isLookedAt(_ endpoint: Endpoint) -> Bool {
        deferred.contains { observation in
            guard case .probe(let report) = observation.event,
                report.endpoint.socketPath == endpoint.socketPath
            else { return false }
            return !report.succeeded || report.rung == .containers
        }
    }
}

extension Engine {
    /// Whether the journal's past is being told; begins with the follower's word of it right after the start.
    mutating func readsBacklog(_ observation: Observation) -> Bool {
        if case .started = observation.event {
            backlog = nil
            beginning = nil
            return false
        }
        if let beginning, backlog == nil, case .daemon(.journal(.catchingUp)) = observation.event {
            backlog = Backlog(since: observation.at.monotonic, isFirst: beginning.isFirst)
            state.facts.now = beginning.from
            state.facts.monitoring.take(.journal(.catchingUp), at: observation.at)
            news.isAnything = true
        }
        if case .daemon = observation.event {} else { beginning = nil }
        return backlog != nil
    }

    /// Takes an observation in while the backlog is read; whether there is something to judge by it.
    mutating func catchUp(_ observation: Observation) -> Bool {
        guard var reading = backlog else { return learn(observation) }
        switch observation.event {
        case .journal:
            let matters = learn(observation)
            return matters && !reading.isFirst
        case .daemon(.journal(let health)):
            state.facts.monitoring.take(.journal(health), at: observation.at)
            news.isAnything = true
            if health != .catchingUp, reading.readAt == nil { reading.readAt = observation.at.monotonic }
        case .tick: break
        case .started, .unit, .probe, .node, .daemon:
            reading.deferred.append(observation)
            // It tells something, if later.
            tookNotice = true
        }
        let isOver = reading.isOver(
            at: observation.at.monotonic, endpoints: state.facts.runtimes.map(\.endpoint))
        backlog = isOver ? nil : reading
        guard isOver else { return false }
        for deferred in reading.deferred { _ = learn(deferred) }
        return learn(Observation(at: observation.at, event: .tick))
    }
}
