// SPDX-License-Identifier: Apache-2.0
import HealthEndpoint
import HealthModel
import Logging
import Synchronization
import Systemd

/// Keys of the configuration that name an address and have no effect, because systemd passed a socket of that kind. Said
/// in the log once, and on the page for as long as it is so.
///
/// Any thread.
final class OverruledKeys: Sendable {
    private let passed: [PassedSocket]
    private let words = Mutex<[String]>([])

    /// Of a process that was passed these sockets.
    init(passed: [PassedSocket]) { self.passed = passed }

    /// What has no effect now, one sentence each.
    var problems: [String] { words.withLock { $0 } }

    /// Goes on with another configuration; what is new is logged.
    func apply(_ configuration: Configuration, _ logger: Logger) {
        let now = Self.problems(configuration, passed)
        let before = words.withLock { words in
            defer { words = now }
            return words
        }
        for problem in now where !before.contains(problem) { logger.warning("\(problem)") }
    }

    /// A key that stands at its default says nothing against the socket that was passed.
    static func problems(_ configuration: Configuration, _ passed: [PassedSocket]) -> [String] {
        let standard = Configuration()
        let keys:
            [(key: String, wanted: ListenAddress?, standard: ListenAddress?, isTCP: Bool, unit: String)] = [
                ("listen", configuration.listen, standard.listen, true, "crihealthd.socket"),
                (
                    "socket", configuration.socket.map { .unix(path: $0) },
                    standard.socket.map { .unix(path: $0) }, false, "crihealthd-unix.socket"
                ),
            ]
        return keys.compactMap { key, wanted, standard, isTCP, unit in
            let held = passed.map(\.address).filter { $0.isTCP == isTCP }.map(Self.address)
            guard !held.isEmpty, wanted != standard, wanted.map(held.contains) != true else { return nil }
            let value = wanted.map { $0.description } ?? ""
            return "\(key) = \"\(value)\" has no effect: systemd holds "
                + held.map(\.description).joined(separator: " and ") + " for it; see systemctl edit \(unit)"
        }
    }

    private static func address(_ socket: PassedSocket.Address) -> ListenAddress {
        switch socket {
        case .tcp(let host, let port): .tcp(host: host, port: port)
        case .unix(let path): .unix(path: path)
        }
    }
}
