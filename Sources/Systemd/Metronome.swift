// SPDX-License-Identifier: Apache-2.0
internal import CLinux
public import Dispatch
import Glibc
import HealthModel
import Synchronization

/// Calls a body on a queue at a steady interval, from a thread of its own.
///
/// A Dispatch timer costs three wake-ups each time: its manager thread, a worker, and the manager again, which sets the
/// next alarm. A thread that sleeps and then enters the queue costs one. That is worth a thread for what happens every
/// second or more often for as long as the node lives, and for nothing else.
///
/// Any thread may call any method.
public final class Metronome: Sendable {
    private struct State {
        var interval: Duration
        var isCancelled = false
    }

    private let state: Mutex<State>
    private let alarm = Alarm()
    private let queue: DispatchQueue
    private let beat: @Sendable () -> Void

    /// Begins at once; the first call comes after one interval. Where no thread can be made, the queue's own delays do.
    public init(on queue: DispatchQueue, every interval: Duration, _ beat: @escaping @Sendable () -> Void) {
        state = Mutex(State(interval: interval))
        self.queue = queue
        self.beat = beat
        let context = Unmanaged.passRetained(self)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<Metronome>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            context.release()
            beatLater()
            return
        }
    }

    /// Another interval, from now on.
    public func set(_ interval: Duration) {
        state.withLock { $0.interval = interval }
        alarm.ring()
    }

    /// No call begins after this returned on the queue.
    public func cancel() {
        state.withLock { $0.isCancelled = true }
        alarm.ring()
    }

    private func run() {
        while true {
            let (interval, isCancelled) = state.withLock { ($0.interval, $0.isCancelled) }
            if isCancelled { return }
            if alarm.sleep(atMost: max(.milliseconds(1), interval)) { continue }
            queue.sync {
                if !state.withLock({ $0.isCancelled }) { beat() }
            }
        }
    }

    private func beatLater() {
        let interval = state.withLock { $0.interval }
        queue.asyncAfter(deadline: .now() + .microseconds(Int(interval.microseconds))) { @Sendable [self] in
            if state.withLock({ $0.isCancelled }) { return }
            beat()
            beatLater()
        }
    }
}
