// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// One open incident on the page.
enum HTMLIncident {
    static func write(_ incident: Incident, in snapshot: Snapshot, to section: inout HTMLWriter) {
        let now = snapshot.at.wall
        let id = identifier(incident.id)
        let attributes: [HTMLWriter.Attribute] = [
            .init("class", "card incident \(incident.severity.rawValue)"), .init("aria-labelledby", id),
        ]
        section.element("article", attributes) { card in
            card.element("h3", [.init("id", id)]) { heading in
                heading.element("span", [.init("class", "tag")], text: IncidentText.tag(incident))
                heading.markup(" ")
                heading.text(incident.sentence)
            }
            writeIdentity(incident, in: snapshot, to: &card)
            if !incident.explanation.isEmpty {
                card.element("p", [.init("class", "why")], text: incident.explanation)
            }
            card.element("dl") { list in
                let hurts = IncidentText.impact(incident)
                if !hurts.isEmpty { field("Hurts", hurts, to: &list) }
                if let changed = ChangeText.before(incident) { field("Changed", changed, to: &list) }
                writeSteps(incident, to: &list)
                if !incident.clearsWhen.isEmpty { field("Clears", IncidentText.clears(incident), to: &list) }
                writeEvidence(incident, now: now, to: &list)
                writeSymptoms(incident, now: now, to: &list)
            }
            writeTimeline(incident, id: id, now: now, to: &card)
            writeLinks(incident, to: &card)
        }
    }

    /// An id for an element: what is not a letter, a digit, `.`, `_` or `-` is a `-`.
    private static func identifier(_ id: String) -> String {
        "incident-"
            + String(
                id.prefix(80).map {
                    $0.isASCII && ($0.isLetter || $0.isNumber) || "._-".contains($0) ? $0 : "-"
                })
    }

    private static func writeIdentity(
        _ incident: Incident, in snapshot: Snapshot, to card: inout HTMLWriter
    ) {
        let now = snapshot.at.wall
        card.element("p", [.init("class", "what")]) { line in
            line.text(IncidentText.identity(incident, .init(now: now, runtimes: snapshot.runtimes)))
            line.markup(", since ")
            HTMLTime.write(TimeText.stamp(incident.openedAt, on: now), at: incident.openedAt, to: &line)
            line.markup(" (")
            HTMLTime.writeAge(since: incident.openedAt, now: now, to: &line)
            line.markup(")")
            if incident.occurrences > 1 { line.text(", opened \(incident.occurrences) times") }
        }
    }

    private static func field(_ label: StaticString, _ text: String, to list: inout HTMLWriter) {
        list.element("dt") { $0.markup(label) }
        list.element("dd", text: text)
    }

    private static func writeEvidence(_ incident: Incident, now: WallTime, to list: inout HTMLWriter) {
        guard !incident.evidence.isEmpty else { return }
        list.markup("<dt>Proof</dt>")
        list.element("dd") { value in
            value.element("ul", [.init("class", "log")]) { items in
                for item in IncidentText.evidence(incident) {
                    items.element("li") { line in
                        HTMLTime.write(TimeText.stamp(item.at, on: now), at: item.at, to: &line)
                        line.markup(" ")
                        line.element("span", [.init("class", "source")], text: item.source.rawValue)
                        line.markup(" ")
                        line.text(item.summary)
                    }
                }
            }
            let more = incident.evidence.count - IncidentText.evidenceShown
            if more > 0 {
                value.element("p", [.init("class", "more")]) { line in
                    line.element("a", [.init("href", path(incident) + ".txt")], text: "and \(more) more")
                }
            }
        }
    }

    private static func writeSymptoms(_ incident: Incident, now: WallTime, to list: inout HTMLWriter) {
        guard !incident.symptoms.isEmpty else { return }
        list.markup("<dt>Also</dt>")
        list.element("dd") { value in
            value.element("ul") { items in
                for symptom in incident.symptoms.prefix(3) {
                    items.element("li", text: IncidentText.symptom(symptom, on: now))
                }
            }
            let more = incident.symptoms.count - 3
            if more > 0 { value.element("p", [.init("class", "more")], text: "and \(more) more") }
        }
    }

    private static func writeSteps(_ incident: Incident, to list: inout HTMLWriter) {
        guard !incident.nextSteps.isEmpty else { return }
        list.markup("<dt>Do</dt>")
        list.element("dd") { value in
            value.element("ol", [.init("class", "steps")]) { items in
                for step in incident.nextSteps.prefix(16) {
                    items.element("li") { item in
                        item.text((step.purpose.isEmpty ? "then" : step.purpose) + ":")
                        item.element("pre") {
                            $0.element("code") { $0.command(step.command) }
                        }
                    }
                }
            }
        }
    }

    private static func writeTimeline(
        _ incident: Incident, id: String, now: WallTime, to card: inout HTMLWriter
    ) {
        guard !incident.timeline.isEmpty else { return }
        card.element("details", [.init("id", id + "-timeline")]) { details in
            details.element("summary", text: "Timeline")
            details.element("ol", [.init("class", "log")]) { items in
                for item in incident.timeline.prefix(Incident.timelineLimit) {
                    items.element("li") { line in
                        HTMLTime.write(TimeText.stamp(item.at, on: now), at: item.at, to: &line)
                        line.markup(" ")
                        line.text(item.text)
                    }
                }
            }
        }
    }

    private static func writeLinks(_ incident: Incident, to card: inout HTMLWriter) {
        card.element("p", [.init("class", "links")]) { line in
            line.element("a", [.init("href", path(incident) + ".txt")], text: "all of it as text")
            line.markup(" ")
            line.element("a", [.init("href", path(incident) + "?pretty")], text: "as JSON")
            guard IncidentKind.shipped.contains(incident.kind) else { return }
            line.markup(" ")
            let anchor = RunbookHTML.anchor(incident.cause)
            line.element(
                "a", [.init("href", "runbooks/\(incident.kind.rawValue)#\(anchor)")], text: "runbook")
        }
    }

    /// Where the API has it.
    static func path(_ incident: Incident) -> String {
        "v1/incidents/" + PercentEncoding.segment(incident.id)
    }
}

/// Percent-encoding (RFC 3986 §2).
enum PercentEncoding {
    /// One segment of a path: all but unreserved characters are encoded.
    static func segment(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }
}
