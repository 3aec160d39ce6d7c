// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthEndpoint
import HealthModel

/// What is known by name, without a daemon and without a network.
enum Explanation {
    /// The kinds, each with the causes that it tells apart.
    static var list: String {
        Runbooks.pages.keys.sorted().map { kind in
            let causes = Cause.all(of: IncidentKind(rawValue: kind)).map { "  " + $0.rawValue + "\n" }
            return kind + "\n" + causes.joined()
        }.joined()
    }

    /// All that has this name, whatever its case: a kind, a cause of each of its kinds, one KIND/CAUSE, a condition; nil
    /// where nothing has.
    static func pages(_ name: String) -> String? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2 {
            guard let kind = kind(parts[0]), let cause = cause(parts[1]) else { return nil }
            return page(cause, of: kind)
        }
        var pages: [String] = []
        if let kind = kind(name), let page = Runbooks.page(kind) { pages.append(page) }
        if let cause = cause(name) { pages += cause.kinds.compactMap { page(cause, of: $0) } }
        if let condition = condition(name) { pages.append(words(condition)) }
        return pages.isEmpty ? nil : pages.joined(separator: "\n")
    }

    /// `RuntimeDown` of `RuntimeDown-66af9f101c9c2774`.
    static func kind(ofIncident id: String) -> IncidentKind? {
        id.firstIndex(of: "-").flatMap { kind(String(id[..<$0])) }
    }

    /// That nothing is called so, and what there is.
    static func hint(_ name: String) -> String {
        let wanted = name.split(separator: "/").last.map { $0.lowercased() } ?? ""
        let kinds = Runbooks.pages.keys.sorted()
        let all =
            kinds + Cause.allCases.map(\.rawValue) + Condition.Kind.allCases.map(\.rawValue)
            + AdvisoryTable.embedded.rows.map(\.id)
        if let near = Suggestion.nearest(to: wanted, in: all) {
            return "nothing is called \(name.prefix(80)); did you mean \(near)?"
        }
        let near = wanted.isEmpty ? [] : all.filter { $0.lowercased().contains(wanted) }
        return "nothing is called \(name.prefix(80)), and no rule knows it as a log line; there are: "
            + (near.isEmpty ? kinds : near).joined(separator: ", ")
    }

    /// A finding of preflight, or another row of its tables.
    static func words(_ row: AdvisoryRow, width: Int) -> String {
        var fields = [("means", row.sentence), ("of", row.component), ("versions", row.versions)]
        fields += [("first", row.first), ("source", row.source)]
        fields.append(("data", row.date.isEmpty ? row.file : "\(row.file), \(row.date)"))
        return TerminalText.line("\(row.id): \(row.category)\n") + "\n"
            + fields.filter { !$0.1.isEmpty }.map { label, text in
                TerminalText.wrap(
                    text, lead: "  " + label + String(repeating: " ", count: 10 - label.utf8.count),
                    indent: 12, columns: width)
            }.joined()
    }

    private static func page(_ cause: Cause, of kind: IncidentKind) -> String? {
        guard let text = Runbooks.page(kind) else { return nil }
        let page = RunbookPage(text)
        return page.entry(cause.rawValue).map { page.text(of: $0, kind: kind.rawValue) }
    }

    private static func kind(_ name: String) -> IncidentKind? {
        let wanted = name.lowercased()
        return Runbooks.pages.keys.first { $0.lowercased() == wanted }.map { IncidentKind(rawValue: $0) }
    }

    private static func cause(_ name: String) -> Cause? {
        Cause.allCases.first { $0.rawValue.lowercased() == name.lowercased() }
    }

    private static func condition(_ name: String) -> Condition.Kind? {
        Condition.Kind.allCases.first { $0.rawValue.lowercased() == name.lowercased() }
    }

    /// What makes a condition False, and how to read it now.
    private static func words(_ condition: Condition.Kind) -> String {
        let name = condition.rawValue
        let kinds = Catalogue.all.filter { $0.condition == condition }.map(\.kind.rawValue).sorted()
        let effect =
            condition.isAdvice
            ? "It is advice: False is worth knowing, and never changes the verdict."
            : kinds.isEmpty
                ? "" : "An incident of one of these kinds makes it False: \(kinds.joined(separator: ", "))."
        return "# Condition \(name)\n\n"
            + TerminalText.wrap(
                "True is good, as in Kubernetes. Unknown is never taken for True. " + effect, indent: 0,
                columns: 80)
            + "\nNow:         crihealthd status --npd \(name)\n"
            + "For probes:  curl localhost:10274/healthz/\(name)\n"
    }
}
