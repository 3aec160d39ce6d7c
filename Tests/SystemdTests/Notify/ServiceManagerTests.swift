// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Systemd
import Testing

@Suite struct ServiceManagerTests {
    /// A datagram socket as the service manager's is.
    final class Listener {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)

        init(_ path: String) throws {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) {
                $0.copyBytes(from: Array(path.utf8))
                if path.hasPrefix("@") { $0[0] = 0 }
            }
            let size = socklen_t(2 + path.utf8.count + (path.hasPrefix("@") ? 0 : 1))
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
            }
            try #require(result == 0)
        }

        deinit { close(descriptor) }

        func receive() -> String? {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    static func manager(_ variables: [String: String], pid: Int32 = 42) -> ServiceManager {
        ServiceManager(environment: { variables[$0] }, pid: pid)
    }

    @Test("Messages, over a path and an abstract socket", arguments: [true, false])
    func messages(isAbstract: Bool) throws {
        let directory = TemporaryDirectory()
        let path = isAbstract ? "@crihealthd-test-\(getpid())" : directory("notify")
        let listener = try Listener(path)
        let manager = Self.manager(["NOTIFY_SOCKET": path])
        #expect(manager.isPresent)
        try manager.ready()
        #expect(listener.receive() == "READY=1")
        try manager.ready(status: "two\nlines\u{1b}[31m")
        #expect(listener.receive() == "READY=1\nSTATUS=two lines [31m")
        try manager.watchdog()
        #expect(listener.receive() == "WATCHDOG=1")
        try manager.status("fine")
        #expect(listener.receive() == "STATUS=fine")
        try manager.stopping(status: "bye")
        #expect(listener.receive() == "STOPPING=1\nSTATUS=bye")
        try manager.reloading()
        let parts = try #require(listener.receive()).split(separator: "\n")
        #expect(parts.first == "RELOADING=1")
        let time = try #require(parts.last?.split(separator: "=").last.flatMap { Int64($0) })
        #expect(parts.last?.hasPrefix("MONOTONIC_USEC=") == true)
        #expect(time > 0)
        #expect(listener.receive() == nil)
    }

    @Test("Without a service manager nothing is sent, and nothing fails")
    func absent() throws {
        let manager = Self.manager([:])
        #expect(!manager.isPresent)
        #expect(manager.watchdogInterval == nil)
        try manager.ready(status: "x")
    }

    @Test("A socket that nobody listens on is an error with its path")
    func nobody() throws {
        let error = #expect(throws: SystemdError.self) {
            try Self.manager(["NOTIFY_SOCKET": "/nonexistent"]).ready()
        }
        #expect(error?.errno == ENOENT)
        #expect(error?.subject == "/nonexistent")
        let long = "/" + String(repeating: "x", count: 200)
        let tooLong = #expect(throws: SystemdError.self) { try Self.manager(["NOTIFY_SOCKET": long]).ready() }
        #expect(tooLong?.errno == ENAMETOOLONG)
    }

    @Test(
        "The watchdog's interval is this process's own",
        arguments: [
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "42"], Duration.seconds(3) as Duration?),
            (["WATCHDOG_USEC": "500000"], .milliseconds(500)),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"], nil),
            (["WATCHDOG_USEC": "0", "WATCHDOG_PID": "42"], nil),
            (["WATCHDOG_USEC": "soon"], nil),
            ([:], nil),
        ])
    func watchdog(_ variables: [String: String], _ expected: Duration?) {
        #expect(Self.manager(variables).watchdogInterval == expected)
    }
}
