// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// Accepts on a listening socket as a server that runs does, and says first what an HTTP/2 server says first: until it
/// falls silent.
final class Greeter: Sendable {
    private let isSilent = Atomic(false)
    private let isOver = Atomic(false)
    private let greeted = Atomic(0)

    init(listener: Int32) {
        let thread = Thread { [self] in
            var silent: [Int32] = []
            while !isOver.load(ordering: .relaxed) {
                var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
                guard poll(&entry, 1, 20) > 0 else { continue }
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                if isSilent.load(ordering: .relaxed) {
                    silent.append(connection)
                    continue
                }
                let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
                if send(connection, settings, settings.count, Int32(MSG_NOSIGNAL)) == settings.count {
                    greeted.add(1, ordering: .relaxed)
                }
                var chunk = [UInt8](repeating: 0, count: 64)
                _ = recv(connection, &chunk, chunk.count, 0)
                close(connection)
            }
            silent.forEach { close($0) }
        }
        thread.start()
    }

    /// How many connections were greeted.
    var count: Int { greeted.load(ordering: .relaxed) }

    /// From now on connections are taken, and nothing is said.
    func fallSilent() { isSilent.store(true, ordering: .relaxed) }

    /// Call it before the listener is closed.
    func stop() {
        isOver.store(true, ordering: .relaxed)
        usleep(50_000)
    }
}
