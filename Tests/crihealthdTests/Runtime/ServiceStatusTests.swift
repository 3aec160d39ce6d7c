// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Node
import Systemd
import Testing

@testable import crihealthd

@Suite struct ServiceStatusTests {
    private let directory: TemporaryDirectory
    private let socket: Int32
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/notify"
        socket = Foundation.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafeBytes(of: &address) { raw in
            raw.withMemoryRebound(to: sockaddr.self) {
                bind(socket, $0.baseAddress, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
    }

    private func status(watchdog: Int? = nil) -> ServiceStatus {
        let variables = ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": watchdog.map { "\($0)" }].compactMapValues(
            \.self)
        return ServiceStatus(manager: ServiceManager(environment: { variables[$0] }, pid: getpid()))
    }

    /// The next message; nil when none comes within a moment.
    private func next(within milliseconds: Int32 = 0) -> String? {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }

    @Test func readyComesOnceBothAreThere() {
        let status = status()
        status.headline("HEALTHY")
        status.endpointServes()
        #expect(next() == nil)
        #expect(!status.isReady)
        status.journalSpoke()
        #expect(next() == "READY=1\nSTATUS=HEALTHY")
        status.journalSpoke()
        status.headline("HEALTHY")
        #expect(next() == nil)
        status.headline("worse")
        #expect(next() == "STATUS=worse")
        status.stopping()
        #expect(next()?.hasPrefix("STOPPING=1") == true)
        close(socket)
    }

    @Test func theWatchdogIsFedWhileThereIsProgress() {
        let status = status(watchdog: 100_000)
        status.startWatchdog { Moment.now().monotonic }
        #expect(next(within: 20_000) == "WATCHDOG=1")
        #expect(next(within: 20_000) == "WATCHDOG=1")
        status.stopping()
        close(socket)
    }

    @Test func theWatchdogStarvesWithoutProgress() {
        let status = status(watchdog: 100_000)
        let asked = Recorder<Bool>()
        status.startWatchdog {
            asked.note(true)
            return MonotonicTime(microseconds: 0)
        }
        #expect(eventually { asked.all.count >= 3 })
        #expect(next() == nil)
        status.stopping()
        close(socket)
    }
}
