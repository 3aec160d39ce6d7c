// SPDX-License-Identifier: Apache-2.0
import Dispatch
public import HealthModel
import NIOCore
import NIOPosix
import Synchronization

/// The HTTP endpoint: answers from the latest published snapshot, and from nothing else.
///
/// ## Concurrency
/// One event-loop thread owns all sockets and connections (``ServerCore`` is confined to it). What is published is the
/// only state that other threads touch, behind a mutex that is held for a copy only. Both ways of publishing can be
/// called from any thread and never wait for a request; ``start()`` and ``stop()`` block and
/// must not be called from `onListener`.
public final class HealthServer: Sendable {
    private let configuration: Configuration
    private let published: Published
    private let group: MultiThreadedEventLoopGroup
    private let core: NIOLoopBoundBox<ServerCore?>
    private let recording: (@Sendable () -> [Observation])?
    private let onListener: @Sendable (ListenerReport) -> Void
    /// Held while ``start()`` runs, so that the loop cannot end under it.
    private let isStopped = Mutex(false)

    /// Makes a server that does not listen yet. Before the first ``publish(_:)``, requests read `initial`; without
    /// one, the answer is that nothing is known.
    ///
    /// `recording` hands over the latest observations, for `/v1/recording`; without it there is no such page. It is called
    /// on the event-loop thread and must return at once.
    ///
    /// `onListener` is called on the event-loop thread whenever an address begins to be served or cannot be, first and
    /// whenever the reason changes; it must return at once.
    public init(
        configuration: Configuration = Configuration(), initial: Snapshot?,
        onListener: @escaping @Sendable (ListenerReport) -> Void,
        recording: (@Sendable () -> [Observation])? = nil
    ) {
        self.configuration = configuration
        self.recording = recording
        self.onListener = onListener
        published = Published(initial)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        core = NIOLoopBoundBox.makeEmptyBox(valueType: ServerCore.self, eventLoop: group.next())
    }

    deinit { stop() }

    /// Begins to listen. Returns after each address was tried once; what failed is reported and tried again. Does
    /// nothing when it listens already, or was stopped.
    public func start() {
        let loop = group.next()
        let (core, group, configuration, published) = (core, group, configuration, published)
        let (recording, onListener) = (recording, onListener)
        isStopped.withLock { stopped in
            guard !stopped else { return }
            let tried = loop.flatSubmit {
                guard core.value == nil else { return loop.makeSucceededVoidFuture() }
                let server = ServerCore(
                    group: group, loop: loop, configuration: configuration, published: published,
                    recording: recording, onListener: onListener)
                core.value = server
                return server.start()
            }
            // Never fails: what goes wrong is reported.
            _ = try? tried.wait()
        }
    }

    /// Makes this the snapshot that requests read from now on. Any thread; the latest wins.
    public func publish(_ snapshot: Snapshot) {
        if published.publish(snapshot) { tellFollowers() }
    }

    /// Tells a change of an incident to who follows, and keeps it for who asks later. Any thread.
    public func publish(_ transition: Transition) {
        if published.publish(transition) { tellFollowers() }
    }

    private func tellFollowers() {
        group.next().execute { [core] in core.value?.followers.turn() }
    }

    /// Stops listening, lets answers that are under way end, closes everything and ends the thread; takes no longer
    /// than the configured deadline. A second call does nothing. A stopped server cannot be started again.
    public func stop() {
        guard
            isStopped.withLock({ stopped in
                defer { stopped = true }
                return !stopped
            })
        else { return }
        let deadline = DispatchTime.now() + configuration.stopDeadline.dispatchInterval
        let graceful = DispatchTime.now() + (configuration.stopDeadline * 0.9).dispatchInterval
        let drained = DispatchSemaphore(value: 0)
        let core = core
        group.next().execute {
            guard let server = core.value else {
                drained.signal()
                return
            }
            server.stop { drained.signal() }
        }
        _ = drained.wait(timeout: graceful)
        let ended = DispatchSemaphore(value: 0)
        group.next().execute {
            core.value?.closeAll()
            core.value = nil
        }
        group.shutdownGracefully(queue: .global()) { _ in ended.signal() }
        _ = ended.wait(timeout: deadline)
    }
}

extension Duration {
    /// For libdispatch.
    var dispatchInterval: DispatchTimeInterval { .microseconds(Int(clamping: microseconds)) }

    /// For NIO.
    var timeAmount: TimeAmount { .microseconds(microseconds) }
}
