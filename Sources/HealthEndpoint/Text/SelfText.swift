// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// How well the daemon sees: the last lines of the page.
enum SelfText {
    /// A label and what it says.
    typealias Field = (label: String, text: String)

    /// Most problems and most blind windows that are told; the rest is counted.
    static let limit = 4

    static func fields(_ snapshot: Snapshot) -> [Field] {
        let monitoring = snapshot.monitoring
        var fields: [Field] = [
            ("journal", journal(monitoring) + ", \(entries(snapshot.statistics.journalEntries)) read")
        ]
        if !monitoring.probesReady { fields.append(("probes", "not every runtime has been asked yet")) }
        fields += monitoring.problems.prefix(limit).map { ("problem", $0) }
        if monitoring.problems.count > limit {
            fields.append(("", "and \(monitoring.problems.count - limit) more problems"))
        }
        fields += monitoring.blindWindows.suffix(limit).reversed().map {
            ("blind", blind($0, on: snapshot.at.wall))
        }
        if monitoring.blindWindows.count > limit {
            fields.append(("", "and \(monitoring.blindWindows.count - limit) earlier blind windows"))
        }
        return fields
    }

    private static func journal(_ monitoring: MonitoringView) -> String {
        switch monitoring.journal {
        case nil: "not opened yet"
        case .following: monitoring.journalReady ? "followed" : "opened, its backlog is being read"
        case .polling(let errno): "polled (no inotify, errno \(errno))"
        case .noFiles: "NO FILES: there is no journal to follow"
        case .catchingUp: "catching up with a backlog"
        case .failed(let errno, let operation): "NOT READABLE: \(operation) failed with errno \(errno)"
        }
    }

    private static func entries(_ n: UInt64) -> String { n == 1 ? "1 entry" : "\(n) entries" }

    /// `01:02:03 to 01:02:05, 120 entries of containerd.service: journald suppressed them (rate limit)`.
    private static func blind(_ window: BlindWindow, on now: WallTime) -> String {
        let from = window.from.map { TimeText.stamp($0, on: now) } ?? "unknown"
        let to = window.to.map { TimeText.stamp($0, on: now) } ?? "unknown"
        let entries = window.entries.map(entries) ?? "entries"
        let unit = window.unit.map { " of \($0)" } ?? ""
        return "\(from) to \(to), \(entries)\(unit): \(reason(window.reason))"
    }

    private static func reason(_ reason: BlindWindow.Reason) -> String {
        switch reason {
        case .suppressed: "journald suppressed them (rate limit)"
        case .kernelMissed: "journald missed kernel messages"
        case .vacuumed: "vacuumed before they were read"
        case .damaged: "the journal file was damaged or cut"
        case .downtime: "crihealthd did not run"
        case .skipped: "the backlog was longer than what is read"
        }
    }
}
