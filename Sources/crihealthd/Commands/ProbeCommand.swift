// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CLinux
import Glibc
import Logging
import Systemd

/// `crihealthd probe`: the prober.
struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Answer the daemon's questions that need root.",
        usage: "crihealthd probe [<option> ...]",
        discussion: """
            Runs as root beside an unprivileged `crihealthd serve`, and answers a closed list of questions on a private \
            unix socket: the one that systemd passes (crihealthd-probe.socket), else --socket. SIGHUP reads the \
            configuration again.

            Example: crihealthd probe --socket /run/crihealthd-probe/probe.sock
            """,
        // Units start it, nobody types it: the list of commands is to fit a console.
        shouldDisplay: false)

    @Option(help: ArgumentHelp("Configuration file; it is the daemon's.", valueName: "path"))
    var config: String?

    @Option(help: ArgumentHelp("Listen here when systemd passes no socket.", valueName: "path"))
    var socket = Configuration.defaultProberSocket

    @Option(help: ArgumentHelp("Answer this user as well as root.", valueName: "name"))
    var allowUser = "crihealthd"

    @OptionGroup var runtime: RuntimeOptions

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error, critical.", valueName: "level"))
    var logLevel: String?

    /// How long a configuration that is wrong is looked at before the process ends. systemd starts it again for the next
    /// question, so that it comes back by itself when the file is right; and a socket unit whose service ends 20 times in 2 s
    /// would be given up (systemd.socket(5), TriggerLimitBurst=).
    private static let refusalPause: Duration = .seconds(1)

    /// Runs until SIGTERM.
    func run() throws {
        clinux_memory_frugal()
        let passed = PassedSocket.take()
        let configuration: Configuration
        do {
            configuration = try RefusedConfiguration.exits { try resolve() }
        } catch {
            Pause.wait(Self.refusalPause)
            throw error
        }
        let threshold = LogThreshold(configuration.logLevel)
        let logger = Logger(label: "crihealthd.probe") { _ in StderrLogHandler(threshold: threshold) }
        let orders = Orders()
        let sources = orders.listen()
        let listener = try listener(among: passed)
        let desk = ProberDesk(
            asker: LocalAsker(configuration), units: configuration.journal.units, logger: logger)
        let manager = ServiceManager()
        let allowed = AllowedUsers(name: allowUser)
        let service = try ProberService(
            listener: listener.descriptor, name: listener.name, allows: { allowed.contains($0) },
            desk: desk, turn: (manager.watchdogInterval.map { $0 / 2 }, { try? manager.watchdog() }),
            logger: logger)
        service.start()
        logger.notice(
            "answering", metadata: ["version": "\(Release.version)", "socket": "\(listener.name)"])
        try? manager.ready(status: "Answering on \(listener.name)")
        while orders.next() == .reload {
            try? manager.reloading()
            reload(desk, threshold, logger)
            try? manager.ready()
        }
        withExtendedLifetime(sources) {}
        try? manager.stopping()
        if listener.isOwn { unlink(listener.name) }
        _exit(0)
    }

    private func resolve() throws(ConfigurationError) -> Configuration {
        try ConfigurationOptions.resolve(
            file: config, runtime.flags + [("--log-level", "log_level", logLevel.map { .string($0) })])
    }

    /// The socket that systemd passed: the one that is called `probe`, else the only one. Without any, one of our own.
    private func listener(
        among passed: [PassedSocket]
    ) throws(ProberError) -> (descriptor: Int32, name: String, isOwn: Bool) {
        let named = passed.first { $0.name == "probe" } ?? (passed.count == 1 ? passed.first : nil)
        guard let named else {
            let owner = AllowedUsers.uid(of: allowUser)
            return (try UnixListener.listen(socket, owner: owner), socket, true)
        }
        guard case .unix(let path) = named.address else {
            throw ProberError("listen", named.name, reason: "the passed socket is not a unix socket")
        }
        return (named.descriptor, path, false)
    }

    private func reload(_ desk: ProberDesk, _ threshold: LogThreshold, _ logger: Logger) {
        do throws(ConfigurationError) {
            let configuration = try resolve()
            threshold.level = configuration.logLevel
            desk.apply(asker: LocalAsker(configuration), units: configuration.journal.units)
            logger.notice("the configuration was read again")
        } catch {
            logger.error("the new configuration was refused; the old one stays", error: error)
        }
    }
}
