// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import crihealthd

/// Each way in which a line can begin.
@Suite struct TextHeadTests {
    private func entries(_ text: String, file: String? = nil) -> [JournalEntry] {
        var journal = TextJournal(now: TextClockTests.now, file: file)
        var entries: [JournalEntry] = []
        journal.feed(text.utf8.span) { entries.append($0) }
        journal.finish { entries.append($0) }
        return entries
    }

    /// A head, and what it tells of time (where it has one), unit and message.
    struct Row: Sendable, CustomTestStringConvertible {
        var line: String
        var wall: String?
        var unit: String?
        var source = JournalEntry.Source.unit
        var message = "x"
        var testDescription: String { line }
    }

    static let rows: [Row] = [
        // journalctl, short: no year; rsyslog's traditional files.
        .init(
            line: "Jun 12 12:23:42 node1 kubelet[17481]: x", wall: "2026-06-12T12:23:42.000000Z",
            unit: "kubelet.service"),
        .init(
            line: "Dec  9 09:52:01.898146 qemu0 crio[1385]: x", wall: "2025-12-09T09:52:01.898146Z",
            unit: "crio.service"),
        .init(
            line: "Dec 22 08:00:00 node1 kubelet: x", wall: "2025-12-22T08:00:00.000000Z",
            unit: "kubelet.service"),
        .init(
            line: "Jun 12 2024 12:23:42 node1 kubelet: x", wall: "2024-06-12T12:23:42.000000Z",
            unit: "kubelet.service"),
        // --no-hostname
        .init(
            line: "Jun 12 12:23:42 kubelet[17481]: x", wall: "2026-06-12T12:23:42.000000Z",
            unit: "kubelet.service"),
        // short-iso of v219 to v254, and of v255; rsyslog's new files
        .init(
            line: "2024-06-12T12:23:42+0200 node1 containerd[1]: x", wall: "2024-06-12T10:23:42.000000Z",
            unit: "containerd.service"),
        .init(
            line: "2024-06-12T12:23:42.5-07:00 node1 containerd[1]: x", wall: "2024-06-12T19:23:42.500000Z",
            unit: "containerd.service"),
        .init(
            line: "2024-02-07T02:45:40.739274+00:00 node1 dockerd[22938]: x",
            wall: "2024-02-07T02:45:40.739274Z", unit: "docker.service"),
        // short-full, with-unit, short-unix, short-monotonic, short-delta
        .init(
            line: "Wed 2024-06-12 12:23:42 CEST node1 cri-dockerd[7]: x", wall: "2024-06-12T10:23:42.000000Z",
            unit: "cri-docker.service"),
        .init(
            line: "Wed 2024-06-12 12:23:42 UTC node1 kubelet.service[7]: x",
            wall: "2024-06-12T12:23:42.000000Z", unit: "kubelet.service"),
        .init(
            line: "Mi 2024-06-12 12:23:42 +0530 node1 kubelet[7]: x", wall: "2024-06-12T06:53:42.000000Z",
            unit: "kubelet.service"),
        .init(
            line: "1718194782.123456 node1 rke2[9]: x", wall: "2024-06-12T12:19:42.123456Z",
            unit: "rke2-server.service"),
        .init(line: "[   12.345678] node1 k3s[9]: x", unit: "k3s.service"),
        .init(line: "[   12.345678 <    1.000001 >] node1 k3s[9]: x", unit: "k3s.service"),
        // syslog on the wire: RFC 3164, RFC 5424
        .init(
            line: "<30>Jun 12 12:23:42 node1 kubelet[1]: x", wall: "2026-06-12T12:23:42.000000Z",
            unit: "kubelet.service"),
        .init(
            line: "<30>1 2024-06-12T12:23:42Z node1 kubelet 17 - - x", wall: "2024-06-12T12:23:42.000000Z",
            unit: "kubelet.service"),
        // the kernel's: dmesg, -T, --time-format=iso through journald
        .init(line: "[7438185.617430] x", source: .kernel),
        .init(line: "[Wed Jun 12 12:23:42 2024] x", wall: "2024-06-12T12:23:42.000000Z", source: .kernel),
        .init(line: "Jun 12 12:23:42 node1 kernel: x", wall: "2026-06-12T12:23:42.000000Z", source: .kernel),
        // its time cut off
        .init(line: "kubelet[2043933]: x", unit: "kubelet.service"),
        .init(line: "kubelet.service[2043933]: x", unit: "kubelet.service"),
        // snaps, children before exec, shims, strangers
        .init(
            line: "Oct 17 10:42:33 node1 microk8s.daemon-containerd[4]: x",
            unit: "snap.microk8s.daemon-containerd.service"),
        .init(line: "Oct 17 10:42:33 node1 (containerd)[4]: x", unit: "containerd.service"),
        .init(line: "Oct 17 10:42:33 node1 sshd[4]: x", unit: "sshd.service"),
        .init(line: "Oct 17 10:42:33 node1 conmon[4]: x", source: .conmon),
        // months in other tongues
        .init(
            line: "Mär 12 12:23:42 node1 kubelet[1]: x", wall: "2026-03-12T12:23:42.000000Z",
            unit: "kubelet.service"),
        .init(
            line: "févr. 12 12:23:42 node1 kubelet[1]: x", wall: "2026-02-12T12:23:42.000000Z",
            unit: "kubelet.service"),
        .init(
            line: "11月 12 12:23:42 node1 kubelet[1]: x", wall: "2026-11-12T12:23:42.000000Z",
            unit: "kubelet.service"),
        .init(
            line: "дек 12 12:23:42 node1 kubelet[1]: x", wall: "2025-12-12T12:23:42.000000Z",
            unit: "kubelet.service"),
        // what mail, Markdown, grep and kubectl put in front
        .init(
            line: "> Jun 12 12:23:42 node1 kubelet[1]: x", wall: "2026-06-12T12:23:42.000000Z",
            unit: "kubelet.service"),
        .init(
            line: "> > 17:Jun 12 12:23:42 node1 kubelet[1]: x", wall: "2026-06-12T12:23:42.000000Z",
            unit: "kubelet.service"),
        .init(
            line: "\u{1B}[1;31mJun 12 12:23:42 node1 kubelet[1]: x\u{1B}[0m\r",
            wall: "2026-06-12T12:23:42.000000Z", unit: "kubelet.service"),
    ]

    @Test(arguments: rows) func oneLine(_ row: Row) throws {
        let entry = try #require(entries(row.line).first)
        if let wall = row.wall { #expect(entry.at.wall.description == wall) }
        #expect(entry.unit == row.unit)
        #expect(entry.source == row.source)
        #expect(entry.message == row.message)
    }

    /// Lines that are the message themselves: whose they are is in their words.
    @Test(arguments: [
        (
            #"time="2021-03-18T16:51:00.5+08:00" level=error msg="StartContainer for \"5c\" failed""#,
            "containerd.service"
        ),
        (
            #"time="2026-02-09T00:04:06.05Z" level=info msg="Stopping container: 45 (timeout: 30s)" id=a7d92b75"#,
            "crio.service"
        ),
        (
            #"time="2023-06-06T06:44:14Z" level=info msg="Processing event" module=libcontainerd"#,
            "docker.service"
        ),
        ("E0711 15:11:18.917687   24727 cni.go:227] Error while adding to cni network: x", "kubelet.service"),
        (
            #"2024-02-07T02:45:40.739274123Z stderr F E0207 02:45:40.738973   24578 remote_runtime.go:176] "x""#,
            "kubelet.service"
        ),
        (
            #"2024-02-07T02:45:40.739274123Z E0207 02:45:40.738973   24578 remote_runtime.go:176] "x""#,
            "kubelet.service"
        ),
        (
            #"[pod/kubelet-x/kubelet] E0207 02:45:40.738973   24578 remote_runtime.go:176] "x""#,
            "kubelet.service"
        ),
    ])
    func bareLines(_ line: String, _ unit: String) throws {
        let entry = try #require(entries(line).first)
        #expect(entry.unit == unit)
        #expect(entry.source == .unit)
        #expect(entry.message.hasPrefix("time=") || entry.message.hasPrefix("E0"))
    }

    @Test func theNameOfAFileTellsWhoWroteIt() {
        let line = #"time="2021-03-18T16:51:00Z" level=info msg="x""#
        #expect(entries(line, file: TextFiles.unit("/var/log/crio/crio.log")).first?.unit == "crio.service")
        #expect(
            entries(line, file: TextFiles.unit("agent/containerd.log")).first?.unit == "containerd.service")
        #expect(TextFiles.unit("messages") == nil)
    }

    // MARK: Time

    @Test func aYearIsTakenFromWhereTheTextTellsIt() {
        let told = entries(
            """
            -- Logs begin at Wed 2020-03-04 12:00:00 UTC, end at Thu 2020-03-05 12:00:00 UTC. --
            Mar 04 12:41:59 node1 kubelet[1]: x
            """)
        #expect(told.first?.at.wall.date == "2020-03-04")
        let payload = entries(
            #"Mar 04 12:41:59 node1 crio[1]: time="2021-03-04 12:41:59.1Z" level=info msg="x""#)
        #expect(payload.first?.at.wall.date == "2021-03-04")
    }

    @Test func theYearTurns() {
        let lines = entries("Dec 31 23:59:59 n kubelet[1]: x\nJan  1 00:00:01 n kubelet[1]: y")
        #expect(lines.map(\.at.wall.date) == ["2025-12-31", "2026-01-01"])
    }

    @Test func linesWithoutAZoneHaveThatOfTheirNeighbours() {
        let lines = entries(
            """
            time="2024-07-26T14:07:15+08:00" level=info msg="RunPodSandbox for x"
            W0726 14:07:15.942218    7512 logging.go:59] y
            """)
        #expect(
            lines.map(\.at.wall.description) == [
                "2024-07-26T06:07:15.000000Z", "2024-07-26T06:07:15.942218Z",
            ])
    }

    @Test func theMonotonicClockFollows() {
        let lines = TextOrder.arrange(
            entries(
                "Jun 12 12:00:00 n kubelet[1]: a\nJun 12 12:00:00 n kubelet[1]: b\nJun 12 12:00:05 n kubelet[1]: c"
            ))
        let times = lines.map(\.at.monotonic)
        #expect(times[1] - times[0] == .microseconds(1))
        #expect(times[2] - times[1] == .seconds(5))
    }

    /// One log pasted behind another is interleaved; a clock that was set back is none.
    @Test func twoLogsBecomeOne() {
        let lines = TextOrder.arrange(
            entries(
                """
                Jun 12 12:00:00 n kubelet[1]: a
                Jun 12 12:00:10 n kubelet[1]: c
                Jun 12 12:00:05 n containerd[1]: b
                """))
        #expect(lines.map(\.message) == ["a", "b", "c"])
        let stepped = TextOrder.arrange(
            entries(
                "Jun 12 12:00:10 n kubelet[1]: a\nJun 12 12:00:05 n kubelet[1]: b\nJun 12 12:00:06 n kubelet[1]: c"
            ))
        #expect(stepped.map(\.message) == ["a", "b", "c"])
        #expect(zip(stepped, stepped.dropFirst()).allSatisfy { $0.at.monotonic < $1.at.monotonic })
    }

    @Test func newestFirstIsTurnedRound() {
        let text = (0..<9).map { "Jun 12 12:00:0\(9 - $0) n kubelet[1]: \($0)" }.joined(separator: "\n")
        #expect(TextOrder.arrange(entries(text)).map(\.message) == (0..<9).reversed().map(String.init))
    }

    @Test func aBootIsToldFromTheNext() {
        let lines = entries(
            "Jun 12 12:00:00 n kubelet[1]: a\n-- Boot 0123456789abcdef0123456789abcdef --\nJun 12 12:01:00 n kubelet[1]: b"
        )
        #expect(lines[0].bootID != lines[1].bootID)
    }

    /// `journalctl -x` explains entries below them, behind `--` before v246 and behind `░░` since.
    @Test(arguments: ["░░ ", "-- "])
    func whatTheCatalogExplainsIsNoPartOfAMessage(_ mark: String) {
        let all = entries(
            """
            Jun 12 12:00:00 n systemd[1]: crio.service: Failed with result 'exit-code'.
            \(mark)Subject: Unit failed
            \(mark)
            \(mark)The unit crio.service has entered the 'failed' state with result 'exit-code'.
            Jun 12 12:00:00 n systemd[1]: Failed to start Container Runtime Interface for OCI (CRI-O).
            \(mark)Subject: A start job for unit crio.service has failed
            """)
        #expect(
            all.map(\.message) == [
                "crio.service: Failed with result 'exit-code'.",
                "Failed to start Container Runtime Interface for OCI (CRI-O).",
            ])
        #expect(all.map(\.messageID) == [MessageID.unitFailed, MessageID.unitFailedToStart])
    }

    // MARK: Several lines

    @Test func whatHasNoHeadGoesOn() throws {
        let all = entries(
            "Jun 12 12:00:00 n kubelet[1]: a\n                              b\nc\nJun 12 12:00:01 n kubelet[1]: d"
        )
        #expect(all.map(\.message) == ["a\nb\nc", "d"])
    }

    @Test func aBlockOfKlogIsOneMessage() throws {
        let text = """
            Feb 05 10:58:14 n kubelet[12]: E0205 10:58:14.9 12 run.go:72] "command failed" err=<
            Feb 05 10:58:14 n kubelet[12]:         first
            Feb 05 10:58:14 n kubelet[12]:         second
            Feb 05 10:58:14 n kubelet[12]:  > pod="a/b"
            Feb 05 10:58:14 n kubelet[12]: I0205 10:58:15.0 12 x.go:1] next
            """
        let all = entries(text)
        #expect(all.count == 2)
        #expect(all[0].message.contains("first\n") && all[0].message.hasSuffix(" > pod=\"a/b\""))
        let bare = entries(
            "E0205 10:58:14.9 12 run.go:72] \"failed\" err=<\n\tfirst\n >\nI0205 10:58:15.0 12 x.go:1] next")
        #expect(bare.count == 2)
    }

    @Test func aPanicOfALogWithoutHeadsIsItsOwnLine() {
        let all = entries(
            "time=\"2024-07-26T14:07:15Z\" level=info msg=\"RunPodSandbox for x\"\npanic: y\n\ngoroutine 1 [running]:\n\tmain.go:1"
        )
        #expect(
            all.map(\.message) == [
                "time=\"2024-07-26T14:07:15Z\" level=info msg=\"RunPodSandbox for x\"", "panic: y",
                "goroutine 1 [running]:\n\tmain.go:1",
            ])
        #expect(all.allSatisfy { $0.unit == "containerd.service" })
    }
}
