// SPDX-License-Identifier: Apache-2.0
import Dispatch
import HealthEndpoint
import HealthModel
import Logging
import Synchronization

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

    /// Why the file is not up to date: for the page, as nobody is scraped who could tell. Any thread.
    final class Trouble: Sendable {
        private let reason = Mutex<String?>(nil)

        /// One sentence; nil while all is well.
        var sentence: String? {
            reason.withLock { $0.map { "the metrics cannot be written for node_exporter: \($0)" } }
        }

        fileprivate func changes(to new: String?) -> Bool {
            reason.withLock { reason in
                defer { reason = new }
                return reason != new
            }
        }
    }

    private let directory: String
    private let logger: Logger
    private let snapshot: @Sendable () -> Snapshot
    private let queue: Confined<Void>
    private let trouble: Trouble
    private let interval: Duration

    /// Nothing is written before ``start()``.
    init(
        directory: String, logger: Logger, interval: Duration = MetricsTextfile.interval,
        trouble: Trouble = Trouble(),
        snapshot: @escaping @Sendable () -> Snapshot
    ) {
        self.directory = directory
        self.logger = logger
        self.interval = interval
        self.trouble = trouble
        self.snapshot = snapshot
        queue = Confined(label: "crihealthd.textfile", ())
    }

    /// Writes now, and again and again.
    func start() {
        queue.submit { _ in self.turn() }
        queue.every(interval, leeway: .milliseconds(200)) { _ in self.turn() }
    }

    /// Ends.
    func stop() { queue.stop() }

    private func turn() {
        var problem: String?
        do throws(FileError) { try write() } catch { problem = error.description }
        guard trouble.changes(to: problem) else { return }
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
