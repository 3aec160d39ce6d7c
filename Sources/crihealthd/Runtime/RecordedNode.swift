// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Dispatch
import HealthEndpoint
import HealthModel
import Logging
import Synchronization

/// Serves a recorded outage in place of this node: the same engine, endpoint and log, with time as it passed
/// then. Nothing of this node is read, and no checkpoint is written.
///
/// ## Concurrency
/// One queue plays the recording; the rest is as in the daemon.
final class RecordedNode: Sendable {
    private let observations: [Observation]
    private let speed: Double
    private let tape: Tape
    private let host: EngineHost
    private let server: HealthServer
    private let logger: Logger
    private let queue = DispatchQueue(label: "crihealthd.recording")
    private let isStopped = Atomic(false)

    /// Reads the recording.
    init(path: String, speed: Double, configuration: Configuration, logger: Logger) throws {
        observations = try ReplaySource.observations(try ReplayInput.detect(path))
        guard let first = observations.first else { throw ReplayError.empty(path: path) }
        var reports: [SelfReport] = []
        let rules = try Daemon.rules(configuration, &reports, logger)
        let server = HealthServer(configuration: Daemon.server(configuration), initial: nil) {
            Daemon.log($0, logger)
        }
        let tape = Tape(at: first.at)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        host = EngineHost(
            engine: Engine(
                rules: rules,
                advisories: CurrentRules.advisories(besideRules: configuration.rulesDirectory, logger)),
            position: nil,
            time: .init(now: { tape.now }, speed: { tape.speed }),
            outlets: .init(
                publish: { server.publish($0) }, inquire: { _ in },
                transition: {
                    server.publish($0)
                    TransitionLog.write($0, to: logger)
                }, checkpoint: { _ in }, alert: { _ in },
                decorate: { Self.label(&$0, name: name) }))
        self.server = server
        self.tape = tape
        self.speed = speed
        self.logger = logger
        logger.warning(
            "serving a RECORDING, not this node",
            metadata: ["recording": "\(path)", "speed": "\(speed)", "observations": "\(observations.count)"])
        if let directory = configuration.textfileDirectory {
            logger.warning(
                "textfile_directory has no effect on a recording: node_exporter would serve it as this node",
                metadata: ["directory": "\(directory)"])
        }
    }

    /// Begins to listen and to play.
    func start() {
        host.publish()
        server.start()
        host.startClock()
        queue.async { self.play() }
    }

    /// Ends.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
        host.stop()
        server.stop()
    }

    /// Says on every page what this is.
    static func label(_ snapshot: inout Snapshot, name: String) {
        snapshot.headline = "RECORDING of another node's outage, not this node: " + snapshot.headline
        // A journal's export does not name its node; what stands for it then says nothing that the recording does not.
        let isNamed = snapshot.hostname != ReplaySource.unnamedNode
        snapshot.hostname = isNamed ? "\(snapshot.hostname) (recording \(name))" : "recording \(name)"
        snapshot.monitoring.problems.insert(
            "this is the recording \(name), played back; nothing here is live", at: 0)
    }

    private func play() {
        for observation in observations {
            guard wait(until: observation.at) else { return }
            tape.wind(to: observation.at, speed: speed)
            host.absorb([observation])
        }
        if let last = observations.last { tape.wind(to: last.at, speed: 0) }
        logger.notice("the recording is over; its last state stays")
    }

    /// Lets the tape run up to `moment`; false when everything ends before that.
    private func wait(until moment: Moment) -> Bool {
        while !isStopped.load(ordering: .relaxed) {
            let left = (moment.wall - tape.now.wall) / speed
            guard left > .zero, tape.speed > 0 else { return true }
            Pause.wait(min(left, .milliseconds(200)))
        }
        return false
    }
}

/// Sleeping, bounded.
enum Pause {
    /// Blocks the calling thread.
    static func wait(_ time: Duration) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + time.dispatch)
    }
}
