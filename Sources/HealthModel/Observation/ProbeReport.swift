// SPDX-License-Identifier: Apache-2.0

/// The answer of one rung of the probe ladder on one endpoint.
public struct ProbeReport: Hashable, Codable, Sendable {
    /// The rungs, lowest first. The first that fails is the finding.
    public enum Rung: String, Codable, Hashable, Sendable, CaseIterable, Comparable {
        /// The socket file exists.
        case socket
        /// connect(2) succeeds.
        case connect
        /// `crictl version`.
        case version
        /// `crictl info` (CRI `Status`).
        case status
        /// `crictl pods`.
        case pods
        /// `crictl ps --all`.
        case containers

        /// Lower rungs come first.
        public static func < (a: Self, b: Self) -> Bool { a.order < b.order }

        private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// What a rung found.
    public enum Outcome: Hashable, Codable, Sendable {
        /// The socket exists, or connect(2) succeeded.
        case reached
        /// `crictl version` answered.
        case version(RuntimeVersion)
        /// `crictl info` answered.
        case status(RuntimeStatus)
        /// `crictl pods` answered.
        case pods([PodSandbox])
        /// `crictl ps --all` answered.
        case containers([Container])
        /// The runtime (or nobody) answered with a failure.
        case failed(ProbeFailure)
        /// The probe itself could not run: this says nothing about the runtime.
        case broken(ProbeBreakage)
    }

    /// Which endpoint was asked.
    public var endpoint: Endpoint
    /// Which rung this is.
    public var rung: Rung
    /// What it found.
    public var outcome: Outcome
    /// Wall time of the call.
    @Milliseconds public var latency: Duration
    /// CPU time of the child (user and system); zero for native rungs.
    @Milliseconds public var childCPU: Duration

    /// Makes a report.
    public init(
        endpoint: Endpoint, rung: Rung, outcome: Outcome, latency: Duration, childCPU: Duration = .zero
    ) {
        self.endpoint = endpoint
        self.rung = rung
        self.outcome = outcome
        self.latency = latency
        self.childCPU = childCPU
    }

    /// Whether the rung was answered well.
    public var succeeded: Bool {
        switch outcome {
        case .failed, .broken: false
        case .reached, .version, .status, .pods, .containers: true
        }
    }
}

/// Why the runtime's side of a probe failed: by errno and gRPC code, never by one sentence.
public struct ProbeFailure: Hashable, Codable, Sendable {
    /// The classes that diagnoses tell apart.
    public enum Reason: String, Codable, Hashable, Sendable {
        /// ENOENT: no socket file.
        case socketMissing
        /// The path is there and is not a socket (ENOTSOCK).
        case notASocket
        /// ECONNREFUSED: a socket file that nobody listens on.
        case refused
        /// Connected (or the backlog is full), and no answer within the deadline.
        case timedOut
        /// Connected, and what answered does not speak gRPC (an HTTP server, EOF instead of a preface).
        case notGRPC
        /// ECONNRESET, EPIPE: the peer went away during the call.
        case reset
        /// gRPC Unimplemented: the service `runtime.v1.RuntimeService` (or a method) is not there.
        case unimplemented
        /// The daemon is up and its CRI service is not yet ("server is not initialized yet").
        case starting
        /// Any other gRPC error.
        case rpc
        /// crictl succeeded and printed something that is not its JSON.
        case unreadable
    }

    /// The class.
    public var reason: Reason
    /// errno, where one was seen.
    public var errno: Int32?
    /// gRPC status name (`Unavailable`, `DeadlineExceeded`, …), where one was seen.
    public var grpcCode: String?
    /// What was printed, cut to 512 bytes, control characters removed.
    public var text: String

    /// Makes a failure.
    public init(reason: Reason, errno: Int32? = nil, grpcCode: String? = nil, text: String) {
        self.reason = reason
        self.errno = errno
        self.grpcCode = grpcCode
        self.text = text
    }
}

/// Why a probe could not run at all.
public struct ProbeBreakage: Hashable, Codable, Sendable {
    /// The classes.
    public enum Reason: String, Codable, Hashable, Sendable {
        /// No crictl on PATH nor at the configured place.
        case crictlMissing
        /// crictl could not be started (ENOEXEC, EACCES, ENOMEM, …).
        case crictlUnusable
        /// crictl refused its arguments (too old, too new, not crictl).
        case crictlUsage
        /// EACCES or EPERM on the socket: the daemon lacks the right.
        case permissionDenied
        /// crictl was killed by a signal that was not ours, or a deadline hit before it could connect at all.
        case crictlKilled
        /// More output than the cap.
        case outputTooLarge
        /// The prober, who alone may ask, does not answer or refuses.
        case proberUnreachable
    }

    /// What mends it.
    public enum Remedy: Hashable, Codable, Sendable {
        /// It is another user's.
        case giveToRoot(path: String)
        /// Others may write it.
        case closeToOthers(path: String)

        /// What to type.
        public var command: ShellCommand {
            switch self {
            case .giveToRoot(let path): "chown root:root \(path)"
            case .closeToOthers(let path): "chmod go-w \(path)"
            }
        }
    }

    /// The class.
    public var reason: Reason
    /// errno, where one was seen.
    public var errno: Int32?
    /// Detail, cut to 512 bytes, control characters removed.
    public var text: String
    /// The command that mends it, where one does.
    public var remedy: Remedy?

    /// Makes a breakage.
    public init(reason: Reason, errno: Int32? = nil, text: String, remedy: Remedy? = nil) {
        self.reason = reason
        self.errno = errno
        self.text = text
        self.remedy = remedy
    }
}
