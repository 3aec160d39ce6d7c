import ArgumentParser
import Diagnosis
import HealthModel

/// `crihealthd explain`: prints a runbook, without a daemon and without a network.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain an incident: what it means, what to do, how to prevent it.",
        discussion: """
            NAME is what the page shows of an incident, in any case: its kind, KIND/CAUSE, the cause alone, or its id. \
            Without it the kinds are listed, each with its causes. The daemon serves the same pages at /runbooks/KIND.

            Example: crihealthd explain RuntimeDown/Hung
            """)

    @Argument(
        help: ArgumentHelp("What to explain: RuntimeDown, RuntimeDown/Hung, Hung, ...", valueName: "name"))
    var name: String?

    func run() throws {
        Output.write(try name.map { try Self.page($0) } ?? Self.list)
    }

    /// The kinds, each with the causes that it tells apart.
    static var list: String {
        Runbooks.pages.keys.sorted().map { kind in
            let causes = Cause.all(of: IncidentKind(rawValue: kind)).map { "  " + $0.rawValue + "\n" }
            return kind + "\n" + causes.joined()
        }.joined()
    }

    /// The page of that kind, cause or incident, whatever its case; a cause comes with what is said of it first.
    static func page(_ name: String) throws(ValidationError) -> String {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        if parts.count == 2, let kind = kind(parts[0]), let cause = cause(parts[1]),
            let page = page(cause, of: kind)
        {
            return page
        }
        let ofCause = cause(name).map { cause in cause.kinds.compactMap { page(cause, of: $0) } } ?? []
        // A name can be both: who saw it as a cause looks for that, too.
        let pages = [kind(name).flatMap(Runbooks.page)].compactMap { $0 } + ofCause
        if !pages.isEmpty { return pages.joined(separator: "\n") }
        throw ValidationError(hint(name))
    }

    private static func page(_ cause: Cause, of kind: IncidentKind) -> String? {
        guard let entry = Runbooks.entry(cause, of: kind), let page = Runbooks.page(kind) else { return nil }
        return wrapped("\(kind.rawValue)/\(cause.rawValue): \(entry)") + "\n" + page
    }

    /// By its name, or by the id of one of its incidents (`RuntimeDown-…`).
    private static func kind(_ name: String) -> IncidentKind? {
        let wanted = name.lowercased()
        let exact = Runbooks.pages.keys.first { $0.lowercased() == wanted }
        let ofIncident = Runbooks.pages.keys.first { wanted.hasPrefix($0.lowercased() + "-") }
        return (exact ?? ofIncident).map { IncidentKind(rawValue: $0) }
    }

    private static func cause(_ name: String) -> Cause? {
        Cause.allCases.first { $0.rawValue.lowercased() == name.lowercased() }
    }

    private static func hint(_ name: String) -> String {
        let wanted = name.split(separator: "/").last.map { $0.lowercased() } ?? ""
        let all = Runbooks.pages.keys.sorted() + Cause.allCases.map(\.rawValue)
        let near = wanted.isEmpty ? [] : all.filter { $0.lowercased().contains(wanted) }
        return "no kind or cause of incidents is called \(name.prefix(80)); there are: "
            + (near.isEmpty ? Runbooks.pages.keys.sorted() : near).joined(separator: ", ")
    }

    /// As wide as the pages are.
    private static func wrapped(_ text: String) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + word.count >= 80 { lines.append("") }
            if !lines[lines.count - 1].isEmpty { lines[lines.count - 1] += " " }
            lines[lines.count - 1] += word
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
