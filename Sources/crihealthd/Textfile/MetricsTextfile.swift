import Dispatch
import Glibc
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
        let (path, new) = (directory + "/" + Self.name, directory + "/." + Self.name + ".new")
        let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw FileError("open", new, errno: errno) }
        do throws(FileError) {
            defer { close(descriptor) }
            // node_exporter is another user, and the service's umask lets nobody read.
            guard fchmod(descriptor, 0o644) == 0 else { throw FileError("fchmod", new, errno: errno) }
            try FileBytes.write(MetricsDocument.textfile(snapshot()), to: descriptor, path: new)
        } catch {
            unlink(new)
            throw error
        }
        guard rename(new, path) == 0 else {
            let code = errno
            unlink(new)
            throw FileError("rename", path, errno: code)
        }
    }
}
