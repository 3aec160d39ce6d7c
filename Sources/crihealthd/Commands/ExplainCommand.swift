import ArgumentParser
import Diagnosis
import HealthModel

/// `crihealthd explain`: prints a runbook, without a daemon and without a network.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain a kind of incident, and what to do about it.",
        discussion: """
            KIND is what the page shows in front of an incident, in any case; without it the kinds are listed. \
            The daemon serves the same pages at /runbooks/KIND.

            Example: crihealthd explain RuntimeDown
            """)

    @Argument(help: "A kind of incident: RuntimeDown, StatusBlocked, ...")
    var kind: String?

    func run() throws {
        guard let kind else {
            Output.write(Runbooks.pages.keys.sorted().map { $0 + "\n" }.joined())
            return
        }
        Output.write(try Self.page(kind))
    }

    /// The page of that kind, whatever its case. An id of an incident (`RuntimeDown-…`) is taken, too.
    static func page(_ name: String) throws(ValidationError) -> String {
        let wanted = name.lowercased()
        let exact = Runbooks.pages.first { $0.key.lowercased() == wanted }
        let ofIncident = Runbooks.pages.first { wanted.hasPrefix($0.key.lowercased() + "-") }
        if let page = exact ?? ofIncident { return page.value }
        let near = Runbooks.pages.keys.filter { $0.lowercased().contains(wanted) }.sorted()
        let hint = near.isEmpty ? Runbooks.pages.keys.sorted() : near
        throw ValidationError(
            "no kind of incident is called \(name.prefix(80)); there are: \(hint.joined(separator: ", "))")
    }
}
