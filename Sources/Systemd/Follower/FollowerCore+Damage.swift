// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import HealthModel
import Synchronization

/// Files that are damaged, of which libsystemd hands out what it finds and says nothing.
extension FollowerCore {
    /// From now on what is logged after `since` is still to be read; nil: all there is.
    func noteUnread(since: WallTime?) {
        guard unread == nil else { return }
        unread = min(since ?? WallTime(microseconds: 0), .now)
    }

    /// Everything up to now was declared as lost, or need not be read.
    func forgetUnread() { unread = unread.map { _ in .now } }

    /// Once a second while there is something to be read, and at its end: has the archived files that were
    /// passed looked through, beside the reading. A damaged one is declared some seconds after its remains were
    /// read.
    func examinePassed(_ now: MonotonicTime) {
        guard let since = unread, now >= nextExamination else { return }
        nextExamination = now + .seconds(1)
        let atEnd = behindSince == nil && !caughtUpPending
        let handled = lastHandled
        let paths = JournalListing.files(of: configuration.location)
        examined.formIntersection(paths)
        let passed = paths.compactMap { path -> PassedFile? in
            // A path is the name of one file for ever: of the number and the time of its first entry.
            guard !examined.contains(path), let file = PassedFile(path: path),
                atEnd || handled.map({ file.to <= $0 }) ?? false
            else { return nil }
            examined.insert(path)
            return file.to > since ? file.limited(to: since) : nil
        }
        if atEnd { unread = nil }
        examine(passed, since: since)
    }

    private func examine(_ files: [PassedFile], since: WallTime) {
        guard !files.isEmpty else { return }
        underExamination.append(since)
        Self.examiner.async { @Sendable [weak self, examination] in
            let damaged = files.filter { !examination.isStopped && $0.isDamaged(unless: examination) }
            self?.queue.async { @Sendable [weak self] in
                guard let self, running, !examination.isStopped else { return }
                for file in damaged { declare(BlindWindow(reason: .damaged, from: file.from, to: file.to)) }
                underExamination.removeFirst()
                positionDue = cursor != nil
            }
        }
    }

    private static let examiner = DispatchQueue(label: "journal-files", qos: .utility)

    /// From here on files were not yet looked through: after a restart that is done again.
    var unexaminedSince: WallTime? { underExamination.min() ?? unread }
}

/// A file that journald has done with.
private struct PassedFile {
    let path: String
    /// What of its time is concerned.
    var from: WallTime?
    let to: WallTime

    /// nil when it is still written to, or cannot be opened.
    init?(path: String) {
        // journald renames a file when it is done with it.
        guard JournalListing.isArchived(path) else { return nil }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        let changed = WallTime(
            microseconds: Int64(status.st_mtim.tv_sec) &* 1_000_000 &+ Int64(status.st_mtim.tv_nsec) / 1000)
        let header = JournalHeader(descriptor: descriptor)
        to = min(header?.lastEntry ?? changed, .now)
        from = header?.firstEntry
        self.path = path
    }

    func limited(to since: WallTime) -> Self {
        var file = self
        file.from = max(from ?? since, since)
        return file
    }

    /// Nobody waits for the verdict: at most 80 MB/s are read.
    private static let pause = Duration.milliseconds(50)

    /// Looks through the file. One that seems damaged is looked at again a second later: journald cuts off
    /// what a file did not need after it has renamed it (systemd 250 to 254), and vacuums a file by unlinking
    /// it before it punches out its blocks.
    func isDamaged(unless examination: Examination) -> Bool {
        func looksDamaged() -> Bool {
            JournalFileCheck.verdict(path: path, pause: Self.pause) { examination.isStopped } == .damaged
                && access(path, F_OK) == 0
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
