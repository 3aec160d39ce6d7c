import ArgumentParser

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
}
