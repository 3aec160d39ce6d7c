// SPDX-License-Identifier: Apache-2.0
import HealthEndpoint
import Logging

/// One key of the configuration file: its place and what its value may be.
struct ConfigurationKey: Sendable {
    /// Dotted path: `journal.directory`.
    var path: String
    /// Checks a value and takes it over.
    var set: @Sendable (inout Configuration, ConfigurationValue) throws(WrongValue) -> Void

    /// Every key there is.
    static let all: [ConfigurationKey] = general + journal + cri + probe

    private static let general: [ConfigurationKey] = [
        ConfigurationKey(path: "listen") { config, value throws(WrongValue) in
            config.listen = try value.optionalText().flatMap { text throws(WrongValue) -> ListenAddress? in
                let address = ListenAddress(text)
                guard case .tcp? = address else {
                    throw WrongValue(
                        "\"\(text)\" is not a numeric address with a port; write \"127.0.0.1:10274\"")
                }
                return address
            }
        },
        ConfigurationKey(path: "socket") { config, value throws(WrongValue) in
            config.socket = try value.optionalPath()
            guard (config.socket ?? "").utf8.count <= 107 else {
                throw WrongValue("the path of a unix socket has at most 107 bytes (unix(7))")
            }
        },
        ConfigurationKey(path: "host_names") { config, value throws(WrongValue) in
            config.hostNames = try value.list().map { item throws(WrongValue) in try item.hostName() }
        },
        ConfigurationKey(path: "state_directory") { config, value throws(WrongValue) in
            config.stateDirectory = try value.path()
        },
        ConfigurationKey(path: "rules_directory") { config, value throws(WrongValue) in
            config.rulesDirectory = try value.path()
        },
        ConfigurationKey(path: "textfile_directory") { config, value throws(WrongValue) in
            config.textfileDirectory = try value.optionalPath()
        },
        ConfigurationKey(path: "log_lines") { config, value throws(WrongValue) in
            config.logLines = try value.flag()
        },
        ConfigurationKey(path: "log_level") { config, value throws(WrongValue) in
            config.logLevel = try value.choice(of: Logger.Level.self)
        },
    ]

    private static let journal: [ConfigurationKey] = [
        ConfigurationKey(path: "journal.directory") { config, value throws(WrongValue) in
            config.journal.directory = try value.optionalPath()
        },
        ConfigurationKey(path: "journal.units") { config, value throws(WrongValue) in
            config.journal.units = try value.list().map { item throws(WrongValue) in try item.unit() }
        },
        ConfigurationKey(path: "journal.backlog_entries") { config, value throws(WrongValue) in
            config.journal.backlogEntries = try value.integer(in: 1...100_000_000)
        },
        ConfigurationKey(path: "journal.backlog_age") { config, value throws(WrongValue) in
            config.journal.backlogAge = try value.duration(in: .seconds(60) ... .seconds(30 * 86_400))
        },
    ]

    private static let cri: [ConfigurationKey] = [
        ConfigurationKey(path: "cri.endpoints") { config, value throws(WrongValue) in
            config.cri.endpoints = try value.list().map { item throws(WrongValue) in try item.endpoint() }
        },
        ConfigurationKey(path: "cri.crictl") { config, value throws(WrongValue) in
            let text = try value.text()
            guard !text.isEmpty, text.hasPrefix("/") || !text.contains("/") else {
                throw WrongValue("\"\(text)\" is neither a name nor an absolute path")
            }
            config.cri.crictl = text
        },
        duration("cri.connect_interval", .milliseconds(100) ... .seconds(60), \.cri.pace.native),
        duration("cri.version_interval", .seconds(1) ... .seconds(3600), \.cri.pace.calls),
        duration("cri.list_interval", .seconds(5) ... .seconds(3600), \.cri.pace.lists),
        duration("cri.suspect_interval", .seconds(1) ... .seconds(60), \.cri.pace.suspect),
        duration("cri.connect_deadline", .milliseconds(100) ... .seconds(30), \.cri.connectDeadline),
        duration("cri.crictl_timeout", .milliseconds(500) ... .seconds(60), \.cri.crictlTimeout),
        duration("cri.crictl_deadline", .seconds(1) ... .seconds(120), \.cri.crictlDeadline),
    ]

    private static let probe: [ConfigurationKey] = [
        ConfigurationKey(path: "probe.socket") { config, value throws(WrongValue) in
            guard let path = try value.optionalPath() else {
                config.prober = .inProcess
                return
            }
            guard path.utf8.count <= 107 else {
                throw WrongValue("the path of a unix socket has at most 107 bytes (unix(7))")
            }
            config.prober = .socket(path)
        }
    ]

    private static func duration(
        _ path: String, _ range: ClosedRange<Duration>,
        _ field: any WritableKeyPath<Configuration, Duration> & Sendable
    ) -> ConfigurationKey {
        ConfigurationKey(path: path) { config, value throws(WrongValue) in
            config[keyPath: field] = try value.duration(in: range)
        }
    }
}

/// Why a value was refused.
struct WrongValue: Error, Equatable, CustomStringConvertible {
    /// What is wrong and what was expected.
    var description: String

    /// Makes a refusal.
    init(_ description: String) { self.description = description }
}

extension ConfigurationKey {
    /// Keys that differ and that a reload cannot put into force.
    static func needingRestart(from old: Configuration, to new: Configuration) -> [String] {
        let differing: [(path: String, differs: Bool)] = [
            ("listen", old.listen != new.listen), ("socket", old.socket != new.socket),
            ("host_names", old.hostNames != new.hostNames), ("log_lines", old.logLines != new.logLines),
            ("state_directory", old.stateDirectory != new.stateDirectory),
            ("textfile_directory", old.textfileDirectory != new.textfileDirectory),
            ("journal", old.journal != new.journal),
            ("probe.socket", old.prober != new.prober),
            ("cri.endpoints", old.cri.endpoints != new.cri.endpoints),
        ]
        return differing.filter(\.differs).map(\.path)
    }
}
