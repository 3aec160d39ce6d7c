import ArgumentParser
import HealthEndpoint
import HealthModel
import Logging

/// `crihealthd check`: one look, without a daemon.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Look at this node once, without the daemon.",
        discussion: """
            Reads this boot's journal, asks systemd for its units and every CRI endpoint through crictl, and \
            prints what the daemon would say. Exits with 0 when the node is healthy, 1 degraded, \
            2 unhealthy, 3 unknown.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .shortAndLong, help: "text or json, as of `crihealthd status`.")
    var output: OutputFormat = .text

    @Option(help: "Columns of the text.")
    var width = 80

    /// Looks, prints, and exits with the verdict.
    func validate() throws {
        guard (40...200).contains(width) else { throw ValidationError("--width: 40 to 200") }
    }

    func run() throws {
        var configuration = try options.resolve()
        if options.logLevel == nil { configuration.logLevel = .error }
        let threshold = LogThreshold(configuration.logLevel)
        let logger = Logger(label: "crihealthd") { _ in StderrLogHandler(threshold: threshold) }
        let snapshot = try OneLook(configuration: configuration, logger: logger).take()
        switch output {
        case .text: Output.write(TextPage.render(snapshot, width: width, origin: .oneLook))
        case .json: Output.write(StateDocument.json(snapshot))
        }
        throw ExitCode(ExitStatus.code(snapshot.verdict))
    }
}
