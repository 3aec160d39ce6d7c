// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import Systemd

/// The one binary.
@main
struct Crihealthd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crihealthd",
        abstract:
            "Says what is wrong with this node's container runtime, and why.\nExample: crihealthd status",
        version: Release.version,
        subcommands: [
            StatusCommand.self, CheckCommand.self, CheckConfigCommand.self, IncidentsCommand.self,
            ExplainCommand.self, ChangesCommand.self, PreflightCommand.self,
            RecordCommand.self,
            ReplayCommand.self, RulesCommand.self, AdvisoriesCommand.self, ServeCommand.self,
            ProbeCommand.self,
        ])

    /// Runs the command. Where its words are wrong, whoever waits in a socket that systemd passed hears of it too.
    static func main() {
        if let hint = Misspelling.hint(CommandLine.arguments.dropFirst(), of: Self.self) {
            leave(ValidationError(hint))
        }
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            if exitCode(for: error) == .validationFailure {
                LastWords.say(message(for: error), on: PassedSocket.take())
            }
            leave(error)
        }
    }

    /// Ends as ArgumentParser would; but what a word of the command line, or a file's name, puts into the message moves no
    /// terminal.
    private static func leave(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        if code.isSuccess { exit(withError: error) }
        let text = fullMessage(for: error)
        if !text.isEmpty { Console.error(text) }
        Glibc.exit(code.rawValue)
    }
}
