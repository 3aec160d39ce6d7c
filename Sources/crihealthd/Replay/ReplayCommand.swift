// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import Glibc
import HealthEndpoint
import HealthModel

/// `crihealthd replay`: diagnoses an outage that was recorded, here or on another machine.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Diagnose a recorded outage.",
        usage: "crihealthd replay [--at <time>] [--speed <factor>] [-o text|json] <path>",
        discussion: """
            <path> is a log as people have it (what journalctl, dmesg or kubectl logs print, a file of /var/log, a \
            paste; - is standard input), a file of `crihealthd record`, a .journal file, a directory of them, or a \
            capture directory. `journalctl -o export` tells most.

            Example: journalctl -b -o export | crihealthd replay -
            """)

    @Argument(help: "What to replay.", completion: .file())
    var path: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The page as it was: 03:00, RFC 3339, -2m of the end.", valueName: "time"),
        transform: { try TimeArgument($0) })
    var at: TimeArgument?

    @Option(help: ArgumentHelp("Print changes as they come, so many times faster.", valueName: "factor"))
    var speed: Double?

    @Option(name: .shortAndLong, help: "text or json.")
    var output: OutputFormat = .text

    @Flag(help: "The same as -o json.")
    var json = false

    @Option(help: ArgumentHelp("More signal rules (*.toml).", valueName: "dir"))
    var rulesDirectory: String?

    @OptionGroup var page: PageOptions

    func validate() throws {
        if let speed {
            guard speed.isFinite, (0.01...10_000).contains(speed) else {
                throw ValidationError("--speed: 0.01 to 10000")
            }
            guard !isJSON, at == nil else {
                throw ValidationError("--speed tells a story: without -o json and --at")
            }
        }
    }

    var isJSON: Bool { json || output == .json }

    func run() throws {
        let rules = try self.rules()
        guard let material = try material(try ReplayInput.detect(path), rules) else { return }
        let observations = material.observations
        let limit = try moment(observations)
        let replayer =
            speed.map { tell(observations, rules, speed: $0) } ?? replay(observations, rules, limit)
        guard let last = replayer.last else { throw ReplayError.empty(path: path) }
        let now = limit.map { Moment(wall: $0, monotonic: last.monotonic + ($0 - last.wall)) } ?? last
        guard !isJSON, limit != nil else { return print(replayer, at: now, material.survey) }
        page.write(
            TextPage.render(replayer.engine.snapshot(at: now), width: page.columns, origin: .recording))
    }

    /// What is to be played; nil where it was played and printed while it was read.
    private func material(_ input: ReplayInput, _ rules: SignalRules) throws -> ReplayMaterial? {
        let source: ByteSource
        switch input {
        case .bundle(let folder):
            try print(try Bundle.folder(folder, rules: rules), rules)
            return nil
        case .archive(let file):
            try print(try Bundle.archive(file, rules: rules), rules)
            return nil
        case .capture, .journal, .export, .observations: return try ReplaySource.material(input)
        case .text(let file): source = try ByteSource(file)
        case .standardInput: source = try ByteSource(nil)
        }
        if let packages = try PackageLogs(source) {
            if isJSON { Output.write(packages.json) } else { page.write(packages.text(width: page.columns)) }
            return nil
        }
        let form = try ReplayInput.form(source)
        let unit = TextFiles.unit(path)
        guard form == .text, at == nil, speed == nil else {
            return try ReplaySource.material(form, source, unit: unit)
        }
        let stream = try TextStream.replay(source, file: unit, rules: rules)
        guard let last = stream.replayer.last else { throw ReplayError.empty(path: path) }
        print(stream.replayer, at: last, stream.survey)
        return nil
    }

    private func print(_ bundle: Bundle, _ rules: SignalRules) throws {
        guard at == nil, speed == nil else {
            throw CommandProblem("--at and --speed are for one node; give one of the bundle's logs")
        }
        let replay = try BundleReplay(bundle, path, rules: rules)
        if isJSON { Output.write(replay.json) } else { page.write(replay.text(width: page.columns)) }
    }

    private func print(_ replayer: Replayer, at now: Moment, _ survey: TextSurvey?) {
        if isJSON {
            Output.write(IncidentArray.json(replayer.incidents, now: now.wall))
        } else {
            page.write(ReplayText.render(replayer, at: now, width: page.columns, survey: survey))
        }
    }

    private func rules() throws -> SignalRules {
        let shipped = try SignalRules.shipped()
        return try rulesDirectory.map { try SignalRules.load(directory: $0, over: shipped) } ?? shipped
    }

    /// When `--at` is: what it leaves open is meant as of the recording's end, not as of today.
    private func moment(_ observations: [Observation]) throws -> WallTime? {
        guard let at else { return nil }
        guard let first = observations.map(\.at.wall).min(), let last = observations.map(\.at.wall).max(),
            let moment = at.moment(now: last)
        else { throw CommandProblem("--at: there is no such day") }
        guard moment >= first, moment <= last else {
            throw CommandProblem("--at \(moment): the recording begins at \(first) and ends at \(last)")
        }
        return moment
    }

    private func replay(_ observations: [Observation], _ rules: SignalRules, _ limit: WallTime?) -> Replayer {
        var progress = Progress("replaying")
        defer { progress.end() }
        return Replayer.replay(observations, rules: rules, until: limit) {
            progress.update($0, of: observations.count)
        }
    }

    /// Prints each change when its time comes.
    private func tell(_ observations: [Observation], _ rules: SignalRules, speed: Double) -> Replayer {
        let isColoured = Terminal.takesColour(STDOUT_FILENO)
        var replayer = Replayer(rules: rules)
        var (told, previous) = (0, observations.first?.at.wall)
        for observation in observations {
            if let previous, observation.at.wall > previous {
                Pause.wait((observation.at.wall - previous) / speed)
            }
            previous = max(previous ?? observation.at.wall, observation.at.wall)
            replayer.receive(observation)
            for transition in replayer.transitions[told...] {
                let line = ReplayText.line(transition, width: page.columns)
                Output.write(Paint.marked(line, ReplayText.tag(transition), isOn: isColoured))
            }
            told = replayer.transitions.count
        }
        Output.write("\n")
        return replayer
    }
}
