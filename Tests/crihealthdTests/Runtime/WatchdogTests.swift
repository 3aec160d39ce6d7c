import Diagnosis
import Dispatch
import Foundation
import HealthModel
import Node
import Synchronization
import Systemd
import Testing

@testable import crihealthd

/// The watchdog and the engine's queue together, as the daemon wires them.
@Suite struct WatchdogTests {
    @Test func anEngineThatIsStuckStarvesTheWatchdogUntilItGoesOn() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notify"
        let socket = Foundation.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(try SocketAddress.unix(path).bind(socket) == 0)
        defer { close(socket) }
        let gate = DispatchSemaphore(value: 0)
        let flag = Flag()
        let stuck = Recorder<Bool>()
        let host = EngineHost(
            engine: Engine(rules: try SignalRules.shipped()), position: nil,
            time: .init(now: { Moment.now() }),
            outlets: .init(
                publish: { _ in
                    guard flag.isRaised.exchange(false, ordering: .relaxed) else { return }
                    stuck.note(true)
                    gate.wait()
                }, inquire: { _ in }, transition: { _ in }, checkpoint: { _ in }, alert: { _ in }))
        let variables = ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000000"]
        let status = ServiceStatus(manager: ServiceManager(environment: { variables[$0] }, pid: getpid()))
        host.startClock()
        status.startWatchdog { host.lastTurn }
        #expect(Self.isFed(socket, within: 20_000))

        flag.isRaised.store(true, ordering: .relaxed)
        #expect(eventually { !stuck.all.isEmpty })
        // One may have been under way.
        while Self.isFed(socket, within: 0) {}
        #expect(!Self.isFed(socket, within: 3_000))

        gate.signal()
        #expect(Self.isFed(socket, within: 20_000))
        status.stopping()
        host.stop()
    }

    private final class Flag: Sendable {
        let isRaised = Atomic(false)
    }

    /// Whether a `WATCHDOG=1` comes in time.
    private static func isFed(_ socket: Int32, within milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, milliseconds) == 1 else { return false }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = recv(socket, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self) == "WATCHDOG=1"
    }
}
