import ArgumentParser
import Diagnosis
import HealthEndpoint
import HealthModel

/// `crihealthd replay`: diagnoses an outage that was recorded, here or on another machine.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Diagnose a recorded outage.",
        discussion: """
            PATH is a capture directory (journal.export, index.jsonl, crictl/, proc/), a directory of .journal files, \
            a file of `journalctl -o export` (- for standard input), or a recording of observations. \
            The same input gives the same output.

            Example: journalctl -b -o export | crihealthd replay -
            """)

    @Argument(help: "What to replay.")
    var path: String

    @Flag(help: "Print the incidents as a JSON array.")
    var json = false

    @Option(help: ArgumentHelp("Show the node as it was at that moment.", valueName: "time"))
    var at: String?

    @Option(help: ArgumentHelp("More signal rules (*.toml).", valueName: "directory"))
    var rulesDirectory: String?

    @Option(help: "Columns of the text.")
    var width = 80

    func validate() throws {
        guard (40...200).contains(width) else { throw ValidationError("--width: 40 to 200") }
    }

    func run() throws {
        let limit = try moment()
        var rules = try SignalRules.shipped()
        if let rulesDirectory { rules = try SignalRules.load(directory: rulesDirectory, over: rules) }
        let replayer = Replayer.replay(
            try ReplaySource.observations(try ReplayInput.detect(path)), rules: rules, until: limit)
        guard let last = replayer.last else { throw ReplayError.empty(path: path) }
        let now = limit.map { Moment(wall: $0, monotonic: last.monotonic + ($0 - last.wall)) } ?? last
        if json {
            Output.write(IncidentArray.json(replayer.incidents, now: now.wall))
        } else if limit != nil {
            Output.write(
                TextPage.render(replayer.engine.snapshot(at: now), width: width, origin: .recording))
        } else {
            Output.write(ReplayText.render(replayer, at: now, width: width))
        }
    }

    private func moment() throws -> WallTime? {
        guard let at else { return nil }
        guard let time = WallTime(rfc3339: at) else { throw ReplayError.badTime(at) }
        return time
    }
}
