// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import crihealthd

@Suite struct AddressMaskTests {
    private func masked(_ text: String) -> String {
        var mask = AddressMask()
        return String(decoding: mask.mask(Array(text.utf8)), as: UTF8.self)
    }

    @Test(
        "an address becomes another one, the same for the same one",
        arguments: [
            (
                "dial tcp 10.4.0.7:6443: connect: connection refused",
                "dial tcp 198.18.0.1:6443: connect: connection refused"
            ),
            ("10.4.0.7 10.4.0.8 10.4.0.7.", "198.18.0.1 198.18.0.2 198.18.0.1."),
            (#"{"ip":"10.4.0.7","net":"10.4.0.0/24"}"#, #"{"ip":"198.18.0.1","net":"198.18.0.2/24"}"#),
            ("listen tcp [fd00:1:2::9]:10250: bind", "listen tcp [2001:db8::1]:10250: bind"),
            ("to fe80::1%eth0: no route", "to 2001:db8::1%eth0: no route"),
            ("to fd00:1:2::9: no route", "to 2001:db8::1: no route"),
            ("no route to fd00:1:2::9.", "no route to 2001:db8::1."),
            ("2001:470:1:2:3:4:5:6/64", "2001:db8::1/64"), ("fd00::/8", "2001:db8::1/8"),
            ("fd00:1:2::9 FD00:1:2::9 fd00:1:2:0::9", "2001:db8::1 2001:db8::1 2001:db8::1"),
            (#"two\n10.4.0.7\tlines"#, #"two\n198.18.0.1\tlines"#), ("“10.4.0.7”", "“198.18.0.1”"),
            ("lookup on 10.96.0.10:53: no such host", "lookup on 198.18.0.1:53: no such host"),
            // Go's %+v and maps.
            ("&{IP:10.4.0.7 Mask:ffffff00}", "&{IP:198.18.0.1 Mask:ffffff00}"),
            ("map[podIP:10.4.0.7]", "map[podIP:198.18.0.1]"), ("addr:10.4.0.7:6443", "addr:198.18.0.1:6443"),
            ("IP:fd00:1:2::9", "IP:2001:db8::1"), ("iface:fd00::9", "iface:2001:db8::1"),
            ("0:10.4.0.7", "0:198.18.0.1"), ("10.4.0.7:10.4.0.8", "198.18.0.1:198.18.0.2"),
            ("[::ffff:10.4.0.7]:443 10.4.0.7", "[::ffff:198.18.0.1]:443 198.18.0.1"),
            ("64:ff9b::10.4.0.7", "2001:db8::1"), ("é10.4.0.7", "é198.18.0.1"),
            ("kube-proxy-10.4.0.7_kube-system(uid)", "kube-proxy-198.18.0.1_kube-system(uid)"),
            (#"\u001b[31m10.4.0.7"#, #"\u001b[31m198.18.0.1"#), ("data10.4.0.7", "data198.18.0.1"),
        ])
    func masks(_ text: String, _ expected: String) { #expect(masked(text) == expected) }

    @Test(
        "what names no node stays, and what is no address",
        arguments: [
            "127.0.0.1:10248", "0.0.0.0:80", "[::]:18080", "[::1]:9099",
            "0::/system.slice/containerd.service",
            "StreamServerAddress:127.0.0.1 StreamServerPort:0", "[::ffff:127.0.0.1]:59724",
            "containerd 1.7.24", "19:02:30.992569", "02:42:ac:11:00:02", "Mac:02:42:ac:11:00:02", "std::dead",
            "1.2.3.400", "1.2.3", "1.2.3.4.5", "1.2.3.4567", "a:b:c", "", ":", "::", ":::", "dead.beef", "1.",
            ".1.2.3",
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "ip-10-4-0-7", "2026-11-30T19:02:30Z", "0:0", #"{"a":1,"b":{"c":2.5}}"#, #"\"#, "foo::bar",
        ])
    func keeps(_ text: String) { #expect(masked(text) == text) }

    @Test func theTableIsBounded() {
        var mask = AddressMask()
        for number in 0..<(AddressMask.limit + 300) {
            let text = "10.\(number >> 16).\(number >> 8 & 0xff).\(number & 0xff)"
            let masked = String(decoding: mask.mask(Array(text.utf8)), as: UTF8.self)
            if number >= AddressMask.limit { #expect(masked == "198.19.0.0") }
        }
    }
}
