// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// Plain text of one incident: ASCII but for what messages contain, no line wider than asked.
public enum IncidentText {
    /// How much of an incident is told.
    enum Detail: Hashable {
        /// Below the verdict, whose first line is its sentence and whose second says since when.
        case headline(TextPage.Origin)
        /// On a page of the node: three items of evidence on a line each, the steps that matter, no history.
        case summary(TextPage.Origin)
        /// Everything.
        case full

        var origin: TextPage.Origin? {
            switch self {
            case .headline(let origin), .summary(let origin): origin
            case .full: nil
            }
        }
    }

    /// What is known around it.
    struct Setting {
        /// What ages are counted to; without it, times stand alone.
        var now: WallTime?
        /// The watched runtimes: what it is about is told with its version.
        var runtimes: [RuntimeView] = []
    }

    /// Items of evidence in a summary.
    static let evidenceShown = IncidentSize.summary.evidence

    /// Everything about one incident; `width` is clamped to 40…200 columns. `now` is what ages are counted to; without
    /// it, times stand alone. What it is about is told with its version where `runtimes` has it.
    public static func render(
        _ incident: Incident, width: Int = 80, now: WallTime? = nil, runtimes: [RuntimeView] = []
    ) -> String {
        var writer = TextWriter(width: width)
        write(incident, detail: .full, Setting(now: now, runtimes: runtimes), to: &writer)
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

    /// In the order in which it is needed: cause, whom it hurts, what to do, what ends it, and only then the proof.
    /// `size` is how much of each part; else what suits the detail.
    static func write(
        _ incident: Incident, detail: Detail, size: IncidentSize? = nil, _ setting: Setting,
        to writer: inout TextWriter
    ) {
        let size = size ?? (detail == .full ? .full : .summary)
        let isHeadline = if case .headline = detail { true } else { false }
        if !isHeadline {
            writer.paragraph(incident.sentence, lead: tag(incident) + "  ", indent: TextWriter.fieldIndent)
        }
        writer.field("cause", identity(incident, setting))
        if !incident.explanation.isEmpty {
            writer.field("", incident.explanation, maximum: size.explanation)
        }
        if !isHeadline { writer.field("since", span(incident, setting.now)) }
        let hurts = impact(incident)
        if !hurts.isEmpty { writer.field("hurts", hurts) }
        if let changed = ChangeText.before(incident) {
            writer.field("changed", changed, maximum: size.changes)
        }
        StepText.write(incident, limit: detail == .full ? nil : size.steps, to: &writer)
        if !incident.clearsWhen.isEmpty { writer.field("clears", clears(incident)) }
        writeEvidence(incident, detail: detail, size.evidence, to: &writer)
        writeSymptoms(incident, detail: detail, size.symptoms, to: &writer)
        writeMore(incident, detail: detail, size.evidence, to: &writer)
    }

    private static func writeMore(
        _ incident: Incident, detail: Detail, _ shown: Int, to writer: inout TextWriter
    ) {
        let left = left(incident, shown)
        switch detail.origin {
        case nil:
            writer.field("id", incident.id)
            if let command = explain(incident) { writer.field("more", command) }
        case .daemon:
            // The command alone: it is what is copied.
            let command = "crihealthd explain \(shortID(incident))"
            writer.field("more", command + (left.map { " (\($0))" } ?? ""))
        case .oneLook, .recording:
            let rest = left.map { " (\($0))" } ?? ""
            if let command = explain(incident) { writer.field("more", command + rest) }
        }
    }

    /// What tells more without a daemon; nil of what a rule of the node's own opened.
    private static func explain(_ incident: Incident) -> String? {
        guard IncidentKind.shipped.contains(incident.kind) else { return nil }
        return "crihealthd explain \(incident.kind.rawValue)/\(incident.cause)"
    }

    /// The digits of its id, as short as `crihealthd explain` and `/v1/incidents/ID` take it; the whole id where it is
    /// not of that shape.
    static func shortID(_ incident: Incident) -> String {
        let digits = incident.id.split(separator: "-").last ?? ""
        let isHash = digits.utf8.count == 16 && digits.allSatisfy(\.isHexDigit)
        return isHash ? String(digits.prefix(8)) : incident.id
    }

    /// What of the evidence a summary leaves out.
    private static func left(_ incident: Incident, _ shown: Int) -> String? {
        let left = incident.evidence.count - shown
        return left > 0 ? "\(left) more seen" : nil
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

    /// `RuntimeDown/Killed, containerd 1.6.20~ds1`; `suspected: …` where it is not proven.
    static func identity(_ incident: Incident, _ setting: Setting) -> String {
        let name = "\(incident.kind.rawValue)/\(incident.cause), \(subject(incident, setting.runtimes))"
        return incident.status == .suspected ? "suspected: \(name), \(incident.severity.rawValue)" : name
    }

    /// What it is about, with the version that runs where that is known.
    private static func subject(_ incident: Incident, _ runtimes: [RuntimeView]) -> String {
        let own = runtimes.first { runtime in
            [runtime.endpoint.name, runtime.endpoint.unit, runtime.unit?.name, runtime.endpoint.socketPath]
                .contains(incident.subject)
        }
        if let own, let version = own.version {
            let name = "\(own.endpoint.name) \(version.version)"
            let unit = own.unit?.name ?? own.endpoint.unit
            return unit.map { $0 == own.endpoint.name + ".service" ? name : "\(name) (\($0))" } ?? name
        }
        guard own == nil, runtimes.count == 1, let only = runtimes.first, let version = only.version else {
            return incident.subject
        }
        return "\(incident.subject), \(only.endpoint.name) \(version.version)"
    }

    /// `01:42:28 (3 s), opened 2 times`; of what is over, from when to when.
    static func span(_ incident: Incident, _ now: WallTime?) -> String {
        var text = TimeText.stamp(incident.openedAt, on: now ?? incident.lastSeenAt)
        if let resolved = incident.resolvedAt {
            let end = TimeText.stamp(resolved, on: now ?? incident.openedAt)
            text +=
                " to \(end) (\(TimeText.span(incident.openedAt, resolved))), \(incident.severity.rawValue)"
        } else if let now {
            text += " (\(TimeText.span(incident.openedAt, now)))"
        }
        return incident.occurrences > 1 ? text + ", opened \(incident.occurrences) times" : text
    }

    /// Whom it hurts. Numbers are of the time when it was open; none are told where there were none.
    static func impact(_ incident: Incident) -> String {
        let impact = incident.impact
        var counts: [String] = []
        if let pods = impact.pods, pods > 0 {
            counts.append(TimeText.count(UInt64(clamping: pods), "pod") + names(impact, of: pods))
        }
        if let running = impact.runningContainers, running > 0 {
            counts.append(TimeText.count(UInt64(clamping: running), "running container"))
        }
        guard !counts.isEmpty else { return impact.sentence }
        let note =
            (incident.isOpen ? "On the node: " : "Then on the node: ") + counts.joined(separator: ", ") + "."
        return impact.sentence.isEmpty ? note : impact.sentence + " " + note
    }

    /// ` (shop/web-7, db/pg-2 and 6 more)`; nothing where the sentence names those whom it hurts.
    private static func names(_ impact: Impact, of pods: Int) -> String {
        guard !impact.sentence.contains("Affected: "),
            let names = impact.podNames?.prefix(Impact.podNamesLimit), !names.isEmpty
        else { return "" }
        let left = pods - names.count
        return " (" + names.joined(separator: ", ") + (left > 0 ? " and \(left) more" : "") + ")"
    }

    private static func writeEvidence(
        _ incident: Incident, detail: Detail, _ shown: Int, to writer: inout TextWriter
    ) {
        for (n, item) in evidence(incident, shown).enumerated() {
            let stamp = TimeText.stamp(item.at, on: incident.lastSeenAt)
            let source = item.source.rawValue
            let lead = stamp + " " + source + String(repeating: " ", count: max(1, 8 - source.count))
            let label = n == 0 ? "  proof   " : String(repeating: " ", count: TextWriter.fieldIndent)
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

    private static func writeSymptoms(
        _ incident: Incident, detail: Detail, _ shown: Int, to writer: inout TextWriter
    ) {
        guard shown > 0 else { return }
        for (n, symptom) in incident.symptoms.prefix(shown).enumerated() {
            writer.field(
                n == 0 ? "also" : "", Self.symptom(symptom, on: incident.lastSeenAt),
                maximum: detail == .full ? 40 : 2)
        }
        if incident.symptoms.count > shown {
            writer.field("", "and \(incident.symptoms.count - shown) more")
        }
    }

    /// `what it says (3 times, 01:42:29 to 01:42:31)`; of pods, each of which may be another, `(the last of 3, …)`.
    static func symptom(_ symptom: Symptom, on day: WallTime) -> String {
        let first = TimeText.stamp(symptom.firstSeen, on: day)
        guard symptom.count > 1 else { return "\(symptom.summary) (\(first))" }
        let last = TimeText.stamp(symptom.lastSeen, on: day)
        let isOfPods = symptom.name == SignalName.createFailed.rawValue
        let count = isOfPods ? "the last of \(symptom.count)" : TimeText.count(symptom.count, "time")
        return "\(symptom.summary) (\(count), \(first) to \(last))"
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
