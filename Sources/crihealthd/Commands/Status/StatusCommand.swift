import ArgumentParser
import Glibc
import HealthEndpoint
import HealthModel

/// `crihealthd status`: asks the daemon.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Ask the running daemon how the node is.",
        usage: "crihealthd status [-o text|json] [--watch] [--npd <condition>] [...]",
        discussion: """
            Exits with 0 when the node is healthy, 1 degraded, 2 unhealthy, 3 unknown or without an answer. \
            With --npd it speaks to node-problem-detector: 0 the condition holds, 1 it does not, 2 unknown.

            Example: crihealthd status --watch
            """)

    @Option(help: ArgumentHelp("Configuration file of the daemon.", valueName: "path"))
    var config: String?

    @Option(help: ArgumentHelp("Ask on this unix socket only.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Ask on this TCP address only.", valueName: "addr:port"))
    var listen: String?

    @Option(name: .shortAndLong, help: "text (as at /) or json (as at /v1/state).")
    var output: OutputFormat = .text

    @OptionGroup var page: PageOptions

    @Flag(help: "Draw the page anew every second; Ctrl-C ends.")
    var watch = false

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
    }

    /// Asks, prints, and exits with the verdict.
    func run() throws {
        if let npd { try tell(npd) }
        if watch { try Watch(targets: try ExitStatus.orUnknown(targets), page: page).run() }
        let targets = try ExitStatus.orUnknown(targets)
        let answer: StatusAnswer
        do {
            answer = try StatusAnswer.ask(targets, format: output, width: page.columns)
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
            report = ProblemReport.ask(try targets(), condition: condition)
        } catch {
            report = ProblemReport(status: .unknown, message: "\(error)")
        }
        Output.write(report.line)
        throw ExitCode(report.status.rawValue)
    }

    /// Whom to ask, in order.
    func targets() throws -> [ListenAddress] {
        if let socket { return [.unix(path: socket)] }
        if let listen {
            guard let address = ListenAddress(listen) else {
                throw ValidationError("--listen: \"\(listen)\" is not a numeric address with a port")
            }
            return [address]
        }
        let path = config ?? Configuration.defaultPath
        let configuration = try ConfigurationReader.load(path: path, required: config != nil)
        return [configuration.socket.map { .unix(path: $0) }, configuration.listen].compactMap(\.self)
    }
}
