// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A raw client: says exactly the bytes it is told, and hears exactly what comes. Every call ends within ten seconds.
final class Client {
    struct Failure: Error {
        let call: String
        let errno: Int32
    }

    /// A parsed answer.
    struct Answer {
        var status: Int
        var head: String
        var body: String

        func header(_ name: String) -> String? {
            for line in head.components(separatedBy: "\r\n")
            where line.lowercased().hasPrefix(name.lowercased() + ":") {
                return line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
            }
            return nil
        }
    }

    private let fd: Int32
    private var buffer: [UInt8] = []

    init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(fd, $0, size) }
        }
        try begin(result)
    }

    init(path: String) throws {
        fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(fd, $0, size) }
        }
        try begin(result)
    }

    deinit { close(fd) }

    private func begin(_ result: Int32) throws {
        guard result == 0 else { throw Failure(call: "connect", errno: errno) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Sends all of it; false when the peer is gone.
    @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Says no more.
    func shutdownOutput() { shutdown(fd, Int32(SHUT_WR)) }

    /// Reads until the peer closes; nil when it does not within ten seconds.
    func readToEnd() -> String? {
        while let more = fill() {
            if !more { return String(decoding: buffer, as: UTF8.self) }
        }
        return nil
    }

    /// True: bytes came; false: the peer closed or reset; nil: nothing within ten seconds.
    private func fill() -> Bool? {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(fd, &chunk, chunk.count, 0)
        if count > 0 {
            buffer += chunk[..<count]
            return true
        }
        return count == 0 || errno != EAGAIN ? false : nil
    }

    /// The next answer; nil when the peer closes first. `hasBody` is false for answers to HEAD.
    func answer(hasBody: Bool = true) -> Answer? {
        let mark = Array("\r\n\r\n".utf8)
        var end = index(of: mark)
        while end == nil {
            guard fill() == true else { return nil }
            end = index(of: mark)
        }
        guard let end else { return nil }
        var answer = Answer(status: 0, head: String(decoding: buffer[..<end], as: UTF8.self), body: "")
        answer.status = Int(answer.head.dropFirst(9).prefix(3)) ?? 0
        let length = hasBody ? Int(answer.header("Content-Length") ?? "") ?? 0 : 0
        buffer.removeFirst(end + 4)
        while buffer.count < length { guard fill() == true else { return nil } }
        answer.body = String(decoding: buffer.prefix(length), as: UTF8.self)
        buffer.removeFirst(length)
        return answer
    }

    /// Reads until `part` was heard, or nothing comes for ten seconds, or the peer closes; hands over all up to its end.
    func hear(_ part: String) -> String? {
        let mark = Array(part.utf8)
        while true {
            if let start = index(of: mark) {
                defer { buffer.removeFirst(start + mark.count) }
                return String(decoding: buffer[..<(start + mark.count)], as: UTF8.self)
            }
            guard fill() == true else { return nil }
        }
    }

    private func index(of mark: [UInt8]) -> Int? {
        buffer.firstRange(of: mark)?.lowerBound
    }

    /// One request, one answer.
    func get(_ target: String, method: String = "GET", headers: String = "") -> Answer? {
        send("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n")
        return answer(hasBody: method != "HEAD")
    }
}
