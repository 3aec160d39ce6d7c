// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Systemd

/// State that only ever is touched on one serial queue of its own.
///
/// ## Concurrency
/// `state` is private and reached only in ``submit(_:)``, ``read(_:)``, ``every(_:leeway:_:)`` and
/// ``beat(every:_:)``, all of which run on `queue`, which is serial; that is why `@unchecked Sendable` holds.
/// Bodies must not block: whoever asks with ``read(_:)`` waits for them. Work submitted from one thread is done
/// in that order.
final class Confined<State: ~Copyable>: @unchecked Sendable {
    private let queue: DispatchQueue
    private var state: State
    private var timers: [any DispatchSourceTimer] = []
    private var metronomes: [Metronome] = []

    /// Takes the state over. `target` carries the queue's work: by default the shared pool, so that idle
    /// state keeps no thread.
    init(label: String, target: DispatchQueue = .global(), _ state: consuming sending State) {
        queue = DispatchQueue(label: label, target: target)
        self.state = state
    }

    /// Does this soon, after all that was submitted before.
    func submit(_ body: @escaping @Sendable (inout State) -> Void) {
        queue.async { body(&self.state) }
    }

    /// Does this no earlier than `delay` from now.
    func submit(after delay: Duration, _ body: @escaping @Sendable (inout State) -> Void) {
        queue.asyncAfter(deadline: .now() + delay.dispatch) { body(&self.state) }
    }

    /// Does this after all that was submitted before, and waits for it. Traps on the queue itself.
    func read<Result: Sendable, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        dispatchPrecondition(condition: .notOnQueue(queue))
        let result: Swift.Result<Result, Failure> = queue.sync {
            do throws(Failure) {
                return .success(try body(&state))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Does this again and again until ``stop()``.
    func every(_ interval: Duration, leeway: Duration, _ body: @escaping @Sendable (inout State) -> Void) {
        queue.sync {
            let timer = DispatchSource.makeTimerSource(queue: queue)
            timer.schedule(
                deadline: .now() + interval.dispatch, repeating: interval.dispatch, leeway: leeway.dispatch)
            timer.setEventHandler { @Sendable [weak self] in
                guard let self else { return }
                body(&self.state)
            }
            timer.activate()
            timers.append(timer)
        }
    }

    /// As ``every(_:leeway:_:)``, from a thread of its own: for what happens every second for ever (``Metronome``).
    func beat(every interval: Duration, _ body: @escaping @Sendable (inout State) -> Void) {
        queue.sync {
            metronomes.append(
                Metronome(on: queue, every: interval) { @Sendable [weak self] in
                    guard let self else { return }
                    body(&self.state)
                })
        }
    }

    /// Ends the timers; a handler that runs already is waited for.
    func stop() {
        queue.sync {
            for timer in timers { timer.cancel() }
            for metronome in metronomes { metronome.cancel() }
            timers = []
            metronomes = []
        }
    }

    deinit {
        for timer in timers { timer.cancel() }
        for metronome in metronomes { metronome.cancel() }
    }
}

extension Duration {
    /// For Dispatch.
    var dispatch: DispatchTimeInterval {
        let (seconds, attoseconds) = components
        return .nanoseconds(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
    }
}
