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
    /// Most resolved incidents that are listed.
    static let resolvedLimit = 8
    /// Most lines of a condition's message.
    static let messageLines = 4

    /// The whole page, ending in a line break; `width` is clamped to 40…200 columns and never exceeded. Ages are
    /// counted to the time of the snapshot.
    public static func render(_ snapshot: Snapshot, width: Int = 80, origin: Origin = .daemon) -> String {
        var writer = TextWriter(width: width)
        writeVerdict(snapshot, origin, to: &writer)
        writeOpen(snapshot, origin, to: &writer)
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
        writeResolved(snapshot, origin, to: &writer)
        AdviceText.write(snapshot.advice, origin, to: &writer)
        if origin != .recording { writeSelf(snapshot, origin, to: &writer) }
        return writer.text
    }

    /// The first lines of the page alone: the verdict, the node, the time.
    public static func verdict(_ snapshot: Snapshot, width: Int = 80, origin: Origin = .daemon) -> String {
        var writer = TextWriter(width: width)
        writeVerdict(snapshot, origin, to: &writer)
        return writer.text
    }

    private static func writeVerdict(_ snapshot: Snapshot, _ origin: Origin, to writer: inout TextWriter) {
        // Of a recording it is said first what it is: nobody shall take it for this machine.
        if origin == .recording {
            writePlace(snapshot, "A recording of \(snapshot.hostname), at ", to: &writer)
        }
        let verdict = snapshot.verdict.rawValue.uppercased()
        writer.paragraph(
            snapshot.headline, lead: verdict + "  ", indent: writer.width < 60 ? 2 : verdict.utf8.count + 2)
        if origin != .recording { writePlace(snapshot, "\(snapshot.hostname), ", to: &writer) }
    }

    private static func writePlace(_ snapshot: Snapshot, _ lead: String, to writer: inout TextWriter) {
        let now = snapshot.at.wall
        let open =
            snapshot.open.isEmpty ? "" : ", \(TimeText.count(UInt64(snapshot.open.count), "open incident"))"
        writer.paragraph("\(lead)\(now.date) \(now.clock) UTC\(open)")
    }

    private static func writeOpen(_ snapshot: Snapshot, _ origin: Origin, to writer: inout TextWriter) {
        for incident in snapshot.open.prefix(openLimit) {
            writer.blank()
            IncidentText.write(
                incident, detail: .summary(origin), now: snapshot.at.wall, to: &writer)
        }
        if snapshot.open.count > openLimit {
            writer.blank()
            writer.paragraph(
                "And \(snapshot.open.count - openLimit) more open incidents"
                    + origin.place("/v1/incidents?status=open"))
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

    private static func writeResolved(_ snapshot: Snapshot, _ origin: Origin, to writer: inout TextWriter) {
        guard !snapshot.resolved.isEmpty else { return }
        writer.blank()
        writer.line("Recently resolved")
        for incident in snapshot.resolved.prefix(resolvedLimit) {
            let stamp = TimeText.stamp(incident.openedAt, on: snapshot.at.wall)
            let lasted = TimeText.span(incident.openedAt, incident.resolvedAt ?? incident.lastSeenAt)
            writer.columns(
                [stamp + "  lasted", TimeText.padded(lasted, 11)], last: incident.sentence, indent: 2)
        }
        if snapshot.resolved.count > resolvedLimit {
            writer.line(
                "and \(snapshot.resolved.count - resolvedLimit) more"
                    + origin.place("/v1/incidents?status=resolved"), indent: 2)
        }
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

extension TextPage.Origin {
    /// Where more is, for who can ask there.
    func place(_ path: String) -> String { self == .daemon ? ": \(path)" : "" }
}
