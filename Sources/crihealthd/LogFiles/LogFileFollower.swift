// SPDX-License-Identifier: Apache-2.0
import Dispatch
import HealthModel
import Node
import Synchronization
import Systemd

/// Follows log files for as long as the process lives, by asking for what was appended: who may read them tells.
///
/// ## Concurrency
/// All is done on one serial queue, where `deliver` and `lose` are called too. Without a file to follow nothing is ever
/// done; a file that is not there is looked for every ``absenceInterval``.
final class LogFileFollower: @unchecked Sendable {
    /// What a follower is given, and where its findings go.
    struct Outlets: Sendable {
        /// The next piece of a file.
        var read: @Sendable (_ path: String, _ from: LogFilePosition?) -> LogFilePiece?
        /// Whether a line matters.
        var prefilter: @Sendable (Span<UInt8>) -> Bool
        /// Entries, and up to where the file was handled with them.
        var deliver: @Sendable ([JournalEntry], FollowedLogFile) -> Void
        /// What could not be seen.
        var lose: @Sendable (BlindWindow) -> Void
        /// Time.
        var now: @Sendable () -> Moment = { Moment.now() }
    }

    /// Between two looks at rest, and while something is open or suspected.
    static let calmInterval: Duration = .milliseconds(500)
    static let alertInterval: Duration = .milliseconds(100)
    /// Between two looks for a file that is not there.
    static let absenceInterval: Duration = .seconds(5)
    /// Most files.
    static let limit = 8
    /// Most pieces of one file in one turn: other files come in between.
    private static let piecesPerTurn = 16

    private struct File {
        var followed: FollowedLogFile
        var last: WallTime?
        var readAt: WallTime?
        var absentUntil: MonotonicTime?
    }

    private let outlets: Outlets
    private let queue = DispatchQueue(label: "crihealthd.logfiles", qos: .utility)
    private var files: [File] = []
    private var metronome: Metronome?
    private var beats: Duration = .zero
    private var isAlert = false
    private var isStopped = false

    init(_ outlets: Outlets) { self.outlets = outlets }

    /// Follows this file from where it was read to, else from what there is of this boot. One that is followed already
    /// goes on, and is looked for at once where it was not there.
    func follow(_ file: FollowedLogFile) {
        queue.async { @Sendable [self] in
            guard !isStopped else { return }
            if let known = files.firstIndex(where: { $0.followed.source.path == file.source.path }) {
                files[known].absentUntil = nil
                return turn()
            }
            guard files.count < Self.limit else { return }
            files.append(File(followed: file, readAt: file.position?.readAt))
            beat()
            turn()
        }
    }

    /// Looks more or less often from now on.
    func setAlert(_ alert: Bool) {
        queue.async { @Sendable [self] in
            guard alert != isAlert else { return }
            isAlert = alert
            pace()
        }
    }

    /// Ends; nothing is delivered after it returned.
    func stop() {
        queue.sync {
            isStopped = true
            metronome?.cancel()
            metronome = nil
        }
    }

    private var interval: Duration {
        guard files.contains(where: { $0.absentUntil == nil }) else { return Self.absenceInterval }
        return isAlert ? Self.alertInterval : Self.calmInterval
    }

    private func beat() {
        guard metronome == nil else { return }
        beats = interval
        metronome = Metronome(on: queue, every: interval) { @Sendable [weak self] in self?.turn() }
    }

    // MARK: On the queue

    private func turn() {
        for index in files.indices where !isStopped {
            let now = outlets.now().monotonic
            if let until = files[index].absentUntil, now < until { continue }
            files[index].absentUntil = nil
            for _ in 0..<Self.piecesPerTurn where !isStopped {
                guard take(index) else { break }
            }
        }
        pace()
    }

    private func pace() {
        guard beats != interval else { return }
        beats = interval
        metronome?.set(interval)
    }

    /// Takes one piece in; false when there is no more for now.
    private func take(_ index: Int) -> Bool {
        let file = files[index]
        guard let piece = outlets.read(file.followed.source.path, file.followed.position) else {
            files[index].absentUntil = outlets.now().monotonic + Self.absenceInterval
            return false
        }
        guard
            piece.next.offset != file.followed.position?.offset || piece.loss != nil || !piece.lines.isEmpty
                || piece.next.inode != file.followed.position?.inode
        else {
            files[index].readAt = piece.next.readAt
            files[index].followed.position?.readAt = piece.next.readAt
            return piece.hasMore
        }
        var maker = LogFileEntries(source: file.followed.source, now: outlets.now(), last: file.last)
        let entries = maker.entries(piece, prefilter: outlets.prefilter)
        files[index].last = maker.last
        declare(piece, file)
        files[index].readAt = piece.next.readAt
        files[index].followed.position = piece.next
        outlets.deliver(entries, files[index].followed)
        return piece.hasMore
    }

    private func declare(_ piece: LogFilePiece, _ file: File) {
        guard let loss = piece.loss else { return }
        let reason: BlindWindow.Reason =
            switch loss {
            case .truncated: .damaged
            case .rotatedAway: .vacuumed
            case .skipped: .skipped
            }
        outlets.lose(
            BlindWindow(
                reason: reason, from: file.readAt, to: piece.next.readAt, unit: file.followed.source.unit))
    }
}
