// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import HealthEndpoint

/// Addresses that can and cannot be bound.
@Suite(.serialized) struct ListenerTests {
    @Test func aTakenPortIsReportedAndTakenWhenItIsFree() throws {
        let holder = try PortHolder()
        let test = try TestServer(port: holder.port) {
            $0.bindRetry = .milliseconds(50)...Duration.milliseconds(200)
        }
        let first = try #require(
            test.reports.list.first { $0.address == .tcp(host: "127.0.0.1", port: holder.port) })
        guard case .failed(let failure, _) = first.outcome else {
            Issue.record("\(first)")
            return
        }
        #expect(failure.errno == EADDRINUSE)
        #expect(
            first.problem
                == "cannot listen on 127.0.0.1:\(holder.port): bind: Address already in use (errno 98)")
        #expect(try test.unix().get("/livez")?.status == 200)
        holder.release()
        #expect(test.reports.wait { $0.contains { $0.outcome == .listening(port: holder.port) } })
        #expect(try test.tcp().get("/livez")?.status == 200)
        // The same failure is reported once, however often it was tried.
        #expect(test.reports.list.filter { $0.problem != nil }.count == 1)
    }

    @Test func anAddressThatIsNotOursIsReported() throws {
        let test = try TestServer {
            $0.addresses = [.tcp(host: "192.0.2.1", port: 10274), .tcp(host: "example.org", port: 1)]
        }
        #expect(test.reports.list.count == 2)
        let problems = test.reports.list.compactMap(\.problem).sorted()
        #expect(
            problems.first
                == "cannot listen on 192.0.2.1:10274: bind: Cannot assign requested address (errno 99)")
        #expect(problems.last == "cannot listen on example.org:1: bind: example.org is not an IP address")
    }

    @Test func theSocketHasItsModeAndGoesAtTheEnd() throws {
        let old = umask(0o077)
        let test = try TestServer()
        umask(old)
        var status = stat()
        #expect(lstat(test.socketPath, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o660)
        #expect(try test.unix().get("/livez")?.status == 200)
        test.server.stop()
        #expect(lstat(test.socketPath, &status) != 0)
        #expect(throws: Client.Failure.self) { try test.unix() }
    }

    @Test func aStaleSocketIsReplaced() throws {
        let test = try TestServer()
        let path = test.directory.appending(path: "stale.sock").path
        let dead = try UnixSocketFile(path: path, mode: 0o600)
        close(dead.takeDescriptor())
        let second = try TestServer { $0.addresses = [.unix(path: path)] }
        #expect(second.reports.list.map(\.outcome) == [.listening(port: nil)])
        #expect(try Client(path: path).get("/livez")?.status == 200)
    }

    @Test func aSocketThatSomebodyServesIsLeftAlone() throws {
        let first = try TestServer()
        let second = try TestServer {
            $0.addresses = [.unix(path: first.socketPath)]
            $0.bindRetry = .milliseconds(50)...Duration.milliseconds(50)
        }
        let problem = try #require(second.reports.list.first?.problem)
        #expect(problem.hasSuffix("bind: another process listens on this socket (errno 98)"))
        #expect(try first.unix().get("/livez")?.status == 200)
        first.server.stop()
        #expect(second.reports.wait { $0.last?.outcome == .listening(port: nil) })
        #expect(try Client(path: first.socketPath).get("/livez")?.status == 200)
    }

    @Test func aFileThatIsNoSocketIsLeftAlone() throws {
        let directory = try TestServer()
        let path = directory.directory.appending(path: "file").path
        try Data("precious".utf8).write(to: URL(filePath: path))
        let test = try TestServer { $0.addresses = [.unix(path: path)] }
        #expect(test.reports.list.first?.problem?.contains("the file is not a socket") == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func aMissingDirectoryIsMadeAndATooLongPathIsReported() throws {
        let test = try TestServer()
        let path = test.directory.appending(path: "new/http.sock").path
        let second = try TestServer {
            $0.addresses = [.unix(path: path), .unix(path: "/tmp/" + String(repeating: "x", count: 120))]
        }
        #expect(try Client(path: path).get("/livez")?.status == 200)
        let failures = second.reports.list.compactMap(\.problem)
        #expect(failures.count == 1 && failures[0].hasSuffix("bind: File name too long (errno 36)"))
    }

    @Test func stopIsBoundedAndLetsAnswersEnd() throws {
        let test = try TestServer()
        let idle = try test.tcp()
        #expect(idle.get("/livez")?.status == 200)
        let stuck = try test.unix()
        stuck.send(String(repeating: "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 100))
        usleep(100_000)
        let clock = ContinuousClock()
        let took = clock.measure { test.server.stop() }
        // The deadline is 500 ms; the rest is room for a busy machine, far below the peer's own patience.
        #expect(took < .seconds(5))
        #expect(idle.readToEnd() == "")
        #expect(stuck.readToEnd() != nil)
        test.server.stop()
        test.server.start()
        test.server.publish(Fixtures.healthy)
        #expect(throws: Client.Failure.self) { try test.tcp() }
    }

    @Test(arguments: [
        ("127.0.0.1:10274", ListenAddress.loopback), ("localhost:1", .tcp(host: "127.0.0.1", port: 1)),
        ("[::1]:65535", .tcp(host: "::1", port: 65535)), ("0.0.0.0:0", .tcp(host: "0.0.0.0", port: 0)),
        ("unix:/run/x", .unix(path: "/run/x")), ("unix:///run/x", .unix(path: "/run/x")),
        ("/run/crihealthd/http.sock", .socket), ("example.org:1", nil), ("127.0.0.1", nil),
        ("127.0.0.1:x", nil),
        ("127.0.0.1:65536", nil), ("::1:80", nil), ("", nil), (":", nil), ("unix:x", nil), ("[::1]", nil),
    ])
    func addressesAreRead(text: String, expected: ListenAddress?) {
        #expect(ListenAddress(text) == expected)
        if let expected { #expect(ListenAddress(expected.description) == expected) }
    }
}

/// Listens on a port of its own until it is released.
final class PortHolder {
    let port: UInt16
    private var fd: Int32

    init() throws {
        fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let fd = fd
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(fd, pointer, size) == 0 && listen(fd, 1) == 0 && getsockname(fd, pointer, &size) == 0
            }
        }
        guard result else { throw Client.Failure(call: "bind", errno: errno) }
        port = UInt16(bigEndian: address.sin_port)
    }

    func release() {
        if fd >= 0 { close(fd) }
        fd = -1
    }

    deinit { release() }
}
