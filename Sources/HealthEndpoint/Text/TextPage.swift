// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// The page of the node for a person with curl: the verdict first, then what is wrong, then everything else.
public enum TextPage {
    /// What a page is of.
    public enum Origin: Hashable, Sendable {
        /// The node, by the daemon: what is left out can be asked of it.
        case daemon
        /// The node, by one look at it: there is no daemon to ask.
        case oneLook
        /// A recording, of whatever node.
        case recording
    }

    /// Most open incidents that are told in full; the rest is counted.
    static let openLimit = 12
    /// Lines of a terminal of 24 rows, less one for the prompt.
    static let firstScreen = 23
    /// Most lines of a condition's message.
    static let messageLines = 4

    /// The whole page, ending in a line break; `width` is clamped to 40…200 columns and never exceeded. Ages are
    /// counted to the time of the snapshot; times are told `zone` from UTC.
    public static func render(
        _ snapshot: Snapshot, width: Int = 80, origin: Origin = .daemon, zone: UTCOffset = .utc
    ) -> String {
        let snapshot = snapshot.shifted(by: zone)
        var writer = TextWriter(width: width)
        writeVerdict(snapshot, origin, zone, to: &writer)
        writeOpen(snapshot, origin, to: &writer)
        let past = Past(snapshot)
        if past.isFresh { ResolvedText.write(snapshot, origin, to: &writer) }
        UnexplainedText.write(
            UnexplainedText.told(snapshot, origin), origin, now: snapshot.at.wall, to: &writer)
        writeConditions(snapshot, to: &writer)
        for runtime in snapshot.runtimes { RuntimeText.write(runtime, to: &writer) }
        if snapshot.runtimes.isEmpty {
            writer.blank()
            writer.paragraph("No container runtime is watched on this node.")
        }
        let beside = RuntimeText.beside(snapshot.versions)
        if !beside.isEmpty {
            writer.blank()
            writer.paragraph(beside)
        }
        if !past.isFresh { ResolvedText.write(snapshot, origin, to: &writer) }
        AdviceText.write(snapshot.advice, origin, to: &writer)
        if origin != .recording { writeSelf(snapshot, origin, to: &writer) }
        return writer.text
    }

    /// The first lines of the page alone: the verdict, the node, the time.
    public static func verdict(_ snapshot: Snapshot, width: Int = 80, origin: Origin = .daemon) -> String {
        var writer = TextWriter(width: width)
        writeVerdict(snapshot, origin, .utc, to: &writer)
        return writer.text
    }

    private static func writeVerdict(
        _ snapshot: Snapshot, _ origin: Origin, _ zone: UTCOffset, to writer: inout TextWriter
    ) {
        // Of a recording it is said first what it is: nobody shall take it for this machine.
        let (now, isRecording) = (snapshot.at.wall, origin == .recording)
        let time = "\(now.date) \(now.clock) \(zone)"
        if isRecording { writer.paragraph("A recording of \(snapshot.hostname), at \(time)") }
        let verdict = snapshot.verdict.rawValue.uppercased()
        writer.paragraph(
            snapshot.headline, lead: verdict + "  ", indent: writer.width < 60 ? 2 : verdict.utf8.count + 2)
        let span = span(snapshot)
        let place = isRecording ? [] : ["\(snapshot.hostname), \(time)"]
        let whole = (place + span).joined(separator: ", ")
        if writer.fits([], last: whole, indent: 0) {
            if !whole.isEmpty { writer.paragraph(whole) }
        } else {
            for line in place + [span.joined(separator: ", ")] where !line.isEmpty { writer.paragraph(line) }
        }
        if let words = Past(snapshot).words { writer.paragraph(words) }
        writeOthers(snapshot, to: &writer)
    }

    /// `since 12:00:03 (1.0 s)`, `2 open incidents`: what there is to say of them.
    private static func span(_ snapshot: Snapshot) -> [String] {
        var parts: [String] = []
        if let first = snapshot.headliner {
            parts.append("since " + IncidentText.span(first, snapshot.at.wall))
        }
        if snapshot.open.count > (snapshot.headliner == nil ? 0 : 1) {
            parts.append(TimeText.count(UInt64(snapshot.open.count), "open incident"))
        }
        return parts
    }

    /// What else is open, by name: it may be below the first screen.
    private static func writeOthers(_ snapshot: Snapshot, to writer: inout TextWriter) {
        guard snapshot.headliner != nil, snapshot.open.count > 1 else { return }
        let names = snapshot.open.dropFirst().prefix(3).map { "\($0.kind.rawValue)/\($0.cause)" }
        let left = snapshot.open.count - 1 - names.count
        writer.line("also open: " + names.joined(separator: ", ") + (left > 0 ? " and \(left) more" : ""))
    }

    private static func writeOpen(_ snapshot: Snapshot, _ origin: Origin, to writer: inout TextWriter) {
        let setting = IncidentText.Setting(now: snapshot.at.wall, runtimes: snapshot.runtimes)
        for (n, incident) in snapshot.open.prefix(openLimit).enumerated() {
            writer.blank()
            if n == 0, snapshot.headliner != nil {
                writeHeadliner(incident, origin, setting, to: &writer)
            } else {
                IncidentText.write(incident, detail: .summary(origin), setting, to: &writer)
            }
        }
        if snapshot.open.count > openLimit {
            writer.blank()
            writer.paragraph(
                "And \(snapshot.open.count - openLimit) more open incidents"
                    + origin.place("/v1/incidents?status=open"))
        }
    }

    /// As much of it as fits on the first screen; what to do always does. Where lines are short, all of it.
    private static func writeHeadliner(
        _ incident: Incident, _ origin: Origin, _ setting: IncidentText.Setting, to writer: inout TextWriter
    ) {
        let begun = writer
        for size in writer.width < 60 ? [.summary] : IncidentSize.headlines {
            writer = begun
            IncidentText.write(incident, detail: .headline(origin), size: size, setting, to: &writer)
            if writer.lines <= firstScreen { return }
        }
    }

    private static func writeConditions(_ snapshot: Snapshot, to writer: inout TextWriter) {
        guard !snapshot.conditions.isEmpty else { return }
        writer.blank()
        writer.line("Conditions")
        for condition in snapshot.conditions {
            write(ConditionView(condition, snapshot), snapshot, to: &writer)
        }
    }

    private static func write(_ view: ConditionView, _ snapshot: Snapshot, to writer: inout TextWriter) {
        let condition = view.condition
        let age = condition.lastTransitionTime.map { TimeText.span($0, snapshot.at.wall) } ?? ""
        var columns = ["[\(view.standing.mark)]", TimeText.padded(condition.type.rawValue, 20)]
        if writer.width >= 60 { columns.append(TimeText.padded(age, 12)) }
        guard let words = view.words, !words.message.isEmpty,
            !writer.fits(columns, last: view.line, indent: 2)
        else { return writer.columns(columns, last: view.line, indent: 2) }
        writer.columns(columns, last: words.reason, indent: 2)
        writer.paragraph(words.message, lead: "      ", indent: 6, maximum: messageLines)
    }

    private static func writeSelf(_ snapshot: Snapshot, _ origin: Origin, to writer: inout TextWriter) {
        writer.blank()
        let age = TimeText.span(snapshot.startedAt, snapshot.at.wall)
        writer.paragraph(
            "crihealthd \(snapshot.version), "
                + (origin == .daemon ? "running for \(age)" : "one look in \(age)"))
        for field in SelfText.fields(snapshot) { writer.field(field.label, field.text) }
    }
}

extension Snapshot {
    /// The open incident whose sentence is the headline.
    var headliner: Incident? {
        open.first.flatMap { $0.severity >= .warning && headline.hasPrefix($0.sentence) ? $0 : nil }
    }
}

extension TextPage.Origin {
    /// Where more is, for who can ask there.
    func place(_ path: String) -> String { self == .daemon ? ": \(path)" : "" }
}
