// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthEndpoint
import HealthModel
import Testing

/// Socket activation: the listening socket is somebody else's and outlives the server.
@Suite struct PassedListenerTests {
    private let directory = URL(filePath: "/tmp/he-\(getpid())-\(UInt32.random(in: 0 ... .max))")

    private func listen(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        try #require(bound == 0 && Foundation.listen(descriptor, 16) == 0)
        return descriptor
    }

    private func serve(_ descriptor: Int32, _ path: String) throws -> TestServer {
        try TestServer {
            $0.addresses = []
            $0.passed = [PassedListener(address: .unix(path: path), descriptor: descriptor)]
        }
    }

    @Test func aRequestDuringARestartIsAnsweredAfterIt() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "passed.sock").path
        let descriptor = try listen(path)
        defer { close(descriptor) }

        let first = try serve(descriptor, path)
        #expect(try Client(path: path).get("/livez")?.status == 200)
        first.server.stop()
        #expect(FileManager.default.fileExists(atPath: path))

        let waiting = try Client(path: path)
        waiting.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let second = try serve(descriptor, path)
        #expect(waiting.answer()?.status == 200)
        second.server.stop()
    }

    @Test func aDescriptorThatIsNoneIsReported() throws {
        let server = try serve(-1, "/nowhere")
        #expect(server.reports.list.contains { $0.problem?.contains("Bad file descriptor") == true })
        server.server.stop()
    }
}
