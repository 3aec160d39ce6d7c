// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Node

/// The names that a Prometheus may scrape a node by.
@Suite struct HostNamesTests {
    private func names(_ hostname: String, hosts: String = "", resolver: String = "") throws -> Set<String> {
        let root = FileManager.default.temporaryDirectory.appending(path: "names-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }
        let etc = root.appending(path: "etc")
        try FileManager.default.createDirectory(at: etc, withIntermediateDirectories: true)
        try Data(hosts.utf8).write(to: etc.appending(path: "hosts"))
        try Data(resolver.utf8).write(to: etc.appending(path: "resolv.conf"))
        return Set(HostNames.own(root: root.path, hostname: hostname))
    }

    @Test func aShortHostNameHasTheFullOnesThatFilesTell() throws {
        #expect(
            try names(
                "node7",
                hosts: "127.0.0.1\tlocalhost\n# 10.0.0.7 node7.old\n10.0.0.7 Node7.Example.com. node7 # it\n"
                    + "10.0.0.8 node8.example.com node8\n",
                resolver: "nameserver 10.0.0.2\nsearch old.example\nsearch eu.example.com example.com.\n")
                == ["node7", "node7.example.com", "node7.eu.example.com"])
    }

    @Test func aFullHostNameHasItsShortOne() throws {
        #expect(try names("ip-10-0-0-7.ec2.internal") == ["ip-10-0-0-7.ec2.internal", "ip-10-0-0-7"])
    }

    @Test func aNodeWithoutANameHasNone() throws {
        #expect(try names("", hosts: "10.0.0.7 a\n").isEmpty)
        // Everybody's own: what a hosts file has beside it is not this node's.
        #expect(try names("localhost", hosts: "127.0.0.1 localhost evil.example\n").isEmpty)
        #expect(try names("localhost.localdomain", hosts: "127.0.0.1 localhost evil.example\n").isEmpty)
    }

    @Test func theNumberIsBounded() throws {
        let many = (0..<1000).map { "alias\($0)" }.joined(separator: " ")
        #expect(try names("node7", hosts: "10.0.0.7 node7 \(many)\n").count == 64)
        #expect(HostNames.own(root: "/no/such", hostname: "n").sorted() == ["n"])
    }
}
