// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CLinux
import Dispatch
import Glibc
import Logging
import Systemd

/// `crihealthd serve`: the daemon.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Watch this node, and serve what is wrong with it.",
        usage: "crihealthd serve [<option> ...]",
        discussion: """
            A wrong configuration ends it with 78; `crihealthd check-config` tells before.
            Example: crihealthd serve --recording outage.jsonl --recording-speed 10
            """)

    @OptionGroup var options: ConfigurationOptions

    @OptionGroup var daemon: DaemonOptions

    @Option(help: ArgumentHelp("Serve this recording, not the node.", valueName: "path"))
    var recording: String?

    @Option(help: ArgumentHelp("How many times faster than it happened.", valueName: "n"))
    var recordingSpeed = 1.0

    @Flag(help: "Ask in this process, without a prober.")
    var singleProcess = false

    /// The time that everything has to end in.
    static let stopLimit: Duration = .milliseconds(900)

    /// A speed that time can pass at, and nothing that outlives a recording.
    func validate() throws {
        guard recordingSpeed.isFinite, (0.01...10_000).contains(recordingSpeed) else {
            throw ValidationError("--recording-speed: 0.01 to 10000")
        }
        guard recording == nil || daemon.textfileDir == nil else {
            throw ValidationError(
                "--textfile-dir is for this node, and --recording is of another: node_exporter would serve its"
                    + " outage, and go on when this has ended. Scrape --listen in place of it")
        }
    }

    /// Runs until SIGTERM.
    func run() throws {
        clinux_memory_frugal()
        let passed = PassedSocket.take()
        let configuration = try RefusedConfiguration.exits(answering: passed) { try resolve() }
        let threshold = LogThreshold(configuration.logLevel)
        let logger = Logger(label: "crihealthd") { _ in StderrLogHandler(threshold: threshold) }
        let orders = Orders()
        let sources = orders.listen()
        if let recording {
            let stage = try RecordedNode(
                path: recording, speed: recordingSpeed, configuration: configuration, logger: logger)
            stage.start()
            // Signals are heard for as long as their sources live, and the optimizer ends what nobody uses any more.
            withExtendedLifetime(sources) { while orders.next() != .stop {} }
            Self.end { stage.stop() }
        }
        let status = ServiceStatus()
        let daemon = try RefusedConfiguration.exits(answering: passed) {
            try Daemon(
                configuration: configuration,
                surroundings: .init(
                    serviceManager: status, passed: passed,
                    transitions: TransitionJournal(
                        logger: logger, isOnlyRecord: JournalStream.isConnected())),
                logger: logger, threshold: threshold)
        }
        logger.notice("starting", metadata: ["version": "\(Release.version)"])
        daemon.start()
        while orders.next() == .reload {
            status.reloading()
            reload(daemon, logger)
            status.reloaded()
        }
        logger.notice("stopping")
        withExtendedLifetime(sources) {}
        Self.end { daemon.stop() }
    }

    /// Defaults, file, flags, and who asks the node. Read again at each reload.
    func resolve() throws(ConfigurationError) -> Configuration {
        var configuration = try ConfigurationOptions.resolve(
            file: options.config, options.flags + daemon.flags)
        configuration.prober =
            singleProcess
            ? .inProcess
            : configuration.prober.settled(exists: { access($0, F_OK) == 0 }, isRoot: geteuid() == 0)
        return configuration
    }

    private func reload(_ daemon: Daemon, _ logger: Logger) {
        do {
            try daemon.reload(try resolve())
        } catch {
            logger.error(
                "the new configuration was refused; the old one stays", metadata: ["reason": "\(error)"])
        }
    }

    /// Ends the process, with `work` done or cut off when it takes too long: a disk that hangs must not keep
    /// it.
    private static func end(_ work: () -> Void) -> Never {
        DispatchQueue.global().asyncAfter(deadline: .now() + stopLimit.dispatch) { @Sendable in _exit(0) }
        work()
        _exit(0)
    }
}
