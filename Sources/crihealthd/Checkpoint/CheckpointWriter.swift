// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

/// Saves checkpoints on a queue of its own: a disk that hangs delays nothing but itself.
///
/// Only the latest content waits; older ones that were not begun are dropped, for the newer one holds all
/// they did.
final class CheckpointWriter<Content: Codable & Sendable>: Sendable {
    private let store: CheckpointStore<Content>
    private let pending = Mutex<Content?>(nil)
    private let isClosed = Atomic(false)
    private let queue = DispatchQueue(label: "crihealthd.checkpoint")
    private let mayWrite: @Sendable () throws(FileError) -> Void
    private let report: @Sendable (FileError?) -> Void

    /// `mayWrite` throws while the directory is another's, and is asked before each attempt. `report` is told of every attempt: nil when it was written. It runs on the writer's queue.
    init(
        store: CheckpointStore<Content>, mayWrite: @escaping @Sendable () throws(FileError) -> Void = {},
        report: @escaping @Sendable (FileError?) -> Void
    ) {
        self.store = store
        self.mayWrite = mayWrite
        self.report = report
    }

    /// Saves this soon; after ``close(within:)`` never.
    func write(_ content: Content) {
        guard !isClosed.load(ordering: .acquiring) else { return }
        let scheduled = pending.withLock { slot in
            defer { slot = content }
            return slot != nil
        }
        if !scheduled { queue.async { self.save() } }
    }

    /// Waits until all is saved (or failed), at most this long; false when time ran out.
    func flush(within limit: Duration) -> Bool {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        return done.wait(timeout: .now() + limit.dispatch) == .success
    }

    /// Takes no more, and waits as ``flush(within:)`` does: another daemon may own the file from here on.
    func close(within limit: Duration) -> Bool {
        isClosed.store(true, ordering: .releasing)
        return flush(within: limit)
    }

    private func save() {
        let content = pending.withLock { slot in
            defer { slot = nil }
            return slot
        }
        guard let content else { return }
        do throws(FileError) {
            try mayWrite()
            try store.save(content)
            report(nil)
        } catch {
            report(error)
        }
    }
}
