import Dispatch
import Glibc
import HealthModel
import Synchronization

/// Files that are damaged, of which libsystemd hands out what it finds and says nothing.
extension FollowerCore {
    /// Has the archived files that were passed since the last call looked through, beside the reading: a damaged
    /// one is declared some seconds after its remains were read. At the end all files were passed.
    func examinePassed(atEnd: Bool) {
        let handled = lastHandled
        let since = [examinedUntil, readUntil].compactMap { $0 }.max()
        let passed = JournalListing.files(of: configuration.location).compactMap { path -> PassedFile? in
            guard let file = PassedFile(path: path, since: since),
                atEnd || handled.map({ file.to <= $0 }) ?? false
            else { return nil }
            return examined.insert(file.identity).inserted ? file : nil
        }
        examine(passed)
        examinedUntil = [since, readUntil, atEnd ? .now : handled].compactMap { $0 }.max()
        nextExamination = .now + .seconds(1)
    }

    private func examine(_ files: [PassedFile]) {
        guard !files.isEmpty else { return }
        Self.examiner.async { @Sendable [weak self, examination] in
            for file in files where !examination.isStopped && file.isDamaged(unless: examination) {
                self?.queue.async { @Sendable [weak self] in self?.declareDamaged(file, examination) }
            }
        }
    }

    private static let examiner = DispatchQueue(label: "journal-files", qos: .utility)

    private func declareDamaged(_ file: PassedFile, _ examination: Examination) {
        guard !examination.isStopped else { return }
        declare(BlindWindow(reason: .damaged, from: file.from, to: file.to))
    }
}

/// A file that journald has done with, and that holds entries of the time that is asked about.
private struct PassedFile {
    let path: String
    let identity: FileIdentity
    /// What of its time is concerned.
    let from: WallTime?
    let to: WallTime

    /// nil when all of it was logged before, when it is still written to, or when it cannot be opened.
    init?(path: String, since: WallTime?) {
        // system.journal is the one that is written to; journald renames a file when it is done with it.
        guard path.utf8.contains(UInt8(ascii: "@")) else { return nil }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        let header = JournalHeader(descriptor: descriptor)
        let changed = WallTime(
            microseconds: Int64(status.st_mtim.tv_sec) &* 1_000_000 &+ Int64(status.st_mtim.tv_nsec) / 1000)
        to = header?.lastEntry ?? changed
        if let since, to <= since { return nil }
        from = [header?.firstEntry, since].compactMap { $0 }.max()
        identity = FileIdentity(status)
        self.path = path
    }

    /// Looks through the file. One that seems damaged is looked at again a second later: journald cuts off
    /// what a file did not need after it has renamed it (systemd 250 to 254), and vacuums a file by unlinking
    /// it before it punches out its blocks.
    func isDamaged(unless examination: Examination) -> Bool {
        func looksDamaged() -> Bool {
            JournalFileCheck.verdict(path: path) { examination.isStopped } == .damaged
                && FileIdentity(path: path) == identity
        }
        guard looksDamaged() else { return false }
        sleep(1)
        return looksDamaged()
    }
}

/// A look through files that goes on until it is stopped.
final class Examination: Sendable {
    private let stopped = Atomic(false)
    var isStopped: Bool { stopped.load(ordering: .relaxed) }
    func stop() { stopped.store(true, ordering: .relaxed) }
}
