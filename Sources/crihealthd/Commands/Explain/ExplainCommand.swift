// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import HealthEndpoint
import HealthModel

/// `crihealthd explain`: a runbook, an incident, a condition or a log line, in words.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain an incident, cause, condition or log line.",
        usage: "crihealthd explain [-o <output>] [<name> | <id> | <log line>]",
        discussion: """
            A kind, a cause or KIND/CAUSE gives its runbook: what it means, what to do, how to prevent it. The id of an \
            incident (its first eight digits will do) asks the daemon. A condition gives what makes it False. Anything \
            else is read as a log line: what it means, and what it is evidence of. Without a name the kinds are listed, \
            each with its causes. The id of a finding of preflight, or of an advisory, gives what it means. Only an id needs a daemon; nothing needs a network.

            Example: crihealthd explain RuntimeDown/Hung
            """)

    @Argument(help: ArgumentHelp("RuntimeDown, Hung, RuntimeReady, 66af9f10, ...", valueName: "name"))
    var words: [String] = []

    @Option(name: .shortAndLong, help: "text, or json (as at /v1/incidents/ID) of an incident's id.")
    var output: OutputFormat = .text

    @OptionGroup(visibility: .hidden) var daemon: AskedDaemon

    @OptionGroup(visibility: .hidden) var page: PageOptions

    func run() throws {
        let name = words.joined(separator: " ")
        guard output == .text || IncidentQuestion.isID(name) && Explanation.pages(name) == nil else {
            throw ValidationError(
                "-o json is for the id of an incident; everything else is explained as text")
        }
        guard !name.isEmpty else {
            _ = Output.write(Explanation.list)
            return
        }
        if let pages = Explanation.pages(name) {
            _ = Output.write(pages)
            return
        }
        let directory = CurrentRules.advisoriesDirectory(besideRules: Configuration().rulesDirectory)
        if let row = AdvisoriesListCommand.table(directory: directory).row(name) {
            page.write(Explanation.words(row, width: page.columns))
            return
        }
        if IncidentQuestion.isID(name) { return try explainIncident(name) }
        let rules = try SignalRules.shipped()
        if let text = LineExplanation(rules: rules, columns: page.columns).text(name) {
            _ = Output.write(text)
            return
        }
        throw ValidationError(Explanation.hint(name))
    }

    /// Without an answer, the runbook of its kind where the id tells it.
    private func explainIncident(_ id: String) throws {
        let targets = try ExitStatus.orUnknown(daemon.targets)
        let text: String?
        do throws(StatusAnswer.NoAnswer) {
            text = try IncidentQuestion.ask(targets, id: id, output, width: page.columns)
        } catch {
            Console.error("crihealthd: no answer from the daemon\n\(error)\n\(error.hint)")
            if output == .text, let kind = Explanation.kind(ofIncident: id), let page = Runbooks.page(kind) {
                Output.write(page)
            }
            throw ExitCode(ExitStatus.unknown)
        }
        guard let text else {
            throw CommandProblem(
                "the daemon knows no incident \(id.prefix(80)); `crihealthd incidents` lists older ones")
        }
        switch output {
        case .text: page.write(text)
        case .json: Output.write(text)
        }
    }
}
