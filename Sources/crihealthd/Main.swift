import ArgumentParser

/// The one binary.
@main
struct Crihealthd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crihealthd",
        abstract: "Says what is wrong with this node's container runtime, and why.",
        discussion: "Example: crihealthd status",
        version: Release.version,
        subcommands: [
            StatusCommand.self, CheckCommand.self, IncidentsCommand.self, ExplainCommand.self,
            RecordCommand.self,
            ReplayCommand.self, RulesCommand.self, ServeCommand.self, ProbeCommand.self,
        ])
}
