// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// Takes one connection on a unix socket, reads one request head, and answers; or never does.
final class OneShotServer: Sendable {
    let path: String
    private let listener: Int32
    private let received = Mutex("")

    /// With no `answer` the connection stays open and silent until the server goes away.
    init(path: String, answer: String?) throws {
        self.path = path
        listener = try Self.listen(path)
        let thread = Thread { [weak self, listener] in
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = read(connection, &chunk, chunk.count)
            self?.received.withLock { $0 = String(decoding: chunk.prefix(max(count, 0)), as: UTF8.self) }
            guard let answer else { return }
            var rest = Array(answer.utf8)[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes {
                    send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { break }
                rest = rest.dropFirst(sent)
            }
            close(connection)
        }
        thread.start()
    }

    deinit { close(listener) }

    var request: String { received.withLock { $0 } }

    /// A listening unix socket.
    static func listen(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafeBytes(of: &address) { raw in
            raw.withMemoryRebound(to: sockaddr.self) {
                bind(descriptor, $0.baseAddress, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, Foundation.listen(descriptor, 16) == 0 else {
            throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
        return descriptor
    }
}
