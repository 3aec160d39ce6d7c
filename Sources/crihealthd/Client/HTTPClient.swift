// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthEndpoint
import HealthModel
import Node

/// One GET over a unix or TCP socket: blocking, with a deadline over all of it and a bound on the answer.
struct HTTPClient: Sendable {
    /// Whom to ask.
    var target: ListenAddress
    /// For the whole exchange.
    var deadline: Duration = .seconds(5)
    /// Largest answer, head and body.
    var limit = 8 << 20

    /// Asks for `path`.
    func get(_ path: String, accept: String) throws(HTTPClientError) -> HTTPAnswer {
        let until = Moment.now().monotonic + deadline
        let descriptor = try connected(until: until)
        defer { close(descriptor) }
        let request =
            "GET \(path) HTTP/1.1\r\nHost: localhost\r\nAccept: \(accept)\r\nUser-Agent: crihealthd\r\n"
            + "Connection: close\r\n\r\n"
        try send(Array(request.utf8), on: descriptor, until: until)
        let bytes = try receive(from: descriptor, until: until)
        do throws(HTTPAnswer.Malformed) {
            return try HTTPAnswer(bytes)
        } catch {
            throw HTTPClientError("parse", target.description, reason: error.description)
        }
    }

    private func connected(until: MonotonicTime) throws(HTTPClientError) -> Int32 {
        let address: SocketAddress
        switch target {
        case .unix(let path): address = try .unix(path)
        case .tcp(let host, let port): address = try .tcp(host: host, port: port)
        }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.family, type, 0)
        guard descriptor >= 0 else { throw HTTPClientError("socket", target.description, errno: errno) }
        do throws(HTTPClientError) {
            try connect(descriptor, address, until: until)
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private func connect(
        _ descriptor: Int32, _ address: SocketAddress, until: MonotonicTime
    ) throws(HTTPClientError) {
        while true {
            if address.connect(descriptor) == 0 || errno == EISCONN { return }
            switch errno {
            case EINTR: continue
            case EINPROGRESS, EALREADY:
                try wait(descriptor, for: Int16(POLLOUT), until: until, "connect")
                var code: Int32 = 0
                var size = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
                if code == 0 { return }
                throw HTTPClientError("connect", target.description, errno: code)
            case EAGAIN:
                // A unix listener whose backlog is full: there is nothing to poll for.
                guard Moment.now().monotonic < until else {
                    throw HTTPClientError("connect", target.description, errno: ETIMEDOUT)
                }
                usleep(20_000)
            default: throw HTTPClientError("connect", target.description, errno: errno)
            }
        }
    }

    private func send(
        _ bytes: [UInt8], on descriptor: Int32, until: MonotonicTime
    ) throws(HTTPClientError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.span.send(to: descriptor, Int32(MSG_NOSIGNAL))
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try wait(descriptor, for: Int16(POLLOUT), until: until, "write")
            } else if errno != EINTR {
                throw HTTPClientError("write", target.description, errno: errno)
            }
        }
    }

    private func receive(from descriptor: Int32, until: MonotonicTime) throws(HTTPClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 32 * 1024)
        while true {
            try wait(descriptor, for: Int16(POLLIN), until: until, "read")
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                throw HTTPClientError("read", target.description, errno: errno)
            }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else {
                throw HTTPClientError("read", target.description, reason: "more than \(limit) bytes")
            }
        }
    }

    private func wait(
        _ descriptor: Int32, for events: Int16, until: MonotonicTime, _ operation: String
    ) throws(HTTPClientError) {
        while true {
            let left = (until - Moment.now().monotonic).microseconds / 1000
            guard left > 0 else { throw HTTPClientError(operation, target.description, errno: ETIMEDOUT) }
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let count = poll(&entry, 1, Int32(clamping: left))
            if count > 0 { return }
            if count < 0, errno != EINTR { throw HTTPClientError("poll", target.description, errno: errno) }
        }
    }
}
