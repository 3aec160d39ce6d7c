// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import HealthEndpoint
import HealthModel

/// `crihealthd status`: asks the daemon.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Ask the running daemon how the node is.",
        usage: "crihealthd status [-o text|json] [--watch | --short] [--npd <condition>]",
        discussion: """
            Exits with 0 when the node is healthy, 1 degraded, 2 unhealthy, 3 unknown or without an answer. \
            With --npd it speaks to node-problem-detector: 0 the condition holds, 1 it does not, 2 unknown.

            Example: crihealthd status --watch
            """)

    @OptionGroup var daemon: AskedDaemon

    @Option(name: .shortAndLong, help: "text (as at /) or json (as at /v1/state).")
    var output: OutputFormat = .text

    @OptionGroup var page: PageOptions

    @OptionGroup var times: ZoneOptions

    @Flag(help: "Redraw the page every second; Ctrl-C ends.")
    var watch = false

    @Flag(help: "One line: the verdict, since when, and what is wrong.")
    var short = false

    @Flag(
        help: ArgumentHelp(
            "For a login: nothing when healthy; waits 200 ms; always exits 0.", visibility: .hidden))
    var banner = false

    @Option(
        help: ArgumentHelp("One line about this condition: RuntimeReady, ...", valueName: "condition"),
        completion: .list(Condition.Kind.allCases.map(\.rawValue)))
    var npd: String?

    func validate() throws {
        guard !watch || (output == .text && npd == nil) else {
            throw ValidationError("--watch draws the text page; a program follows /v1/stream")
        }
        guard npd == nil || output == .text else {
            throw ValidationError("--npd prints one line, and no JSON")
        }
        guard [watch, short, banner, npd != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("--watch, --short, --banner and --npd: one of them")
        }
        guard output == .text || !short && !banner else {
            throw ValidationError("--short and --banner print a line, and no JSON")
        }
    }

    /// Asks, prints, and exits with the verdict.
    func run() throws {
        if let npd { try tell(npd) }
        if banner { try greet() }
        if short { try sayShortly() }
        if watch {
            try Watch(targets: try ExitStatus.orUnknown(daemon.targets), page: page, times: times).run()
        }
        let targets = try ExitStatus.orUnknown(daemon.targets)
        let answer: StatusAnswer
        do {
            answer = try StatusAnswer.ask(targets, format: output, width: page.columns, zone: times.zone())
        } catch {
            Console.error("crihealthd: no answer from the daemon\n\(error)\n\(error.hint)")
            throw ExitCode(ExitStatus.unknown)
        }
        switch output {
        case .text: page.write(answer.text)
        case .json: Output.write(answer.text)
        }
        throw ExitCode(ExitStatus.code(answer.verdict))
    }

    /// One line for node-problem-detector; whatever goes wrong is its "unknown".
    private func tell(_ condition: String) throws -> Never {
        let report: ProblemReport
        do {
            report = ProblemReport.ask(try daemon.targets(), condition: condition)
        } catch {
            report = ProblemReport(status: .unknown, message: "\(error)")
        }
        Output.write(report.line)
        throw ExitCode(report.status.rawValue)
    }

    /// One line, and the verdict as the exit status.
    private func sayShortly() throws -> Never {
        let targets = try ExitStatus.orUnknown(daemon.targets)
        guard let status = try? ShortStatus.ask(targets) else {
            Output.write("UNKNOWN: the daemon does not answer\n")
            throw ExitCode(ExitStatus.unknown)
        }
        Output.write(status.line)
        throw ExitCode(ExitStatus.code(status.verdict))
    }

    /// At a login whatever goes wrong is no news.
    private func greet() throws -> Never {
        if let targets = try? daemon.targets(), let target = targets.first,
            let status = try? ShortStatus.ask([target], deadline: ShortStatus.patience)
        {
            Output.write(status.banner)
        }
        throw ExitCode.success
    }
}
