// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CRI
import Glibc
import HealthEndpoint
import Logging

/// The configuration file, and the flags over it that say what is looked at: of `serve`, `check` and `record`.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Configuration file.", valueName: "path"))
    var config: String?

    @OptionGroup var runtime: RuntimeOptions

    @Option(
        help: ArgumentHelp("Journal files to read, not the node's.", valueName: "d"))
    var journalDirectory: String?

    @Option(help: ArgumentHelp("Rules of this node (*.toml).", valueName: "dir"))
    var rulesDirectory: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error, critical.", valueName: "level"))
    var logLevel: String?

    /// Defaults, file, flags.
    func resolve() throws(ConfigurationError) -> Configuration { try Self.resolve(file: config, flags) }

    /// What was given on the command line: the flag, the key that it overrides, the value.
    var flags: [(name: String, key: String, value: ConfigurationValue?)] {
        [
            ("--journal-directory", "journal.directory", journalDirectory.map { .string($0) })
        ] + runtime.flags + [
            ("--rules-directory", "rules_directory", rulesDirectory.map { .string($0) }),
            ("--log-level", "log_level", logLevel.map { .string($0) }),
        ]
    }

    /// Defaults, the file (the default one when none is named), and flags over them. Root believes only a file that is
    /// root's.
    static func resolve(
        file: String?, _ flags: [(name: String, key: String, value: ConfigurationValue?)]
    ) throws(ConfigurationError) -> Configuration {
        let path = file ?? Configuration.defaultPath
        if geteuid() == 0, let refusal = TrustedPath.refusal(of: path) {
            throw ConfigurationError(
                file: path, problems: [.init(position: nil, text: "root does not believe it: \(refusal)")])
        }
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

/// The flags that name the runtimes and the client that asks them: also the prober's.
struct RuntimeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("CRI socket to watch, can be repeated; else found.", valueName: "s"))
    var runtimeEndpoint: [String] = []

    @Option(help: ArgumentHelp("Name or path of crictl.", valueName: "path"))
    var crictl: String?

    /// As ``ConfigurationOptions/flags``.
    var flags: [(name: String, key: String, value: ConfigurationValue?)] {
        [
            (
                "--runtime-endpoint", "cri.endpoints",
                runtimeEndpoint.isEmpty ? nil : .array(runtimeEndpoint.map { .string($0) })
            ),
            ("--crictl", "cri.crictl", crictl.map { .string($0) }),
        ]
    }
}

/// The flags that only a daemon has.
struct DaemonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("TCP address of the endpoint; \"\" for none.", valueName: "addr:port"))
    var listen: String?

    @Option(help: ArgumentHelp("Unix socket of the endpoint; \"\" for none.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Holds the checkpoint.", valueName: "d"))
    var stateDirectory: String?

    @Option(help: ArgumentHelp("Write metrics there for node_exporter.", valueName: "dir"))
    var textfileDir: String?

    @Option(help: ArgumentHelp("Socket of the prober; \"\" for none.", valueName: "path"))
    var probeSocket: String?

    /// As ``ConfigurationOptions/flags``.
    var flags: [(name: String, key: String, value: ConfigurationValue?)] {
        [
            ("--listen", "listen", listen.map { .string($0) }),
            ("--socket", "socket", socket.map { .string($0) }),
            ("--state-directory", "state_directory", stateDirectory.map { .string($0) }),
            ("--textfile-dir", "textfile_directory", textfileDir.map { .string($0) }),
            ("--probe-socket", "probe.socket", probeSocket.map { .string($0) }),
        ]
    }
}
