// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Dispatch
import Glibc
import HealthModel
import Logging
import Node

/// `crihealthd record`: what the daemon would learn of this node, into a file that `replay` takes.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record this node to a file, to be diagnosed elsewhere.",
        usage: "crihealthd record [--for <time>] [--since <time>] [<option> ...] <file>",
        discussion: """
            Run it as root: what cannot be read is told, and exits with 1.

            Example: crihealthd record --for 1m outage.jsonl; crihealthd replay outage.jsonl
            """)

    @Argument(help: "The new file, for its owner alone.", completion: .file())
    var file: String

    @Option(
        name: .customLong("for"), help: ArgumentHelp("How long; Ctrl-C ends it, too.", valueName: "time"),
        transform: { try Self.span($0) })
    var duration: Duration = .seconds(30)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Where in this boot's journal to begin; else a day ago.", valueName: "time"),
        transform: { try TimeArgument($0) })
    var since: TimeArgument?

    @Flag(
        inversion: .prefixedNo,
        help: "Mask passwords, tokens and keys.")
    var redact = true

    @Flag(help: "Put made-up IP addresses in the place of others.")
    var redactAddresses = false

    @OptionGroup var options: ConfigurationOptions

    private static func span(_ text: String) throws -> Duration {
        guard let span = TimeSpan.parse(text), (Duration.seconds(1)...Duration.seconds(86_400)).contains(span)
        else {
            throw ValidationError("write 30s, 5min or 1h; at most a day")
        }
        return span
    }

    func run() throws {
        var configuration = try options.resolve()
        if options.logLevel == nil { configuration.logLevel = .error }
        configuration.listen = nil
        configuration.socket = nil
        configuration.prober = configuration.prober.settled(
            exists: { access($0, F_OK) == 0 }, isRoot: geteuid() == 0)
        if let since {
            let now = Moment.now().wall
            guard let from = since.moment(now: now), from < now else {
                throw CommandProblem("--since: there is no such day in the past")
            }
            configuration.journal.backlogAge = now - from
        }
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        configuration.stateDirectory = scratch.path
        let recorder = try RecordingWriter(
            path: file, isRedacted: redact, masksAddresses: redactAddresses)
        let threshold = LogThreshold(configuration.logLevel)
        let logger = Logger(label: "crihealthd") { _ in StderrLogHandler(threshold: threshold) }
        let daemon = try Daemon(
            configuration: configuration, surroundings: .init(recorder: recorder), logger: logger,
            threshold: threshold)
        let orders = Orders()
        let sources = orders.listen()
        daemon.start()
        wait(recorder, orders)
        withExtendedLifetime(sources) {}
        daemon.stop()
        tell(try recorder.close())
        let missing = recorder.missing
        guard missing.isEmpty else {
            let rights = geteuid() == 0 ? "" : " Run it as root."
            throw CommandProblem("the recording lacks \(missing.joined(separator: ", and ")).\(rights)")
        }
    }

    /// Until the time is over, a signal comes, or the recorder is full.
    private func wait(_ recorder: RecordingWriter, _ orders: Orders) {
        let end = Moment.now().monotonic + duration
        recorder.whenFull { orders.give(.stop) }
        let clock = DispatchQueue(label: "crihealthd.record")
        clock.async {
            var progress = Progress("recording")
            while Moment.now().monotonic < end, !recorder.isClosed {
                progress.say {
                    "\((end - Moment.now().monotonic).brief) left, \(recorder.count) observations; Ctrl-C ends"
                }
                Pause.wait(.milliseconds(100))
            }
            progress.end()
            orders.give(.stop)
        }
        while orders.next() != .stop {}
        recorder.finish()
        clock.sync {}
    }

    private func tell(_ result: RecordingWriter.Result) {
        let replay: ShellCommand = "crihealthd replay \(file)"
        var text = "\(result.observations) observations, \(result.bytes / 1024) KiB: \(replay.text)"
        if result.isFull {
            text += "\nThe recording was ended at its largest size, \(RecordingWriter.limit >> 20) MiB."
        }
        Console.error(text)
    }
}
