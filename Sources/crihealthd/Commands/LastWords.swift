// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel
import Node
import Systemd

/// What a daemon that cannot start says to those who wait in its sockets: the reason, as an answer of HTTP.
///
/// systemd holds the sockets and starts the daemon for a connection that waits in one. One that nobody takes would have it
/// started again and again, whatever RestartPreventExitStatus= says.
enum LastWords {
    /// Most connections of a socket that are taken.
    private static let most = 64
    /// For all of them together; whoever comes later is cut.
    private static let limit: Duration = .milliseconds(500)
    /// How long one may be silent.
    private static let patience: Duration = .milliseconds(100)

    /// What they begin with.
    static let beginning = "crihealthd does not run: "

    /// Answers everybody who is connected now.
    static func say(_ text: String, on sockets: [PassedSocket]) {
        let until = Moment.now().monotonic + limit
        let answer = Array(answer(text).utf8)
        for socket in sockets {
            for _ in 0..<most {
                guard isReadable(socket.descriptor, .zero) else { break }
                let connection = accept(socket.descriptor, nil, nil)
                guard connection >= 0 else { break }
                converse(connection, answer, until)
                close(connection)
            }
        }
    }

    static func answer(_ text: String) -> String {
        let body = "\(beginning)\(text)\n"
        return "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n" + body
    }

    /// Reads before and after: a connection that is closed with something unread is reset, and the answer lost.
    private static func converse(_ connection: Int32, _ answer: [UInt8], _ until: MonotonicTime) {
        func left() -> Duration { min(patience, max(.zero, until - Moment.now().monotonic)) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        guard isReadable(connection, left()), recv(connection, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0
        else { return }
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        _ = answer.span.send(to: connection, flags)
        shutdown(connection, Int32(SHUT_WR))
        while isReadable(connection, left()),
            recv(connection, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0
        {}
    }

    private static func isReadable(_ descriptor: Int32, _ wait: Duration) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, Int32(clamping: wait.microseconds / 1000)) == 1
    }
}
