// SPDX-License-Identifier: Apache-2.0
import HealthEndpoint
import Logging

/// How the daemon runs: built-in defaults, overlaid by the configuration file, overlaid by flags.
struct Configuration: Equatable, Sendable {
    /// The journal part, `[journal]`.
    struct Journal: Equatable, Sendable {
        /// Read this directory instead of the node's own journal; nil: the node's.
        var directory: String?
        /// Units that are watched beside the built-in ones.
        var units: [String] = []
        /// Most entries that are read of a backlog; what is older is declared as a blind window.
        var backlogEntries = 200_000
        /// Oldest age of a backlog that is read.
        var backlogAge: Duration = .seconds(24 * 3600)
    }

    /// The CRI part, `[cri]`.
    struct CRI: Equatable, Sendable {
        /// Socket paths; empty: they are discovered.
        var endpoints: [String] = []
        /// Name (looked up on PATH) or absolute path of crictl.
        var crictl = "crictl"
        /// Pace of the probe ladder.
        var pace = ProbePace()
        /// How long a full backlog is tried, and how long a server may take to greet.
        var connectDeadline: Duration = .milliseconds(500)
        /// crictl's own `--timeout`, which it applies to each of its steps.
        var crictlTimeout: Duration = .seconds(2)
        /// For one crictl call as a whole; then it is killed.
        var crictlDeadline: Duration = .seconds(5)
    }

    /// Who asks the node what only root can see, `[probe]`.
    enum Prober: Equatable, Sendable {
        /// The prober behind this socket; see ``settled(exists:isRoot:)``.
        case socket(String)
        /// This process.
        case inProcess

        /// Who it is at a start: root without a prober at its usual place asks for itself, because it can. Any other
        /// place is one that a person named, and any other user has to wait for the prober.
        func settled(exists: (String) -> Bool, isRoot: Bool) -> Self {
            self == .socket(defaultProberSocket) && isRoot && !exists(defaultProberSocket) ? .inProcess : self
        }
    }

    /// Where the prober listens by default.
    static let defaultProberSocket = "/run/crihealthd-probe/probe.sock"

    /// Where the configuration is looked for when no flag names it.
    static let defaultPath = "/etc/crihealthd/config.toml"

    /// TCP address of the endpoint; nil: only the unix socket.
    var listen: ListenAddress? = .loopback
    /// Path of the unix socket; nil: only TCP.
    var socket: String? = "/run/crihealthd/http.sock"
    /// Names beside the node's own that a `Host` header may carry on TCP.
    var hostNames: [String] = []
    /// Holds the checkpoint.
    var stateDirectory = "/var/lib/crihealthd"
    /// Holds the node's own rules.
    var rulesDirectory = "/etc/crihealthd/rules.d"
    /// Where the metrics are written for node_exporter's textfile collector; nil: nowhere.
    var textfileDirectory: String?
    /// Whether whoever asks on TCP sees the log lines that prove an incident, or sentences alone.
    var logLines = true
    /// Least severe level that is logged.
    var logLevel: Logger.Level = .info
    /// `[journal]`.
    var journal = Journal()
    /// `[cri]`.
    var cri = CRI()
    /// `[probe]`.
    var prober = Prober.socket(defaultProberSocket)
}
