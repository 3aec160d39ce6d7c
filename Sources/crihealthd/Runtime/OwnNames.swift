// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Node
import Synchronization

/// The node's own names, read again when somebody asks by another: DHCP and cloud-init tell them after the start.
///
/// Used from any thread; two small files are read at most once in ``pause``.
final class OwnNames: Sendable {
    /// Between two readings, so that whoever asks by wrong names costs next to nothing.
    static let pause: Duration = .seconds(5)

    private struct State {
        var names: Set<String> = []
        var readAt: MonotonicTime?
    }

    private let state = Mutex(State())
    private let read: @Sendable () -> [String]
    private let now: @Sendable () -> MonotonicTime

    init(
        read: @escaping @Sendable () -> [String] = { HostNames.own() },
        now: @escaping @Sendable () -> MonotonicTime = { Moment.now().monotonic }
    ) {
        self.read = read
        self.now = now
    }

    /// Whether the node is called so; in lower case, without a dot at the end.
    func contains(_ name: String) -> Bool {
        state.withLock { state in
            if state.names.contains(name) { return true }
            let now = now()
            if let last = state.readAt, now - last < Self.pause { return false }
            state.readAt = now
            state.names = Set(read())
            return state.names.contains(name)
        }
    }
}
