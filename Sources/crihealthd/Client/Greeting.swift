// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel
import Node

/// Asks a gRPC server for its HTTP/2 SETTINGS, which it owes to whoever connects (RFC 9113 §3.4).
///
/// connect(2) alone is answered by the kernel, also for a process that is stopped; this one is answered by
/// the process, for the price of one connection and no child. A hint, never a finding: crictl decides.
enum Greeting {
    /// The client's preface and its empty SETTINGS frame (RFC 9113 §3.4, §6.5).
    static let preface: [UInt8] =
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]

    /// Whether a byte (or the end) comes back in time; nil when it could not be asked.
    static func isReturned(socketPath: String, within limit: Duration) -> Bool? {
        guard let address = try? SocketAddress.unix(socketPath) else { return nil }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard address.connect(descriptor) == 0 else { return nil }
        let sent = send(descriptor, preface, preface.count, Int32(MSG_NOSIGNAL))
        // Closed before the preface was written: the end came back.
        if sent < 0, errno == EPIPE || errno == ECONNRESET { return true }
        guard sent == preface.count else { return nil }
        let until = Moment.now().monotonic + limit
        while true {
            let left = max(0, (until - Moment.now().monotonic).microseconds / 1000)
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = poll(&entry, 1, Int32(clamping: left))
            if count > 0 { return true }
            if count == 0 { return false }
            if errno != EINTR { return nil }
        }
    }
}
