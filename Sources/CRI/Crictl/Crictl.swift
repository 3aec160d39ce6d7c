// SPDX-License-Identifier: Apache-2.0
public import Glibc
public import HealthModel
import Synchronization

/// Runs crictl (cri-tools), one child at a time for each caller. It knows four calls and
/// one for a container's log, and no others.
///
/// Safe to share between threads. ``run(_:endpoint:)`` blocks its caller for at most the sum of the limits.
public final class Crictl: Sendable {
    /// What crictl can be asked: reading calls only.
    public enum Call: Hashable, Sendable, CaseIterable {
        /// `crictl version`: text; it has no `-o` (1.36: `flag provided but not defined: -o`).
        case version
        /// `crictl info`: CRI `Status`.
        case info
        /// `crictl pods`: CRI `ListPodSandbox`.
        case pods
        /// `crictl ps --all`: CRI `ListContainers`.
        case containers

        /// Its arguments after the global ones.
        var arguments: [String] {
            switch self {
            case .version: ["version"]
            case .info: ["info", "-o", "json"]
            case .pods: ["pods", "-o", "json"]
            case .containers: ["ps", "--all", "-o", "json"]
            }
        }
    }

    /// Bounds of a call.
    public struct Limits: Hashable, Sendable {
        /// crictl's own `--timeout`. It holds for each of its steps (connect and validate, then the call), so
        /// a call can take twice as long, and crictl's own 5 s limit for a server preface cuts it.
        public var timeout: Duration
        /// Bounds of the child. Its deadline should leave crictl time to say itself that it timed out.
        public var child: ChildLimits

        /// Makes bounds.
        public init(timeout: Duration = .seconds(2), child: ChildLimits = ChildLimits()) {
            self.timeout = timeout
            self.child = child
        }
    }

    /// Where crictl is looked for, in order: distributions, Flatcar, rke2, k3s.
    public static let searchDirectories = [
        "/usr/local/bin", "/usr/bin", "/usr/local/sbin", "/usr/sbin", "/opt/bin", "/var/lib/rancher/rke2/bin",
        "/var/lib/rancher/k3s/data/current/bin",
    ]

    /// All that crictl's environment holds.
    public static let environment = [
        "HOME": "/", "LC_ALL": "C", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]

    /// Bounds of every call.
    public let limits: Limits

    private let candidates: [String]
    private let isRoots: Bool
    private let environment: [String]
    private let abandoned = Mutex<[pid_t]>([])

    /// More children than this, stuck in the kernel, and no further one is started.
    private static let mostAbandoned = 4

    /// Makes a runner. `path`, when given, is the only place where crictl is looked for; a name without a slash is looked for
    /// on `PATH`, and in the directories. As root it runs only a file that is root's (``TrustedPath``).
    public init(
        path: String? = nil, searchDirectories: [String] = Crictl.searchDirectories,
        limits: Limits = Limits(), environment: [String: String] = Crictl.environment,
        isRoot: Bool = geteuid() == 0
    ) {
        candidates = Self.candidates(path, searchDirectories)
        isRoots = isRoot
        self.limits = limits
        self.environment = environment.map { "\($0.key)=\($0.value)" }.sorted()
    }

    private static func candidates(_ path: String?, _ directories: [String]) -> [String] {
        guard let path else { return directories.map { $0 + "/crictl" } }
        guard !path.contains("/") else { return [path] }
        let search = getenv("PATH").map { String(cString: $0) } ?? ""
        return (search.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") } + directories).map
        { $0 + "/" + path }
    }

    /// Where crictl is now; looked up at each call, so an installation later is noticed.
    /// Throws `crictlMissing` (ENOENT everywhere) or `crictlUnusable` with errno (found, not executable), or with what to
    /// type (found, and not root's).
    public func locate() throws(ProbeBreakage) -> String { try executable().path }

    private func executable() throws(ProbeBreakage) -> Executable {
        var refused: ProbeBreakage?
        for candidate in candidates {
            do throws(Errno) {
                try System.checkExecutable(candidate)
            } catch {
                if error.code != ENOENT, error.code != ENOTDIR {
                    refused = refused ?? Self.unusable(candidate, error)
                }
                continue
            }
            guard isRoots else { return Executable(anybodys: candidate) }
            do throws(TrustedPath.Refusal) {
                if let found = try Executable(roots: candidate) { return found }
            } catch {
                let remedy = error.remedy
                refused =
                    refused
                    ?? ProbeBreakage(
                        reason: .crictlUnusable, errno: EPERM,
                        text: Text.excerpt("root does not run \(candidate): \(error.text)"), remedy: remedy)
            }
        }
        if let refused { throw refused }
        throw ProbeBreakage(
            reason: .crictlMissing, errno: ENOENT,
            text: Text.excerpt("no crictl at \(candidates.joined(separator: ", "))"))
    }

    private static func unusable(_ path: String, _ error: Errno) -> ProbeBreakage {
        ProbeBreakage(
            reason: .crictlUnusable, errno: error.code, text: Text.excerpt("\(path): \(error.text)"))
    }

    /// Runs one call to its end. Throws when no child could be started.
    public func run(_ call: Call, endpoint: Endpoint) throws(ProbeBreakage) -> Execution {
        try run(arguments(of: call, endpoint: endpoint))
    }

    /// `crictl logs --tail`: the end of a container's log. Nil for an id that is none.
    public func log(of container: String, endpoint: Endpoint, lines: Int = ContainerLog.lineLimit)
        throws(ProbeBreakage) -> Execution?
    {
        guard (1...64).contains(container.utf8.count), container.utf8.allSatisfy(Self.isHex) else {
            return nil
        }
        return try run(globalArguments(endpoint) + ["logs", "--tail", "\(lines)", container])
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    func run(_ arguments: [String]) throws(ProbeBreakage) -> Execution {
        try reapAbandoned()
        let executable = try executable()
        let arguments = ["crictl"] + arguments
        let child: Child
        do {
            child = try Child(
                executable, arguments: arguments, environment: environment, limits: limits.child)
        } catch {
            throw Self.unusable(executable.path, error)
        }
        let pid = child.pid
        let execution = child.finish()
        if execution.ending == .abandoned { abandoned.withLock { $0.append(pid) } }
        return execution
    }

    /// The arguments of a call, as a person would type them after `crictl`.
    public func arguments(of call: Call, endpoint: Endpoint) -> [String] {
        globalArguments(endpoint) + call.arguments
    }

    private func globalArguments(_ endpoint: Endpoint) -> [String] {
        ["--runtime-endpoint", endpoint.address, "--timeout", "\(limits.timeout.milliseconds)ms"]
    }

    private func reapAbandoned() throws(ProbeBreakage) {
        let left = abandoned.withLock { pids in
            pids.removeAll { System.reap($0) != nil || System.hasEnded($0) == nil }
            return pids.count
        }
        guard left < Self.mostAbandoned else {
            throw ProbeBreakage(
                reason: .crictlUnusable, errno: EAGAIN,
                text: "\(left) earlier crictl processes were killed and are still stuck in the kernel")
        }
    }
}

/// Thrown by ``Crictl``; the ladder reports it as an outcome.
extension ProbeBreakage: Error {}
