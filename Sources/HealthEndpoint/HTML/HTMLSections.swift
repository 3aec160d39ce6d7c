// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Everything on the page but the verdict and the incidents.
enum HTMLSections {
    static func writeConditions(_ snapshot: Snapshot, to main: inout HTMLWriter) {
        guard !snapshot.conditions.isEmpty else { return }
        section("conditions", "Conditions", to: &main) { section in
            section.element("table") { table in
                table.markup(
                    """
                    <thead><tr><th scope="col">Condition</th><th scope="col">Status</th>\
                    <th scope="col">For</th><th scope="col">Why</th></tr></thead>
                    """)
                table.element("tbody") { body in
                    for condition in snapshot.conditions {
                        row(ConditionView(condition, snapshot), snapshot, to: &body)
                    }
                }
            }
        }
    }

    private static func row(_ view: ConditionView, _ snapshot: Snapshot, to body: inout HTMLWriter) {
        let condition = view.condition
        body.element("tr", [.init("class", "\(view.standing)")]) { row in
            row.element("th", [.init("scope", "row")], text: condition.type.rawValue)
            row.element("td") {
                $0.element("span", [.init("class", "status")], text: condition.status.rawValue)
            }
            row.element("td", [.init("class", "for")]) { cell in
                guard let since = condition.lastTransitionTime else { return }
                HTMLTime.writeAge(since: since, now: snapshot.at.wall, to: &cell)
            }
            row.element("td", text: view.line)
        }
    }

    static func writeUnexplained(_ snapshot: Snapshot, to main: inout HTMLWriter) {
        let lines = UnexplainedText.told(snapshot, .daemon)
        guard !lines.isEmpty else { return }
        section("unexplained", UnexplainedText.title(lines), to: &main) { section in
            section.element("table") { table in
                table.markup(
                    """
                    <thead><tr><th scope="col">Lines</th><th scope="col">Unit</th>\
                    <th scope="col">When</th><th scope="col">What they say</th></tr></thead>
                    """)
                table.element("tbody") { body in
                    for group in lines.groups.prefix(UnexplainedText.limit) {
                        body.element("tr") { row in
                            row.element("td", text: "\(group.count)")
                            row.element("td", text: group.unit)
                            row.element("td", text: UnexplainedText.span(group, snapshot.at.wall))
                            row.element("td", text: group.shape)
                        }
                    }
                }
            }
        }
    }

    static func writeRuntimes(_ snapshot: Snapshot, to main: inout HTMLWriter) {
        section("runtimes", "Runtimes", to: &main) { section in
            if snapshot.runtimes.isEmpty {
                section.element("p", text: "No container runtime is watched on this node.")
            }
            for runtime in snapshot.runtimes {
                section.element("article", [.init("class", "card")]) { card in
                    card.element("h3", text: RuntimeText.title(runtime))
                    card.element("dl") { list in
                        for field in RuntimeText.fields(runtime) {
                            list.element("dt", text: field.label)
                            list.element("dd", text: field.text)
                        }
                    }
                }
            }
            writeVersions(snapshot.versions, to: &section)
        }
    }

    private static func writeVersions(_ versions: NodeVersions, to section: inout HTMLWriter) {
        let line = RuntimeText.beside(versions)
        if !line.isEmpty { section.element("p", [.init("class", "beside")], text: line) }
    }

    static func writeAdvice(_ snapshot: Snapshot, to main: inout HTMLWriter) {
        guard !snapshot.advice.isEmpty else { return }
        section("advice", "Advice", to: &main) { section in
            section.element("p", [.init("class", "note")], text: AdviceText.note)
            section.element("ul") { list in
                for advice in snapshot.advice.prefix(AdviceText.limit * 4) {
                    list.element("li") { item in
                        item.text(AdviceText.sentence(advice))
                        item.markup(" ")
                        item.element("span", [.init("class", "source")], text: advice.id)
                    }
                }
            }
        }
    }

    static func writeResolved(_ snapshot: Snapshot, to main: inout HTMLWriter) {
        guard !snapshot.resolved.isEmpty else { return }
        section("resolved", "Recently resolved", to: &main) { section in
            section.element("ul", [.init("class", "resolved")]) { list in
                for incident in snapshot.resolved.prefix(ResolvedText.limit) {
                    list.element("li") { item in
                        HTMLTime.write(
                            TimeText.stamp(incident.openedAt, on: snapshot.at.wall), at: incident.openedAt,
                            to: &item)
                        let end = incident.resolvedAt ?? incident.lastSeenAt
                        let lasted = TimeText.span(incident.openedAt, end)
                        item.text(", lasted \(lasted), \(incident.kind.rawValue)/\(incident.cause)")
                        item.markup(": ")
                        item.element(
                            "a", [.init("href", HTMLIncident.path(incident) + ".txt")],
                            text: incident.sentence)
                        item.markup(" ")
                        item.element(
                            "span", [.init("class", "source")], text: IncidentText.shortID(incident))
                    }
                }
            }
        }
    }

    static func writeSelf(_ snapshot: Snapshot, to page: inout HTMLWriter) {
        page.element("footer") { footer in
            footer.element("p") { line in
                line.text("crihealthd \(snapshot.version)")
                line.markup(", running for ")
                HTMLTime.writeAge(since: snapshot.startedAt, now: snapshot.at.wall, to: &line)
            }
            footer.element("dl") { list in
                for field in SelfText.fields(snapshot) where !field.label.isEmpty {
                    list.element("dt", text: field.label)
                    list.element("dd", text: field.text)
                }
            }
            footer.markup(
                """
                <p class="links"><a href="v1/state?pretty">state as JSON</a> <a href="v1/events?pretty">events</a> \
                <a href="metrics">metrics</a> <a href="healthz?verbose">health check</a> \
                <a href="v1/openapi.json">API description</a></p>
                """)
        }
    }

    private static func section(
        _ id: String, _ title: String, to main: inout HTMLWriter, _ content: (inout HTMLWriter) -> Void
    ) {
        main.markup("\n")
        main.element("section", [.init("aria-labelledby", id)]) { section in
            section.element("h2", [.init("id", id)], text: title)
            content(&section)
        }
    }
}
