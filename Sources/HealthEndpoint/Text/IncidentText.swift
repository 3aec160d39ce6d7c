public import HealthModel

/// Plain text of one incident: ASCII but for what messages contain, no line wider than asked.
public enum IncidentText {
    /// How much of an incident is told.
    enum Detail: Hashable {
        /// On a page of the node: three items of evidence on a line each, three steps, no history.
        case summary(TextPage.Origin)
        /// Everything.
        case full
    }

    /// Items of evidence in a summary.
    static let evidenceShown = 3
    /// Steps in a summary: what to type next, not all that could be typed.
    static let stepsShown = 3

    /// Everything about one incident; `width` is clamped to 40…200 columns. `now` is what ages are counted to; without
    /// it, times stand alone.
    public static func render(_ incident: Incident, width: Int = 80, now: WallTime? = nil) -> String {
        var writer = TextWriter(width: width)
        write(incident, detail: .full, now: now, to: &writer)
        writer.blank()
        writer.line("Timeline")
        writeTimeline(incident, to: &writer)
        return writer.text
    }

    /// Only its history, one item a line: `01:42:28  +850 ms  what happened`.
    public static func timeline(_ incident: Incident, width: Int = 80) -> String {
        var writer = TextWriter(width: width)
        writer.paragraph(incident.sentence, lead: tag(incident) + "  ", indent: TextWriter.fieldIndent)
        writeTimeline(incident, to: &writer)
        return writer.text
    }

    static func write(_ incident: Incident, detail: Detail, now: WallTime?, to writer: inout TextWriter) {
        writer.paragraph(incident.sentence, lead: tag(incident) + "  ", indent: TextWriter.fieldIndent)
        writer.field("what", identity(incident, now: now))
        if !incident.explanation.isEmpty { writer.field("why", incident.explanation) }
        let hurts = impact(incident)
        if !hurts.isEmpty { writer.field("hurts", hurts) }
        writeEvidence(incident, detail: detail, to: &writer)
        writeSymptoms(incident, detail: detail, to: &writer)
        writeSteps(incident, detail: detail, to: &writer)
        if !incident.clearsWhen.isEmpty { writer.field("clears", clears(incident)) }
        switch detail {
        case .full: writer.field("id", incident.id)
        case .summary(.daemon):
            // The path first: it is what is copied.
            writer.field(
                "more", "/v1/incidents/\(incident.id).txt" + (left(incident).map { " (\($0))" } ?? ""))
        case .summary: if let left = left(incident) { writer.field("more", left + ": -o json") }
        }
    }

    /// What of the evidence a summary leaves out.
    private static func left(_ incident: Incident) -> String? {
        let left = incident.evidence.count - evidenceShown
        return left > 0 ? "\(left) more seen" : nil
    }

    private static func writeSteps(_ incident: Incident, detail: Detail, to writer: inout TextWriter) {
        let shown = detail == .full ? 32 : stepsShown
        let steps = incident.nextSteps
        let left = max(0, steps.count - shown)
        // The last one repairs: it is never among those that are left out.
        for (n, step) in steps.enumerated() where n < shown - 1 || n == steps.count - 1 || left == 0 {
            if left > 0, n == steps.count - 1 {
                writer.field("", "(\(TimeText.count(UInt64(left), "more step")) between)")
            }
            writer.field(n == 0 ? "do" : "", (step.purpose.isEmpty ? "then" : step.purpose) + ":")
            writer.command(step.command, indent: TextWriter.fieldIndent + 2)
        }
    }

    /// What clears it, as a clause.
    static func clears(_ incident: Incident) -> String {
        let when = incident.clearsWhen
        return when.hasPrefix("when ") ? when : "when " + when
    }

    /// `CRITICAL`; what is only suspected or over says so instead.
    static func tag(_ incident: Incident) -> String {
        switch incident.status {
        case .suspected: "SUSPECT"
        case .resolved: "RESOLVED"
        case .confirmed: incident.severity.rawValue.uppercased()
        }
    }

    /// `RuntimeDown/Killed, containerd.service, critical, since 01:42:28 (3 s)`.
    private static func identity(_ incident: Incident, now: WallTime?) -> String {
        var parts = ["\(incident.kind.rawValue)/\(incident.cause)", incident.subject]
        if incident.status != .confirmed { parts.append(incident.severity.rawValue) }
        let opened = TimeText.stamp(incident.openedAt, on: now ?? incident.lastSeenAt)
        if let resolved = incident.resolvedAt {
            let end = TimeText.stamp(resolved, on: now ?? incident.openedAt)
            parts.append("\(opened) to \(end) (\(TimeText.span(incident.openedAt, resolved)))")
        } else {
            parts.append("since \(opened)" + (now.map { " (\(TimeText.span(incident.openedAt, $0)))" } ?? ""))
        }
        if incident.occurrences > 1 { parts.append("opened \(incident.occurrences) times") }
        return parts.joined(separator: ", ")
    }

    /// Whom it hurts. Numbers are of the time when it was open; none are told where there were none.
    static func impact(_ incident: Incident) -> String {
        let impact = incident.impact
        var counts: [String] = []
        if let pods = impact.pods, pods > 0 { counts.append(TimeText.count(UInt64(clamping: pods), "pod")) }
        if let running = impact.runningContainers, running > 0 {
            counts.append(TimeText.count(UInt64(clamping: running), "running container"))
        }
        guard !counts.isEmpty else { return impact.sentence }
        let note =
            (incident.isOpen ? "On the node: " : "Then on the node: ") + counts.joined(separator: ", ") + "."
        return impact.sentence.isEmpty ? note : impact.sentence + " " + note
    }

    private static func writeEvidence(_ incident: Incident, detail: Detail, to writer: inout TextWriter) {
        let shown = detail == .full ? Incident.evidenceLimit : evidenceShown
        for (n, item) in evidence(incident, shown).enumerated() {
            let stamp = TimeText.stamp(item.at, on: incident.lastSeenAt)
            let source = item.source.rawValue
            let lead = stamp + " " + source + String(repeating: " ", count: max(1, 8 - source.count))
            let label = n == 0 ? "  seen    " : String(repeating: " ", count: TextWriter.fieldIndent)
            let isNarrow = writer.width < 60
            if detail == .full || isNarrow {
                writer.paragraph(
                    item.summary, lead: label + lead,
                    indent: isNarrow ? TextWriter.fieldIndent : label.count + lead.count,
                    maximum: detail == .full ? 12 : 3)
            } else {
                writer.squeezed(item.summary, lead: label + lead)
            }
            if detail == .full, let command = item.command {
                writer.command("$ " + command, indent: TextWriter.fieldIndent + 2)
            }
        }
    }

    /// The most telling items, as they happened.
    static func evidence(_ incident: Incident, _ count: Int = evidenceShown) -> [Evidence] {
        incident.evidence.prefix(count).enumerated().sorted {
            ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
        }.map(\.element)
    }

    private static func writeSymptoms(_ incident: Incident, detail: Detail, to writer: inout TextWriter) {
        let shown = detail == .full ? 32 : 3
        for (n, symptom) in incident.symptoms.prefix(shown).enumerated() {
            writer.field(n == 0 ? "also" : "", Self.symptom(symptom, on: incident.lastSeenAt))
        }
        if incident.symptoms.count > shown {
            writer.field("", "and \(incident.symptoms.count - shown) more")
        }
    }

    /// `what it says, 3 times, 01:42:29 to 01:42:31`.
    static func symptom(_ symptom: Symptom, on day: WallTime) -> String {
        let first = TimeText.stamp(symptom.firstSeen, on: day)
        let last = TimeText.stamp(symptom.lastSeen, on: day)
        let span =
            symptom.count > 1
            ? ", \(TimeText.count(symptom.count, "time")), \(first) to \(last)" : ", at \(first)"
        return symptom.summary + span
    }

    private static func writeTimeline(_ incident: Incident, to writer: inout TextWriter) {
        guard let start = incident.timeline.first?.at else {
            writer.line("(empty)", indent: 2)
            return
        }
        var date = ""
        for item in incident.timeline.prefix(Incident.timelineLimit) {
            if item.at.date != date {
                date = item.at.date
                writer.line(date, indent: 2)
            }
            let age = "+" + TimeText.span(start, item.at)
            let lead = "  \(item.at.clock)  " + TimeText.padded(age, 12)
            writer.paragraph(
                item.text, lead: lead, indent: writer.width < 60 ? TextWriter.fieldIndent : lead.count)
        }
    }
}
