// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel
import NIOCore
import NIOPosix

/// One address: bound, or tried again with growing pauses. Confined to the event loop.
final class Listener {
    private let address: ListenAddress
    /// A socket that listens already; nil: one is made.
    private let passed: Int32?
    private let configuration: HealthServer.Configuration
    private let bootstrap: ServerBootstrap
    private let loop: any EventLoop
    private let onListener: @Sendable (ListenerReport) -> Void
    private var channel: (any Channel)?
    private var socketFile: UnixSocketFile?
    private var pause: Duration
    private var lastFailure: ListenerFailure?
    private var retry: Scheduled<Void>?
    private var isStopped = false

    init(
        address: ListenAddress, passed: Int32? = nil, configuration: HealthServer.Configuration,
        bootstrap: ServerBootstrap, loop: any EventLoop,
        onListener: @escaping @Sendable (ListenerReport) -> Void
    ) {
        self.address = address
        self.passed = passed
        self.configuration = configuration
        self.bootstrap = bootstrap
        self.loop = loop
        self.onListener = onListener
        pause = configuration.bindRetry.lowerBound
    }

    /// Tries once, and again later if that fails. The future ends when this try has.
    func attempt() -> EventLoopFuture<Void> {
        let bound: EventLoopFuture<any Channel>
        do {
            bound = try bind()
        } catch {
            failed(error)
            return loop.makeSucceededVoidFuture()
        }
        let done = loop.makePromise(of: Void.self)
        bound.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): self.listening(channel)
            case .failure(let error): self.failed(Self.failure(of: error))
            }
            done.succeed()
        }
        return done.futureResult
    }

    /// Stops listening and trying; removes the socket file.
    func stop() {
        isStopped = true
        retry?.cancel()
        socketFile?.remove()
        channel?.close(promise: nil)
        channel = nil
    }

    private func bind() throws(ListenerFailure) -> EventLoopFuture<any Channel> {
        if let passed {
            // A copy: NIO closes what it is given, also when the attempt fails.
            let copy = fcntl(passed, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else {
                let code = errno
                throw ListenerFailure(operation: "fcntl", errno: code, text: errnoText(code))
            }
            return bootstrap.withBoundSocket(copy)
        }
        switch address {
        case .tcp(let host, let port):
            guard let target = try? SocketAddress(ipAddress: host, port: Int(port)) else {
                throw ListenerFailure(operation: "bind", errno: nil, text: "\(host) is not an IP address")
            }
            return bootstrap.bind(to: target)
        case .unix(let path):
            let file = try UnixSocketFile(path: path, mode: mode_t(configuration.socketMode))
            socketFile = file
            return bootstrap.withBoundSocket(file.takeDescriptor())
        }
    }

    private func listening(_ channel: any Channel) {
        guard !isStopped else {
            channel.close(promise: nil)
            return
        }
        self.channel = channel
        pause = configuration.bindRetry.lowerBound
        lastFailure = nil
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.closed() }
        let port = address.isTCP ? channel.localAddress?.port.flatMap { UInt16(exactly: $0) } : nil
        onListener(ListenerReport(address: address, outcome: .listening(port: port)))
    }

    private func closed() {
        guard !isStopped else { return }
        channel = nil
        failed(ListenerFailure(operation: "accept", errno: nil, text: "the listening socket was closed"))
    }

    private func failed(_ failure: ListenerFailure) {
        guard !isStopped else { return }
        let wait = pause
        pause = min(pause * 2, configuration.bindRetry.upperBound)
        retry = loop.assumeIsolated().scheduleTask(in: wait.timeAmount) { _ = self.attempt() }
        guard failure != lastFailure else { return }
        lastFailure = failure
        onListener(ListenerReport(address: address, outcome: .failed(failure, retryAfter: wait)))
    }

    private static func failure(of error: any Error) -> ListenerFailure {
        guard let error = error as? IOError else {
            return ListenerFailure(operation: "bind", errno: nil, text: String(describing: error))
        }
        return ListenerFailure(operation: "bind", errno: error.errnoCode, text: errnoText(error.errnoCode))
    }
}
