// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthModel
import Systemd

/// What survives a restart. Position and engine state are of the same instant: the state holds the effects of
/// every entry up to the position, and of none behind it, so nothing is lost and nothing is counted twice.
struct Checkpoint: Codable, Sendable {
    /// Boot it was written on.
    var bootID: String
    /// Version of crihealthd that wrote it.
    var version: String
    /// When.
    var writtenAt: WallTime
    /// Where the journal is read on; nil before the first entry.
    var position: JournalPosition?
    /// The log files that are followed beside it, and up to where each was read; nil in the files of earlier versions.
    var logFiles: [FollowedLogFile]?
    /// What the engine knows.
    var engine: EngineState
}

/// Decides when a checkpoint is worth its fsync.
struct CheckpointPace: Equatable, Sendable {
    /// Least distance of two, without a transition.
    static let interval: Duration = .seconds(5)
    /// Greatest distance of two.
    static let refresh: Duration = .seconds(60)

    private var last: MonotonicTime?
    private var savedCursor: String?
    private var hasFailed = false

    /// Whether to write one now; if so it counts as written.
    mutating func due(at now: MonotonicTime, cursor: String?, transition: Bool) -> Bool {
        if let last, !transition {
            let wait = cursor == savedCursor && !hasFailed ? Self.refresh : Self.interval
            guard now - last >= wait else { return false }
        }
        last = now
        savedCursor = cursor
        hasFailed = false
        return true
    }

    /// The last one could not be written: the next is due as soon as may be.
    mutating func failed() { hasFailed = true }
}
