public import HealthModel

/// The page of the node for a person with curl: the verdict first, then what is wrong, then everything else.
public enum TextPage {
    /// Most open incidents that are told in full; the rest is counted.
    static let openLimit = 12
    /// Most resolved incidents that are listed.
    static let resolvedLimit = 8
    /// Most lines of a condition's message.
    static let messageLines = 4
    /// Most blind windows and most problems that are listed.
    static let selfLimit = 6

    /// The whole page, ending in a line break; `width` is clamped to 40…200 columns and never exceeded. Ages are
    /// counted to the time of the snapshot.
    public static func render(_ snapshot: Snapshot, width: Int = 80) -> String {
        var writer = TextWriter(width: width)
        writeVerdict(snapshot, to: &writer)
        writeOpen(snapshot, to: &writer)
        writeConditions(snapshot, to: &writer)
        for runtime in snapshot.runtimes { RuntimeText.write(runtime, to: &writer) }
        if snapshot.runtimes.isEmpty {
            writer.blank()
            writer.paragraph("No container runtime is watched on this node.")
        }
        writeResolved(snapshot, to: &writer)
        AdviceText.write(snapshot.advice, to: &writer)
        writeSelf(snapshot, to: &writer)
        return writer.text
    }

    /// The first lines of the page alone: the verdict, the node, the time.
    public static func verdict(_ snapshot: Snapshot, width: Int = 80) -> String {
        var writer = TextWriter(width: width)
        writeVerdict(snapshot, to: &writer)
        return writer.text
    }

    private static func writeVerdict(_ snapshot: Snapshot, to writer: inout TextWriter) {
        let verdict = snapshot.verdict.rawValue.uppercased()
        writer.paragraph(
            snapshot.headline, lead: verdict + "  ", indent: writer.width < 60 ? 2 : verdict.utf8.count + 2)
        let now = snapshot.at.wall
        let open =
            snapshot.open.isEmpty ? "" : ", \(TimeText.count(UInt64(snapshot.open.count), "open incident"))"
        writer.paragraph("\(snapshot.hostname), \(now.date) \(now.clock) UTC\(open)")
    }

    private static func writeOpen(_ snapshot: Snapshot, to writer: inout TextWriter) {
        for incident in snapshot.open.prefix(openLimit) {
            writer.blank()
            IncidentText.write(incident, detail: .summary, now: snapshot.at.wall, to: &writer)
        }
        if snapshot.open.count > openLimit {
            writer.blank()
            writer.paragraph(
                "And \(snapshot.open.count - openLimit) more open incidents: /v1/incidents?status=open")
        }
    }

    private static func writeConditions(_ snapshot: Snapshot, to writer: inout TextWriter) {
        guard !snapshot.conditions.isEmpty else { return }
        writer.blank()
        writer.line("Conditions")
        for condition in snapshot.conditions {
            let age = condition.lastTransitionTime.map { (snapshot.at.wall - $0).brief } ?? ""
            var columns = ["[\(mark(condition))]", TimeText.padded(condition.type.rawValue, 20)]
            if writer.width >= 60 { columns.append(TimeText.padded(age, 12)) }
            // What is good needs no words.
            guard condition.status != .true, !condition.message.isEmpty else {
                writer.columns(columns, last: condition.status == .true ? "" : condition.reason, indent: 2)
                continue
            }
            let text = condition.reason + ": " + condition.message
            if writer.fits(columns, last: text, indent: 2) {
                writer.columns(columns, last: text, indent: 2)
            } else {
                writer.columns(columns, last: condition.reason, indent: 2)
                writer.paragraph(condition.message, lead: "      ", indent: 6, maximum: messageLines)
            }
        }
    }

    /// `+` good, `-` bad, `?` not known, `i` advice.
    static func mark(_ condition: Condition) -> String {
        switch condition.status {
        case .true: "+"
        case .false: condition.type.isAdvice ? "i" : "-"
        case .unknown: "?"
        }
    }

    private static func writeResolved(_ snapshot: Snapshot, to writer: inout TextWriter) {
        guard !snapshot.resolved.isEmpty else { return }
        writer.blank()
        writer.line("Recently resolved")
        for incident in snapshot.resolved.prefix(resolvedLimit) {
            let stamp = TimeText.stamp(incident.openedAt, on: snapshot.at.wall)
            let lasted = ((incident.resolvedAt ?? incident.lastSeenAt) - incident.openedAt).brief
            writer.columns(
                [stamp + "  lasted", TimeText.padded(lasted, 11)], last: incident.sentence, indent: 2)
        }
        if snapshot.resolved.count > resolvedLimit {
            writer.line(
                "and \(snapshot.resolved.count - resolvedLimit) more: /v1/incidents?status=resolved",
                indent: 2)
        }
    }

    private static func writeSelf(_ snapshot: Snapshot, to writer: inout TextWriter) {
        let monitoring = snapshot.monitoring
        writer.blank()
        let age = (snapshot.at.wall - snapshot.startedAt).brief
        writer.paragraph("crihealthd \(snapshot.version), running for \(age)")
        writer.field("journal", journal(monitoring) + ", \(entries(snapshot.statistics.journalEntries)) read")
        if !monitoring.probesReady { writer.field("probes", "not every runtime has been asked yet") }
        for problem in monitoring.problems.prefix(selfLimit) { writer.field("problem", problem) }
        if monitoring.problems.count > selfLimit {
            writer.field("", "and \(monitoring.problems.count - selfLimit) more problems")
        }
        for window in monitoring.blindWindows.suffix(selfLimit).reversed() {
            writer.field("blind", blind(window, on: snapshot.at.wall))
        }
        if monitoring.blindWindows.count > selfLimit {
            writer.field("", "and \(monitoring.blindWindows.count - selfLimit) earlier blind windows")
        }
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
        case .kernelMissed: "journald missed lines of the kernel"
        case .vacuumed: "vacuumed before they were read"
        case .damaged: "the journal file was damaged or cut"
        case .downtime: "crihealthd did not run"
        case .skipped: "more backlog than is read"
        }
    }
}
