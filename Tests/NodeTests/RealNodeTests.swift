// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Testing

@testable import Node

@Suite("Answers from this machine")
struct RealNodeTests {
    private let inspector = NodeInspector(limits: .init(time: .seconds(10)))

    @Test("a process finds itself behind its TCP listener")
    func tcp() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try #require(bind(descriptor, $0, length) == 0)
                try #require(listen(descriptor, 1) == 0)
                try #require(getsockname(descriptor, $0, &length) == 0)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        for host in ["127.0.0.1", "0.0.0.0", "[::]"] {
            guard
                case .tcpListener(_, let holders)? = inspector.answer(
                    .tcpListener(address: "\(host):\(port)"))
            else {
                Issue.record("no answer")
                continue
            }
            #expect(holders.contains { $0.pid == getpid() })
        }
    }

    @Test("a process finds itself behind its unix socket, also when the file is gone")
    func unix() throws {
        let path = "/tmp/crihealthd-node-\(getpid()).sock"
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try withUnsafePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try #require(bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0)
            }
        }
        unlink(path)
        #expect(holders(of: path).isEmpty)
        try #require(listen(descriptor, 1) == 0)
        #expect(holders(of: path) == [getpid()])
    }

    private func holders(of path: String) -> [Int32] {
        guard case .unixListener(_, let holders)? = inspector.answer(.unixListener(path: path)) else {
            return []
        }
        return holders.map(\.pid)
    }

    @Test("this process, and one that is gone")
    func process() throws {
        guard case .process(_, let identity?)? = inspector.answer(.process(pid: getpid())) else {
            Issue.record("not found")
            return
        }
        #expect(!identity.name.isEmpty)
        #expect(["R", "S", "D"].contains(identity.state))
        #expect(inspector.answer(.process(pid: .max)) == .process(pid: .max, identity: nil))
    }

    @Test("file systems: each path asked for, also one that does not exist yet")
    func fileSystems() throws {
        let paths = ["/", "/tmp/crihealthd/not/there", "relative", "/proc"]
        guard case .fileSystems(let usages)? = inspector.answer(.fileSystems(paths: paths)) else {
            Issue.record("no answer")
            return
        }
        #expect(usages.map(\.path) == ["/", "/tmp/crihealthd/not/there", "/proc"])
        #expect(usages[0].totalBytes > 0 && usages[0].availableBytes <= usages[0].totalBytes)
        #expect(usages[2].totalBytes == 0 && usages[2].availableInodes == nil)
    }

    @Test("the boot and both clocks")
    func boot() {
        let boot = BootIdentity.current()
        #expect(boot.bootID.count == 32 && boot.bootID.allSatisfy(\.isHexDigit) && !boot.hostname.isEmpty)
        let first = Moment.now()
        let second = Moment.now()
        #expect(first.monotonic <= second.monotonic)
        #expect(abs(first.wall.microseconds - Int64(Date().timeIntervalSince1970 * 1_000_000)) < 60_000_000)
        #expect(BootIdentity.current(root: "/nowhere").bootID == "")
    }
}
