// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// Tells systemd how this service is (sd_notify(3), the protocol itself: a datagram to `$NOTIFY_SOCKET`).
///
/// Without a library call, because sd_notify(3) reads the environment on each call and has no abstract way to
/// be tested. The socket is opened for each message: they are few, and systemd may be re-executed in between.
///
/// A value; any thread may use it.
public struct ServiceManager: Sendable {
    private let socketPath: String?

    /// How often ``watchdog()`` must be called at least, or the service manager restarts this service; nil
    /// when it does not ask for it. systemd recommends half of that (sd_watchdog_enabled(3)).
    public let watchdogInterval: Duration?

    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` of this process.
    public init() {
        self.init(environment: { name in getenv(name).map { String(cString: $0) } }, pid: getpid())
    }

    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` with `environment`, as the process `pid`.
    public init(environment: (String) -> String?, pid: Int32) {
        let path = environment("NOTIFY_SOCKET")
        socketPath = path.flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let isOurs = environment("WATCHDOG_PID").map { Int32($0) == pid } ?? true
        let interval = environment("WATCHDOG_USEC").flatMap { Int64($0) }
        watchdogInterval = isOurs ? interval.flatMap { $0 > 0 ? .microseconds($0) : nil } : nil
    }

    /// Whether a service manager listens at all.
    public var isPresent: Bool { socketPath != nil }

    /// Start-up is complete (`READY=1`).
    public func ready(status: String? = nil) throws(SystemdError) { try send(["READY=1"], status) }

    /// Shutting down (`STOPPING=1`).
    public func stopping(status: String? = nil) throws(SystemdError) { try send(["STOPPING=1"], status) }

    /// Reloading the configuration (`RELOADING=1`, with the `MONOTONIC_USEC=` that `Type=notify-reload` wants
    /// since 253); ends with ``ready(status:)``.
    public func reloading() throws(SystemdError) {
        try send(["RELOADING=1", "MONOTONIC_USEC=\(MonotonicTime.now.microseconds)"], nil)
    }

    /// Alive (`WATCHDOG=1`). Only to be sent by who has proof that the work goes on.
    public func watchdog() throws(SystemdError) { try send(["WATCHDOG=1"], nil) }

    /// One line for `systemctl status`.
    public func status(_ text: String) throws(SystemdError) { try send([], text) }

    private func send(_ assignments: [String], _ status: String?) throws(SystemdError) {
        guard let socketPath else { return }
        var lines = assignments
        if let status { lines.append("STATUS=" + Self.oneLine(status)) }
        guard !lines.isEmpty else { return }
        try Datagram.send(Array(lines.joined(separator: "\n").utf8), to: socketPath)
    }

    private static func oneLine(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            line.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(line)
    }
}

/// One datagram to a unix socket, never waiting for the other side.
enum Datagram {
    static func send(_ bytes: [UInt8], to path: String) throws(SystemdError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        let isAbstract = name.first == UInt8(ascii: "@")
        guard name.count < room else {
            throw SystemdError(operation: "sendto", errno: ENAMETOOLONG, subject: path)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            target.copyBytes(from: name)
            if isAbstract { target[0] = 0 }
        }
        // An abstract name is as long as the length says; a path ends with a NUL.
        let start = MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2
        let length = socklen_t(start + name.count + (isAbstract ? 0 : 1))
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw SystemdError(operation: "socket", errno: errno, subject: path) }
        defer { close(descriptor) }
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        guard sent == bytes.count else {
            throw SystemdError(operation: "sendto", errno: sent < 0 ? errno : EMSGSIZE, subject: path)
        }
    }
}
