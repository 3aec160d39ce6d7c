// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import HealthEndpoint
import HealthModel
import Node
import Systemd

/// `crihealthd incidents`: what was wrong, by the journal's own entries.
struct IncidentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "incidents",
        abstract: "List the incidents of this node from its journal.",
        usage: "crihealthd incidents [--since <time>] [--until <time>] [...]",
        discussion: """
            The daemon writes each change of an incident to the journal; this reads them, with or without a daemon. \
            A <time> is yesterday, -2h, 03:00, "2026-11-24 03:00" (UTC, or with +02:00), RFC 3339.

            Example: crihealthd incidents --since yesterday
            """)

    @Option(
        parsing: .unconditional, help: ArgumentHelp("From when on; else yesterday.", valueName: "time"),
        transform: { try TimeArgument($0) })
    var since = try? TimeArgument("yesterday")

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Until when; else now.", valueName: "time"),
        transform: { try TimeArgument($0) })
    var until: TimeArgument?

    @Option(help: ArgumentHelp("Of this kind only, such as RuntimeDown.", valueName: "kind"))
    var kind: String?

    @Option(name: .shortAndLong, help: "text or json.")
    var output: OutputFormat = .text

    @Option(help: ArgumentHelp("Journal files to read, not the node's.", valueName: "d"))
    var journalDirectory: String?

    @OptionGroup var page: PageOptions

    @OptionGroup var times: ZoneOptions

    func run() throws {
        let now = Moment.now().wall
        let from = try moment(since, "--since", now) ?? now
        let to = try moment(until, "--until", now)
        if let to, to < from { throw CommandProblem("--until is before --since") }
        let reader = TransitionReader(
            location: journalDirectory.map { .directory($0) } ?? .system, kind: kind?.lowercased())
        let reading = try reader.read(from: from, to: to)
        guard reading.journalBegins != nil else {
            throw CommandProblem(
                geteuid() == 0
                    ? "the journal holds no entry at all: see whether systemd-journald runs, and where it writes"
                        + " (journalctl --header)"
                    : "the journal holds nothing that this user may read: ask as root, or join the group"
                        + " systemd-journal")
        }
        let history = IncidentHistory(reading.entries, withheld: reading.withheld)
        if let note = reading.note(since: from) { Console.error("crihealthd: \(note)") }
        switch output {
        case .json: Output.write(history.json)
        case .text where !reading.hasDaemon: break
        case .text:
            let isColoured = Terminal.takesColour(STDOUT_FILENO)
            Output.write(
                history.text(since: from, width: page.columns, isColoured: isColoured, zone: times.zone()))
        }
    }

    private func moment(_ time: TimeArgument?, _ flag: String, _ now: WallTime) throws -> WallTime? {
        guard let time else { return nil }
        guard let moment = time.moment(now: now) else {
            throw CommandProblem("\(flag): there is no such day")
        }
        return moment
    }
}
