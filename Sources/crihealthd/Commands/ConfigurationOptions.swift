import ArgumentParser
import HealthEndpoint
import Logging

/// The file and the flags over it.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Configuration file; without it \(Configuration.defaultPath) if that exists.", valueName: "path"))
    var config: String?

    @Option(help: ArgumentHelp("TCP address of the endpoint; \"\" for none.", valueName: "address:port"))
    var listen: String?

    @Option(help: ArgumentHelp("Unix socket of the endpoint; \"\" for none.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Holds the checkpoint.", valueName: "path"))
    var stateDirectory: String?

    @Option(
        help: ArgumentHelp(
            "Read the journal files of this directory, not the node's journal.", valueName: "path"))
    var journalDirectory: String?

    @Option(
        help: ArgumentHelp(
            "CRI endpoint to watch; can be repeated. Found by itself when not given.",
            valueName: "unix://path"))
    var runtimeEndpoint: [String] = []

    @Option(help: ArgumentHelp("Name or path of crictl.", valueName: "path"))
    var crictl: String?

    @Option(
        help: ArgumentHelp(
            "Unix socket of the prober, who asks what only root can see; \"\" for none.", valueName: "path"))
    var probeSocket: String?

    @Option(help: ArgumentHelp("Rules of this node.", valueName: "path"))
    var rulesDirectory: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    /// Defaults, file, flags. Read again at each reload.
    func resolve() throws(ConfigurationError) -> Configuration {
        try Self.resolve(
            file: config,
            [
                ("--listen", "listen", listen.map { .string($0) }),
                ("--socket", "socket", socket.map { .string($0) }),
                ("--state-directory", "state_directory", stateDirectory.map { .string($0) }),
                ("--journal-directory", "journal.directory", journalDirectory.map { .string($0) }),
                (
                    "--runtime-endpoint", "cri.endpoints",
                    runtimeEndpoint.isEmpty ? nil : .array(runtimeEndpoint.map { .string($0) })
                ),
                ("--crictl", "cri.crictl", crictl.map { .string($0) }),
                ("--probe-socket", "probe.socket", probeSocket.map { .string($0) }),
                ("--rules-directory", "rules_directory", rulesDirectory.map { .string($0) }),
                ("--log-level", "log_level", logLevel.map { .string($0) }),
            ])
    }

    /// Defaults, the file (the default one when none is named), and flags over them.
    static func resolve(
        file: String?, _ flags: [(name: String, key: String, value: ConfigurationValue?)]
    ) throws(ConfigurationError) -> Configuration {
        let path = file ?? Configuration.defaultPath
        var result = try ConfigurationReader.load(path: path, required: file != nil)
        for flag in flags {
            guard let value = flag.value, let key = ConfigurationKey.all.first(where: { $0.path == flag.key })
            else { continue }
            do throws(WrongValue) {
                try key.set(&result, value)
            } catch {
                throw ConfigurationError(
                    file: flag.name, problems: [.init(position: nil, text: error.description)])
            }
        }
        return result
    }
}
