// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Dispatch
import Foundation
import HealthModel
import Node
import Synchronization
import Systemd
import Testing

@testable import crihealthd

/// The watchdog, the engine's queue and the journal's follower together, as the daemon wires them.
@Suite struct WatchdogTests {
    private let directory: TemporaryDirectory
    private let journal: TemporaryDirectory
    private let socket: Int32
    private let status: ServiceStatus

    init() throws {
        directory = try TemporaryDirectory()
        journal = try TemporaryDirectory()
        let path = directory.path + "/notify"
        socket = Foundation.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(try SocketAddress.unix(path).bind(socket) == 0)
        let variables = ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000000"]
        status = ServiceStatus(manager: ServiceManager(environment: { variables[$0] }, pid: getpid()))
    }

    private func host(publish: @escaping @Sendable (Snapshot) -> Void = { _ in }) throws -> EngineHost {
        EngineHost(
            engine: Engine(rules: try SignalRules.shipped()), position: nil,
            time: .init(now: { Moment.now() }),
            outlets: .init(
                publish: publish, inquire: { _ in }, transition: { _ in }, checkpoint: { _ in },
                alert: { _ in }
            ))
    }

    private func follower(
        _ prefilter: @escaping @Sendable (Span<UInt8>) -> Bool = { _ in false }
    ) -> JournalFollower {
        JournalFollower(
            configuration: .init(location: .directory(journal.path), matches: .units(["kubelet.service"])),
            prefilter: prefilter, handler: { _ in })
    }

    /// Feeds as the daemon does; `stick` makes one part wait, and `release` lets it go on.
    private func expectStarvation(
        _ host: EngineHost, _ follower: JournalFollower, stick: () throws -> Void, release: () -> Void
    ) throws {
        host.startClock()
        follower.start()
        status.startWatchdog(Daemon.slowestPart(host, follower))
        #expect(isFed(within: 20_000))
        try stick()
        // One may have been under way, and what is younger than the interval still counts.
        #expect(eventually { !isFed(within: 3_000) })
        release()
        #expect(isFed(within: 20_000))
        status.stopping()
        follower.stop()
        host.stop()
        close(socket)
    }

    @Test func anEngineThatIsStuckStarvesTheWatchdogUntilItGoesOn() throws {
        let gate = DispatchSemaphore(value: 0)
        let flag = Flag()
        let stuck = Recorder<Bool>()
        let host = try host { _ in
            guard flag.isRaised.exchange(false, ordering: .relaxed) else { return }
            stuck.note(true)
            gate.wait()
        }
        try expectStarvation(
            host, follower(),
            stick: {
                flag.isRaised.store(true, ordering: .relaxed)
                #expect(eventually { !stuck.all.isEmpty })
            }, release: { gate.signal() })
    }

    @Test(.enabled(if: JournalFile.isPossible, "no systemd-journal-remote"))
    func aFollowerThatIsStuckStarvesTheWatchdogUntilItGoesOn() throws {
        let gate = DispatchSemaphore(value: 0)
        let stuck = Recorder<Bool>()
        let follower = follower { _ in
            if stuck.all.isEmpty {
                stuck.note(true)
                gate.wait()
            }
            return false
        }
        try expectStarvation(
            try host(), follower,
            stick: {
                try JournalFile.append(["a line"], unit: "kubelet.service", in: journal)
                #expect(eventually { !stuck.all.isEmpty })
            }, release: { gate.signal() })
    }

    private final class Flag: Sendable {
        let isRaised = Atomic(false)
    }

    /// Whether a `WATCHDOG=1` comes in time.
    private func isFed(within milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, milliseconds) == 1 else { return false }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = recv(socket, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self) == "WATCHDOG=1"
    }
}
