// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import HealthEndpoint
import HealthModel
import Logging

/// `crihealthd check`: one look, without a daemon.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Look at this node once, without the daemon.",
        usage: "crihealthd check [-o text|json] [--width <columns>] [<option> ...]",
        discussion: """
            Reads this boot's journal, asks systemd for its units and the CRI sockets through crictl, as root. \
            Exits with 0 when the node is healthy, 1 degraded, 2 unhealthy, 3 unknown.

            Example: crihealthd check --runtime-endpoint unix:///run/crio/crio.sock
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .shortAndLong, help: "text or json, as of `crihealthd status`.")
    var output: OutputFormat = .text

    @OptionGroup var page: PageOptions

    @OptionGroup var times: ZoneOptions

    /// Looks, prints, and exits with the verdict.
    func run() throws {
        let snapshot = try ExitStatus.orUnknown {
            var configuration = try options.resolve()
            if options.logLevel == nil { configuration.logLevel = .error }
            let threshold = LogThreshold(configuration.logLevel)
            let logger = Logger(label: "crihealthd") { _ in StderrLogHandler(threshold: threshold) }
            return try OneLook(configuration: configuration, logger: logger).take()
        }
        switch output {
        case .text:
            page.write(TextPage.render(snapshot, width: page.columns, origin: .oneLook, zone: times.zone()))
        case .json: Output.write(StateDocument.json(snapshot))
        }
        throw ExitCode(ExitStatus.code(snapshot.verdict))
    }
}
