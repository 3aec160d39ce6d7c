// SPDX-License-Identifier: Apache-2.0
import CRI
import Dispatch
import HealthModel
import Logging
import Node
import Synchronization

/// Answers questions that came in well-formed: admits them by the policy, and asks the node.
///
/// ## Concurrency
/// Any thread. Questions about one endpoint are answered one after the other.
final class ProberDesk: Sendable {
    private struct State {
        var asker: any NodeAsker
        var policy: ProberPolicy
        /// As they were found last.
        var found: [FoundEndpoint] = []
        var lanes: [String: DispatchQueue] = [:]
        var lookedAt: MonotonicTime?
        /// When the look began that found them.
        var foundAt: MonotonicTime?
    }

    /// How soon endpoints are looked for again, where a question may name a new one.
    static let discoveryInterval: Duration = .seconds(1)
    /// How soon they are, where a question is for them: what was found before it was asked is no answer to it.
    private static let freshInterval: Duration = .milliseconds(100)
    /// How many endpoints may be asked at most, those that were found earlier among them.
    private static let endpointLimit = 16

    private let state: Mutex<State>
    /// One look at a time for those who ask for endpoints.
    private let looks = DispatchQueue(label: "crihealthd.prober.looks")
    private let logger: Logger

    /// Asks by `asker`; knows the units of `configuration` beside the built-in ones.
    init(asker: any NodeAsker, units: [String], logger: Logger) {
        let policy = ProberPolicy(
            endpoints: [], units: Set(WatchedUnits.all(endpoints: [], configured: units)))
        state = Mutex(State(asker: asker, policy: policy))
        self.logger = logger
    }

    /// Goes on with another configuration.
    func apply(asker: any NodeAsker, units: [String]) {
        state.withLock { state in
            state.asker = asker
            state.policy.units = Set(WatchedUnits.all(endpoints: [], configured: units))
            state.policy.endpoints = []
            state.found = []
            state.lookedAt = nil
        }
    }

    /// The answer.
    func reply(to ask: ProbeQuestion.Ask) -> ProbeAnswer.Reply {
        switch ask {
        case .endpoints: return .endpoints(endpoints())
        case .climb(let socket, let rungs, let greeting):
            // One call, or what needs none, each once: how long one question can keep the prober is bounded.
            guard rungs.count <= 1 || rungs == [.socket, .connect] else { return .refused(.malformed) }
            guard let endpoint = endpoint(socket) else { return .refused(.notAllowed) }
            let climb = inLane(of: endpoint) { $0.climb(endpoint, rungs, greeting: greeting) }
            climb.reports.forEach(remember)
            return .climb(climb)
        case .node(let inquiry):
            if state.withLock({ $0.policy.endpoints.isEmpty }) { look() }
            let (admitted, asker) = state.withLock { ($0.policy.admit(inquiry), $0.asker) }
            guard let admitted else { return .refused(.notAllowed) }
            // It takes a crictl of its own.
            if case .containerLog(let endpoint, _) = admitted {
                return .node(inLane(of: endpoint) { $0.answer(admitted) })
            }
            return .node(asker.answer(admitted))
        case .logFile(let path, let position):
            // Names and folders are fixed; what lies there is the distribution's.
            guard LogFileSource.isLogFile(path) else { return .refused(.notAllowed) }
            return .logFile(state.withLock { $0.asker }.logFile(path, from: position))
        }
    }

    /// The endpoints as they are now. A daemon that starts asks once, and goes by the answer for half a minute. Who asks
    /// while others do gets the answer of a look that began after he asked.
    private func endpoints() -> [FoundEndpoint] {
        let asked = Moment.now().monotonic
        return looks.sync {
            let last = state.withLock { $0.lookedAt }
            if let last, last < asked {
                let wait = Self.freshInterval - (Moment.now().monotonic - last)
                if wait > .zero { Pause.wait(wait) }
            }
            if last.map({ $0 < asked }) ?? true { look(again: .zero) }
            return state.withLock { $0.found }
        }
    }

    /// The endpoint behind a socket; looks once more when it is not known, for it may be new.
    private func endpoint(_ socket: String) -> Endpoint? {
        if let known = state.withLock({ $0.policy.endpoint(socket) }) { return known }
        look()
        return state.withLock { $0.policy.endpoint(socket) }
    }

    private func look(again interval: Duration = ProberDesk.discoveryInterval) {
        let began = state.withLock { state -> (at: MonotonicTime, asker: any NodeAsker)? in
            let now = Moment.now().monotonic
            if let last = state.lookedAt, now - last < interval { return nil }
            state.lookedAt = now
            return (now, state.asker)
        }
        guard let (now, asker) = began else { return }
        do throws(AskError) {
            let found = try asker.endpoints()
            state.withLock { state in
                // A look that took longer than a later one tells of the past.
                if let newer = state.foundAt, newer > now { return }
                state.foundAt = now
                state.found = found
                state.policy.endpoints = Self.joined(found.map(\.endpoint), state.policy.endpoints)
                let known = Set(state.policy.endpoints.map(\.socketPath))
                state.policy.cniDirectories = state.policy.cniDirectories.filter { known.contains($0.key) }
                state.policy.stateDirectories = state.policy.stateDirectories.filter {
                    known.contains($0.key)
                }
                state.policy.units.formUnion(state.policy.endpoints.compactMap(\.unit))
            }
        } catch {
            logger.error("the configured endpoints cannot be used", error: error)
        }
    }

    /// The endpoints that were found, and those of earlier: a daemon asks a runtime that is gone until another has taken its place.
    private static func joined(_ found: [Endpoint], _ earlier: [Endpoint]) -> [Endpoint] {
        let sockets = Set(found.map(\.socketPath))
        let rest = earlier.filter { !sockets.contains($0.socketPath) }
        return found + rest.prefix(max(0, endpointLimit - found.count))
    }

    private func inLane<Answer: Sendable>(
        of endpoint: Endpoint, _ body: (any NodeAsker) -> Answer
    ) -> Answer {
        let (lane, asker) = state.withLock { state in
            let lane =
                state.lanes[endpoint.socketPath] ?? DispatchQueue(label: "crihealthd.prober.lane")
            state.lanes[endpoint.socketPath] = lane
            return (lane, state.asker)
        }
        return lane.sync { body(asker) }
    }

    /// A runtime says itself where its things are, and may say another place after a restart.
    private func remember(_ report: ProbeReport) {
        guard case .status(let status) = report.outcome else { return }
        let directories = (status.places?.directories ?? []).filter(ProberPolicy.isPlainPath)
        state.withLock { state in
            state.policy.stateDirectories[report.endpoint.socketPath] = directories
            if let directory = status.cniConfDir, ProberPolicy.isPlainPath(directory) {
                state.policy.cniDirectories[report.endpoint.socketPath] = directory
            }
        }
    }
}
