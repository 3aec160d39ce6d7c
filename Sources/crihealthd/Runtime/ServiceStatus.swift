// SPDX-License-Identifier: Apache-2.0
import Dispatch
import HealthModel
import Node
import Synchronization
import Systemd

/// What systemd is told of this daemon: ready once, its headline when it changes, and that it is alive as
/// long as it is.
///
/// ## Concurrency
/// Any thread. Messages are datagrams that never wait; one that is lost is no error of ours.
final class ServiceStatus: Sendable {
    private struct State {
        var serves = false
        var journalSpoke = false
        var isReady = false
        var headline = ""
        var sent = ""
    }

    private let manager: ServiceManager
    private let state = Mutex(State())
    private let timer: Confined<MonotonicTime?>

    /// Speaks to the service manager of this process.
    init(manager: ServiceManager = ServiceManager()) {
        self.manager = manager
        timer = Confined(label: "crihealthd.watchdog", nil)
    }

    /// Whether the endpoint has tried its addresses and the journal was opened (or its failure is known).
    var isReady: Bool { state.withLock { $0.isReady } }

    /// Every address was tried.
    func endpointServes() { change { $0.serves = true } }

    /// The follower said its first word.
    func journalSpoke() {
        guard !isReady else { return }
        change { $0.journalSpoke = true }
    }

    /// The verdict in one sentence.
    func headline(_ text: String) { change { $0.headline = text } }

    /// The daemon ends.
    func stopping() {
        timer.stop()
        try? manager.stopping()
    }

    /// The configuration is read again; ``reloaded()`` ends it, whether or not it was taken over.
    func reloading() { try? manager.reloading() }

    /// See ``reloading()``.
    func reloaded() { try? manager.ready() }

    /// Feeds the watchdog at half its interval, as long as `progress` (when the slowest part last did
    /// something) is younger than the interval itself.
    func startWatchdog(_ progress: @escaping @Sendable () -> MonotonicTime) {
        guard let interval = manager.watchdogInterval else { return }
        timer.every(interval / 2, leeway: interval / 20) { [manager] _ in
            guard Moment.now().monotonic - progress() < interval else { return }
            try? manager.watchdog()
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let message: (isFirst: Bool, status: String)? = state.withLock { state in
            body(&state)
            let becomesReady = !state.isReady && state.serves && state.journalSpoke
            if becomesReady { state.isReady = true }
            guard becomesReady || (state.isReady && state.sent != state.headline) else { return nil }
            state.sent = state.headline
            return (isFirst: becomesReady, status: state.headline)
        }
        guard let message else { return }
        if message.isFirst {
            try? manager.ready(status: message.status)
        } else {
            try? manager.status(message.status)
        }
    }
}
