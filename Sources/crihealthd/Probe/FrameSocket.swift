// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel
import Node

/// Why the prober could not be asked.
struct ProberError: Error, Equatable, CustomStringConvertible {
    /// The socket.
    var socket: String
    /// What failed: `connect`, `read`, `answer`, …
    var operation: String
    /// errno; 0 where there is none.
    var errno: Int32
    /// For people.
    var reason: String

    /// Makes an error of a system call.
    init(_ operation: String, _ socket: String, errno: Int32) {
        self.init(operation, socket, reason: ErrnoText.describe(errno))
        self.errno = errno
    }

    /// Makes an error.
    init(_ operation: String, _ socket: String, reason: String) {
        self.socket = socket
        self.operation = operation
        errno = 0
        self.reason = reason
    }

    /// `prober /run/crihealthd-probe/probe.sock: connect: No such file or directory`.
    var description: String { "prober \(socket): \(operation): \(reason)" }
}

/// One end of a connection that carries frames; closed with its owner. Non-blocking below, waited for with poll(2).
struct FrameSocket: ~Copyable {
    /// What a wait for a frame ended with.
    enum Arrival: Equatable {
        /// Its content.
        case frame([UInt8])
        /// The peer closed the connection between two frames.
        case end
    }

    let raw: Int32
    private let name: String

    /// Takes a connected stream socket over; `name` is for errors.
    init(taking descriptor: Int32, name: String) {
        raw = descriptor
        self.name = name
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    deinit { close(raw) }

    /// Sends one frame.
    func send(_ content: [UInt8], until: MonotonicTime) throws(ProberError) {
        let size = UInt32(clamping: content.count)
        let head = (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) }
        var rest = (head + content)[...]
        while !rest.isEmpty {
            let count = rest.span.send(to: raw, Int32(MSG_NOSIGNAL))
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLOUT), until: until, "write")
            } else if errno != EINTR {
                throw ProberError("write", name, errno: errno)
            }
        }
    }

    /// Waits for a frame of at most `limit` bytes: until `first` for its begin, then for `frameDeadline` for the rest.
    func receive(
        limit: Int, first: MonotonicTime, frameDeadline: Duration
    ) throws(ProberError) -> Arrival {
        var head: [UInt8] = []
        try wait(for: Int16(POLLIN), until: first, "read")
        let until = Moment.now().monotonic + frameDeadline
        guard try fill(&head, 4, until: until) else { return .end }
        let size = head.reduce(0) { $0 << 8 | Int($1) }
        guard size <= limit else {
            throw ProberError("read", name, reason: "a frame of \(size) bytes, more than \(limit)")
        }
        var content: [UInt8] = []
        guard try fill(&content, size, until: until) else {
            throw ProberError("read", name, reason: "the connection ended within a frame")
        }
        return .frame(content)
    }

    /// Reads until there are `count` bytes; false when the peer closed before the first. What is allocated grows with
    /// what arrived, not with what was announced.
    private func fill(_ bytes: inout [UInt8], _ count: Int, until: MonotonicTime) throws(ProberError) -> Bool
    {
        var chunk = [UInt8](repeating: 0, count: min(count, 64 * 1024))
        while bytes.count < count {
            try wait(for: Int16(POLLIN), until: until, "read")
            let got = read(raw, &chunk, min(chunk.count, count - bytes.count))
            if got > 0 {
                bytes.append(contentsOf: chunk[..<got])
            } else if got == 0 {
                guard bytes.isEmpty else {
                    throw ProberError("read", name, reason: "the connection ended within a frame")
                }
                return false
            } else if errno != EAGAIN, errno != EINTR {
                throw ProberError("read", name, errno: errno)
            }
        }
        return true
    }

    private func wait(for events: Int16, until: MonotonicTime, _ operation: String) throws(ProberError) {
        while true {
            let left = ((until - Moment.now().monotonic).microseconds + 999) / 1000
            guard left > 0 else { throw ProberError(operation, name, errno: ETIMEDOUT) }
            var entry = pollfd(fd: raw, events: events, revents: 0)
            let count = poll(&entry, 1, Int32(clamping: left))
            if count > 0 { return }
            if count < 0, errno != EINTR { throw ProberError("poll", name, errno: errno) }
        }
    }
}
