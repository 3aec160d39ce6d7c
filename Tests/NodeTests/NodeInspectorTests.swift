// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Node

@Suite("Answers from a node of files")
struct NodeInspectorTests {
    static let id = "e00926f8bb7ee31f0c11b4015721a39f406942609d2de52108f29fd6fde02cf4"
    static let header =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

    private func node() throws -> FakeNode {
        let node = try FakeNode()
        try node.write(
            "proc/net/tcp6",
            Self.header
                + "   0: 00000000000000000000000000000000:46A0 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 452173 1 000000004d9e0247 100 0 0 10 0\n"
                + "   1: 0000000000000000FFFF00000100007F:46A0 0000000000000000FFFF00000100007F:E94A 06 00000000:00000000 03:000013C7 00000000     0        0 0 3 000000009e70d9e9\n"
        )
        try node.write(
            "proc/net/tcp",
            Self.header
                + "   0: 0100007F:053A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1 0 100 0 0 10 0\n"
                + "   1: 0100007F:053A 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 888 1 0 20 4 30 10 -1\n"
                + "garbage\n")
        try node.write(
            "proc/net/unix",
            "Num       RefCount Protocol Flags    Type St Inode Path\n"
                + "0000000000000000: 00000002 00000000 00010000 0001 01 501 /var/run/crio/crio.sock\n"
                + "0000000000000000: 00000003 00000000 00000000 0001 03 502 /var/run/crio/crio.sock\n"
                + "0000000000000000: 00000002 00000000 00010000 0001 01 503 /tmp/with blank.sock\n"
                + "0000000000000000: 00000002 00000000 00010000 0005 01   504 @abstract\n"
                + "0000000000000000: 00000002 00000000 00000000 0002 01 505\n")
        try node.process(1, comm: "systemd", cgroup: "0::/init.scope", sockets: [501])
        try node.process(
            197, comm: "httpd", cmdline: "httpd -f -p 18080",
            cgroup: "0::/kubepods.slice/crio-\(Self.id).scope",
            sockets: [452_173])
        try node.process(
            216, comm: "so) R (cat", cmdline: "socat TCP-LISTEN:1338",
            cgroup: "0::/system.slice/porthog.service",
            sockets: [888, 777])
        try node.process(
            300, comm: "crio", cgroup: "0::/system.slice/crio.service", sockets: [502, 501, 503])
        return node
    }

    @Test("a listener of a lost container keeps the port")
    func container() throws {
        let node = try node()
        let answer = node.inspector().answer(.tcpListener(address: "0.0.0.0:18080"))
        let holder = ProcessIdentity(
            pid: 197, name: "httpd", state: "S",
            unit: "crio-\(Self.id).scope",
            containerID: Self.id)
        #expect(answer == .tcpListener(address: "0.0.0.0:18080", holders: [holder]))
    }

    @Test("another unit has the port; its connections do not count")
    func unit() throws {
        let node = try node()
        guard
            case .tcpListener(_, let holders)? = node.inspector().answer(
                .tcpListener(address: "127.0.0.1:1338"))
        else {
            Issue.record("no answer")
            return
        }
        #expect(holders.map(\.label) == ["so) R (cat (pid 216, porthog.service)"])
        #expect(holders.first?.state == "S")
        #expect(
            node.inspector().answer(.tcpListener(address: "127.0.0.1:9"))
                == .tcpListener(address: "127.0.0.1:9", holders: []))
        #expect(node.inspector().answer(.tcpListener(address: "no address")) == nil)
    }

    static let sockets: [(String, [Int32])] = [
        ("/run/crio/crio.sock", [1, 300]), ("/var/run/crio/crio.sock", [1, 300]),
        ("/tmp/with blank.sock", [300]),
        ("/tmp/with", []), ("/nowhere", []), ("", []),
    ]

    @Test("unix listeners", arguments: sockets)
    func unixListener(_ path: String, _ pids: [Int32]) throws {
        let node = try node()
        guard case .unixListener(let asked, let holders)? = node.inspector().answer(.unixListener(path: path))
        else {
            Issue.record("no answer")
            return
        }
        #expect(asked == path && holders.map(\.pid) == pids)
    }

    @Test("a scan ends at its bounds")
    func bounds() throws {
        let node = try node()
        func pids(_ limits: NodeInspector.Limits) -> [Int32] {
            guard
                case .unixListener(_, let holders)? = node.inspector(limits).answer(
                    .unixListener(path: "/run/crio/crio.sock"))
            else { return [] }
            return holders.map(\.pid)
        }
        #expect(pids(.init()) == [1, 300])
        #expect(pids(.init(holders: 1)) == [1])
        #expect(pids(.init(descriptors: 4)) == [1])
        #expect(pids(.init(processes: 0)) == [])
        #expect(pids(.init(time: .zero)) == [])
    }

    @Test("no answer tells what a process was started with")
    func secrets() throws {
        let node = try node()
        try node.process(
            400, comm: "mysqld", cmdline: "mysqld --password=hunter2", cgroup: "0::/system.slice/db.service",
            sockets: [452_173, 501])
        try node.process(
            401, comm: "conmon", cmdline: "conmon -c \(Self.id) -n x --runtime-arg hunter2 --env T=hunter2",
            cgroup: "0::/machine.slice/crio-conmon-\(Self.id).scope")
        for inquiry: Inquiry in [
            .process(pid: 400), .tcpListener(address: "0.0.0.0:18080"), .tcpListeners, .containerProcesses,
            .unixListener(path: "/run/crio/crio.sock"),
        ] {
            let answer = try #require(node.inspector().answer(inquiry))
            let text = String(decoding: try JSONEncoder().encode(answer), as: UTF8.self)
            #expect(!text.contains("hunter2"), "\(inquiry): \(text)")
        }
    }

    @Test("processes: gone, hostile, and none")
    func process() throws {
        let node = try FakeNode()
        try node.process(7, comm: "a\u{1b}[2J\nb", cmdline: String(repeating: "x ", count: 5000))
        guard case .process(7, let identity?)? = node.inspector().answer(.process(pid: 7)) else {
            Issue.record("no answer")
            return
        }
        #expect(identity.name == "a [2J b")
        try node.write("proc/8/stat", "8 no parentheses")
        for pid: Int32 in [8, 9, 0, -1] {
            #expect(node.inspector().answer(.process(pid: pid)) == .process(pid: pid, identity: nil))
        }
    }

    @Test("binaries by name and by path")
    func binary() throws {
        let node = try FakeNode()
        try node.write("usr/local/bin/runc", "", mode: 0o755)
        try node.write("usr/sbin/runc", "", mode: 0o755)
        try node.write("usr/local/sbin/runc", "", mode: 0o644)
        try node.write("usr/bin/crun/x", "")
        let cases: [(String, String?)] = [
            ("runc", "/usr/local/bin/runc"), ("/usr/sbin/runc", "/usr/sbin/runc"),
            ("/usr/local/sbin/runc", nil),
            ("crun", nil), ("", nil), ("../bin/runc", nil),
        ]
        for (name, path) in cases {
            #expect(node.inspector().answer(.binary(name: name)) == .binary(name: name, path: path))
        }
    }

    @Test("what is not the node's to answer")
    func others() {
        #expect(NodeInspector().answer(.unit("x.service")) == nil)
        #expect(NodeInspector().answer(.probe(.wellKnown[0], from: .socket)) == nil)
    }
}
