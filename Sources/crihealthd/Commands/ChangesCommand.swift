// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import HealthEndpoint
import HealthModel
import Node

/// `crihealthd changes`: what changed on the node, by the daemon's list.
struct ChangesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "changes",
        abstract: "List what changed on this node.",
        usage: "crihealthd changes [--since <time>] [-o text|json]",
        discussion: """
            Asks the running daemon about packages, files, units, versions and boots. A change is listed, not blamed: an incident names those that came before it. \
            A <time> is yesterday, -2h, 03:00, "2026-11-24 03:00" (UTC, or with +02:00), RFC 3339.

            Example: crihealthd changes --since -2h
            """)

    @OptionGroup var daemon: AskedDaemon

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("From when on; else all that are kept.", valueName: "time"),
        transform: { try TimeArgument($0) })
    var since: TimeArgument?

    @Option(name: .shortAndLong, help: "text or json (as at /v1/changes).")
    var output: OutputFormat = .text

    @OptionGroup var page: PageOptions

    @OptionGroup var times: ZoneOptions

    func run() throws {
        let targets = try ExitStatus.orUnknown(daemon.targets)
        do throws(StatusAnswer.NoAnswer) {
            let text = try Self.ask(
                targets, path: path(), accept: output == .json ? "application/json" : "text/plain")
            switch output {
            case .text: page.write(TerminalText.page(text))
            case .json: Output.write(TerminalText.json(text))
            }
        } catch {
            Console.error("crihealthd: no answer from the daemon\n\(error)\n\(error.hint)")
            throw ExitCode(ExitStatus.unknown)
        }
    }

    private static func ask(
        _ targets: [ListenAddress], path: String, accept: String
    ) throws(StatusAnswer.NoAnswer) -> String {
        try StatusAnswer.firstAnswer(of: targets, path, accept, .seconds(5)) {
            String(decoding: $0.body, as: UTF8.self)
        }
    }

    private func path() -> String {
        var path = "/v1/changes?" + (output == .json ? "pretty" : "width=\(page.columns)")
        if let since, let moment = since.moment(now: Moment.now().wall) { path += "&since=\(moment)" }
        let zone = times.zone()
        if zone != .utc { path += "&zone=\(zone.text)" }
        return path
    }
}
