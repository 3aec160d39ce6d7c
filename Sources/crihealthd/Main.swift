import ArgumentParser
import Systemd

/// The one binary.
@main
struct Crihealthd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crihealthd",
        abstract: "Says what is wrong with this node's container runtime, and why.",
        version: Release.version,
        subcommands: [
            ServeCommand.self, ProbeCommand.self, StatusCommand.self, CheckCommand.self,
            CheckConfigCommand.self, ReplayCommand.self, ExplainCommand.self,
        ])

    /// Runs the command. Where its words are wrong, whoever waits in a socket that systemd passed hears of it too.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            if exitCode(for: error) == .validationFailure {
                LastWords.say(message(for: error), on: PassedSocket.take())
            }
            exit(withError: error)
        }
    }
}
