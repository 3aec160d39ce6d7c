// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Node

@Suite("Socket addresses")
struct SocketAddressTests {
    static let pairs: [(String, String, Bool)] = [
        ("127.0.0.1:1338", "0100007F:053A", true), ("127.0.0.1:1338", "0200007F:053A", false),
        ("127.0.0.1:1338", "0100007F:053B", false), ("0.0.0.0:1338", "0100007F:053A", true),
        (":1338", "0100007F:053A", true), ("*:1338", "0100007F:053A", true),
        ("localhost:1338", "0100007F:053A", true),
        ("127.0.0.1:18080", "00000000000000000000000000000000:46A0", true),
        ("[::]:18080", "00000000:46A0", true), ("[::1]:10010", "00000000000000000000000001000000:271A", true),
        ("127.0.0.1:18080", "0000000000000000FFFF00000100007F:46A0", true),
        ("[fe80::1%eth0]:80", "000080FE000000000000000001000000:0050", true),
        ("[2001:db8::a:1]:80", "B80D01200000000000000000" + "01000A00:0050", true),
        ("[::ffff:10.0.0.1]:80", "0100000A:0050", true),
        ("[1:2:3:4:5:6:7:8]:1", "02000100040003000600050008000700:0001", true),
    ]

    @Test("who keeps whom from binding", arguments: pairs)
    func conflicts(_ asked: String, _ table: String, _ conflicts: Bool) throws {
        let asked = try #require(SocketAddress(asked))
        let listening = try #require(SocketAddress(procNet: table))
        #expect(asked.conflicts(with: listening) == conflicts)
        #expect(listening.conflicts(with: asked) == conflicts)
    }

    static let none = [
        "", "1338", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0:1", "256.0.0.1:1",
        "[::1:1",
        "[1::2::3]:1", "[1:2:3:4:5:6:7]:1", "[1:2:3:4:5:6:7:8:9]:1", "[::12345]:1", "[g::]:1",
        "example.org:80", "[1.2.3.4:1::]:1",
    ]

    @Test("what is no address", arguments: none)
    func refused(_ text: String) { #expect(SocketAddress(text) == nil) }

    @Test(
        "what is no table entry",
        arguments: ["", "0100007F", "0100007F:", "0100007:053A", "0100007G:053A", "é100007F:0001"])
    func refusedEntry(_ text: String) { #expect(SocketAddress(procNet: text) == nil) }
}
