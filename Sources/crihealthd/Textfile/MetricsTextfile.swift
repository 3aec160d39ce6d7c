import Dispatch
import HealthEndpoint
import HealthModel
import Logging

/// Keeps `DIRECTORY/crihealthd.prom` up to date, for nodes where no port may be opened: node_exporter's textfile
/// collector reads `*.prom` files (its `--collector.textfile.directory`).
///
/// The file is replaced, never written in place: a reader sees the old one or the new one. It stays behind when the
/// daemon ends, with the time of its snapshot in it, so that an alert on old pictures notices.
///
/// ## Concurrency
/// ``start()`` and ``stop()`` are called from one thread. The file is written on a queue of its own: a disk that hangs
/// holds up nothing else.
final class MetricsTextfile: Sendable {
    /// How often it is written: at most as old as this at a scrape.
    static let interval: Duration = .seconds(5)
    /// Its name.
    static let name = "crihealthd.prom"

    private struct State {
        var problem: String?
    }

    private let directory: String
    private let logger: Logger
    private let snapshot: @Sendable () -> Snapshot
    private let state: Confined<State>
    private let interval: Duration

    /// Nothing is written before ``start()``.
    init(
        directory: String, logger: Logger, interval: Duration = MetricsTextfile.interval,
        snapshot: @escaping @Sendable () -> Snapshot
    ) {
        self.directory = directory
        self.logger = logger
        self.interval = interval
        self.snapshot = snapshot
        state = Confined(label: "crihealthd.textfile", State())
    }

    /// Writes now, and again and again.
    func start() {
        state.submit { self.turn(&$0) }
        state.every(interval, leeway: .milliseconds(200)) { self.turn(&$0) }
    }

    /// Ends.
    func stop() { state.stop() }

    private func turn(_ state: inout State) {
        var problem: String?
        do throws(FileError) { try write() } catch { problem = error.description }
        defer { state.problem = problem }
        guard problem != state.problem else { return }
        if let problem {
            logger.error(
                "the metrics cannot be written for node_exporter", metadata: ["reason": "\(problem)"])
        } else {
            logger.notice("the metrics can be written for node_exporter again")
        }
    }

    private func write() throws(FileError) {
        // node_exporter is another user, and the service's umask lets nobody read.
        try FileBytes.replace(
            directory + "/" + Self.name, with: MetricsDocument.textfile(snapshot()),
            beside: directory + "/." + Self.name + ".new", mode: 0o644, synced: false)
    }
}
