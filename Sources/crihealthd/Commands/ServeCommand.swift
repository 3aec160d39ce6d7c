import ArgumentParser
import Dispatch
import Glibc
import Logging
import Systemd

/// `crihealthd serve`: the daemon.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Watch this node, and serve what is wrong with it.",
        discussion: """
            SIGHUP reads configuration and rules again. SIGTERM ends the daemon; what is open is remembered. A \
            configuration that is wrong at the start ends it with 78; `crihealthd check-config` tells before.

            What only root can see is asked of the prober (`crihealthd probe`) on its socket; root without a prober, and \
            anybody with --single-process, asks for itself. Sockets that systemd passes under the names http and \
            http-unix are served in place of --listen and --socket.

            With --recording a recorded outage is served in place of this node, and says so.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: ArgumentHelp("Serve this recording, not the node.", valueName: "path"))
    var recording: String?

    @Option(help: ArgumentHelp("How many times faster than it happened.", valueName: "factor"))
    var recordingSpeed = 1.0

    @Flag(
        help: ArgumentHelp(
            "Ask in this process, without a prober.",
            discussion: "That is also done by root where no prober listens at the default place."))
    var singleProcess = false

    /// The time that everything has to end in.
    static let stopLimit: Duration = .milliseconds(900)

    /// A speed that time can pass at.
    func validate() throws {
        guard recordingSpeed.isFinite, (0.01...10_000).contains(recordingSpeed) else {
            throw ValidationError("--recording-speed: 0.01 to 10000")
        }
    }

    /// Runs until SIGTERM.
    func run() throws {
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
            while orders.next() != .stop {}
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

    private func resolve() throws(ConfigurationError) -> Configuration {
        var configuration = try options.resolve()
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
