// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Node
import Synchronization
import Systemd

/// Hands observations of the sources to the host: the sources are made before it, because it needs them.
final class Relay: Sendable {
    private let host = Mutex<EngineHost?>(nil)

    /// From here on observations arrive; sources are started after this.
    func attach(_ host: EngineHost) { self.host.withLock { $0 = host } }

    /// Lets go of the host: what is still reported after the end is dropped.
    func detach() { host.withLock { $0 = nil } }

    /// An observation; dated now unless told otherwise.
    func observe(_ event: Observation.Event, at moment: Moment? = nil) { current?.observe(event, at: moment) }

    /// What the journal follower says, in its order.
    func journal(_ event: JournalFollower.Event) {
        guard let host = current else { return }
        switch event {
        case .entries(let entries, let position):
            // In one turn of the engine, so that no checkpoint has the one without the other.
            host.absorb(entries.map { Observation(at: $0.at, event: .journal($0)) }, upTo: position)
        case .blind(let window): host.observe(.daemon(.blind(window)))
        case .health(let health): host.observe(.daemon(.journal(health)))
        case .caughtUp: break
        }
    }

    /// Lines of a log file, and up to where it was handled with them.
    func logFile(_ entries: [JournalEntry], _ file: FollowedLogFile) {
        current?.absorb(entries.map { Observation(at: $0.at, event: .journal($0)) }, of: file)
    }

    /// What the prober was told: taken in on its own thread, which has nothing else to do.
    func probes(_ answers: [Prober.Answer]) {
        current?.absorb(answers.map { Observation(at: $0.at, event: .probe($0.report)) })
    }

    /// What the bus says.
    func unit(_ event: UnitWatcher.Event) {
        switch event {
        case .state(let state): observe(.unit(state))
        case .problem(let problem): observe(.daemon(.bus(problem: problem)))
        }
    }

    /// A checkpoint could not be written.
    func checkpointFailed() { current?.checkpointFailed() }

    private var current: EngineHost? { host.withLock { $0 } }
}
