// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import Synchronization

/// Signals of the process as a queue of orders for the main thread.
///
/// ## Concurrency
/// The sources live as long as the process, on a queue of their own; ``next()`` blocks the one thread that
/// obeys.
final class Orders: Sendable {
    /// What to do.
    enum Order: Equatable, Sendable {
        /// SIGHUP.
        case reload
        /// SIGTERM or SIGINT.
        case stop
    }

    private let waiting = Mutex<[Order]>([])
    private let arrived = DispatchSemaphore(value: 0)

    /// Another order.
    func give(_ order: Order) {
        let isNew = waiting.withLock { orders in
            guard !orders.contains(order) else { return false }
            orders.append(order)
            return true
        }
        if isNew { arrived.signal() }
    }

    /// The next order, waited for.
    func next() -> Order {
        while true {
            arrived.wait()
            if let order = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return order }
        }
    }

    /// Takes the process's signals over. SIGPIPE is ignored: every write checks its own result.
    func listen() -> [any DispatchSourceSignal] {
        signal(SIGPIPE, SIG_IGN)
        let queue = DispatchQueue(label: "crihealthd.signals")
        return [(SIGTERM, Order.stop), (SIGINT, .stop), (SIGHUP, .reload)].map { number, order in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable in self.give(order) }
            source.activate()
            return source
        }
    }
}
