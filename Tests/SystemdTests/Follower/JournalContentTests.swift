// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Systemd
import Testing

extension JournalFollowerTests {
    @Test("Values that no sane program writes")
    func hostileValues() throws {
        let lab = try JournalLab()
        let recorder = Recorder(lab.location)
        let socket = try lab.nativeSocket()
        let identifier = ("SYSLOG_IDENTIFIER", Array("lab".utf8))
        let long = [UInt8](repeating: 0x61, count: 150_000)
        socket.send([("MESSAGE", long), identifier])
        socket.send([("MESSAGE", [0x61, 0, 0x0a, 0xff, 0x62]), identifier])
        socket.send([("MESSAGE", Array("first".utf8)), ("MESSAGE", Array("second".utf8)), identifier])
        socket.send(
            (0..<1000).map { ("FIELD\($0)", Array("v".utf8)) } + [
                ("MESSAGE", Array("many".utf8)), identifier,
            ])
        socket.send([("PRIORITY", Array("99".utf8)), ("MESSAGE", Array("priority".utf8)), identifier])
        socket.send([("PRIORITY", Array("6".utf8)), identifier])
        socket.send([("MESSAGE", []), identifier])
        socket.send([("MESSAGE", Array("end 0".utf8)), identifier])
        #expect(recorder.waits(for: "end", 1))
        let messages = recorder.now.entries.map(\.message)
        #expect(messages.first?.utf8.count == JournalEntry.messageLimit)
        #expect(messages.contains("a\0\n\u{FFFD}b"))
        #expect(messages.contains("first") != messages.contains("second"))
        #expect(messages.contains("many"))
        #expect(recorder.now.entries.first { $0.message == "priority" }?.priority == .some(nil))
        #expect(messages.last == "end 0")
        #expect(recorder.counters.entriesRead == 8)
        recorder.expectQuiet()
    }

    /// klog writes a value with line ends as lines, and journald keeps each as an entry.
    @Test("A message over several entries comes as one, though nothing else would let its lines pass")
    func blocks() throws {
        let lab = try JournalLab()
        let recorder = Recorder(lab.location, passing: "end")
        let socket = try lab.nativeSocket()
        func send(_ text: String) {
            socket.send([("MESSAGE", Array(text.utf8)), ("SYSLOG_IDENTIFIER", Array("lab".utf8))])
        }
        send("\tnobody's")
        send("E1122 02:06:58.524726 7 run.go:74] \"command failed\" err=<")
        for line in ["\ta", "\tb", " >", "\tnobody's", "end 0"] { send(line) }
        #expect(recorder.waits(for: "end", 1))
        #expect(recorder.now.entries.map(\.message).first?.hasSuffix("err=<\n\ta\n\tb\n >") == true)
        // One that never ends is not kept for ever.
        send("E1122 02:06:59.524726 7 run.go:74] \"command failed\" err=<")
        #expect(eventually { recorder.now.entries.last?.message.hasSuffix("err=<") == true })
        #expect(eventually { recorder.now.positions.last?.entries == recorder.now.entries.count })
    }

    /// The cgroup hierarchies from which journald may take the unit of a process.
    static let hierarchies = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"]
        .filter { access($0 + "/cgroup.procs", W_OK) == 0 }

    @Test(
        "A unit's lines are matched by its cgroup, and suppressed ones are declared",
        .enabled(if: !hierarchies.isEmpty, "needs a writable cgroup hierarchy"))
    func suppression() throws {
        let lab = try JournalLab(["RateLimitIntervalSec=1s", "RateLimitBurst=10"])
        let unit = "crihealthd-test-\(getpid()).service"
        let recorder = Recorder(lab.location, matches: .unit(unit))
        let groups = Self.hierarchies.map { $0 + "/system.slice/" + unit }
        for group in groups {
            try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: true)
        }
        defer { groups.forEach { rmdir($0) } }
        let enter = groups.map { "echo $$ > \($0)/cgroup.procs; " }.joined()
        // The shell that becomes systemd-cat puts itself into the unit's cgroup.
        let script = """
            for n in $(seq 0 199); do echo "x $n"; done; sleep 2; echo "y 0"; sleep 0.2
            """
        let child = try Child(
            [
                "nsenter", "--mount=/proc/\(lab.pid)/ns/mnt", "--", "bash", "-c",
                "\(enter)exec systemd-cat bash -c '\(script)'",
            ])
        #expect(recorder.waits(for: "y", 1))
        child.wait()
        let window = try #require(recorder.now.blind.first { $0.reason == .suppressed })
        #expect(window.unit == unit)
        let seen = UInt64(recorder.numbers("x").count)
        #expect(seen >= 10 && seen < 200)
        #expect((window.entries ?? 0) + seen >= 200)
        let notice = try #require(recorder.now.entries.first { $0.messageID == MessageID.journalDropped })
        #expect(notice.source == .journald)
        #expect(recorder.now.entries.contains { $0.source == .unit && $0.unit == unit })
    }

    @Test("What PID 1 is matched by cannot be forged")
    func forgery() throws {
        let lab = try JournalLab()
        let recorder = Recorder(lab.location, matches: .unit("forged.service") | Recorder.matches)
        let socket = try lab.nativeSocket()
        socket.send([
            ("MESSAGE", "forged"), ("UNIT", "forged.service"), ("_PID", "1"),
            ("_SYSTEMD_UNIT", "forged.service"),
        ])
        socket.send([("MESSAGE", "end 0"), ("UNIT", "forged.service"), ("SYSLOG_IDENTIFIER", "lab")])
        #expect(recorder.waits(for: "end", 1))
        #expect(recorder.now.entries.map(\.message) == ["end 0"])
        #expect(recorder.now.entries.first?.source == .unit)
    }

    @Test("Memory is given back after a backlog")
    func memory() throws {
        let lab = try JournalLab(["Compress=no"])
        let socket = try lab.nativeSocket()
        let padding = String(repeating: "p", count: 1200)
        for number in 0..<40_000 {
            socket.send([
                ("MESSAGE", "x \(number)"), ("SYSLOG_IDENTIFIER", "lab"), ("PADDING", padding + "\(number)"),
            ])
        }
        let recorder = Recorder(lab.location)
        recorder.expectExactly("x", 40_000)
        #expect(
            eventually { Self.journalResident() < 16 << 20 },
            "\(Self.journalResident() >> 20) MiB are resident")
        try lab.write("y", 0..<100)
        recorder.expectExactly("y", 100)
    }

    /// Resident bytes of mapped journal files of this process.
    static func journalResident() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/smaps", encoding: .utf8) else { return .max }
        var isJournal = false
        var bytes = 0
        for line in text.split(separator: "\n") {
            if line.contains("-"), line.first?.isHexDigit == true { isJournal = line.contains(".journal") }
            if isJournal, line.hasPrefix("Rss:") {
                bytes += (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
            }
        }
        return bytes
    }

    @Test("Calls that fail say which, why and about what")
    func errors() throws {
        let error = #expect(throws: SystemdError.self) { try Journal(.directory("/nonexistent/journal")) }
        #expect(error?.errno == ENOENT)
        #expect(
            error?.description == "sd_journal_open_directory /nonexistent/journal: No such file or directory")
        let lab = try JournalLab()
        let journal = try Journal(lab.location)
        #expect(throws: SystemdError.self) {
            try journal.setMatches(JournalMatches(groups: [[.init("lower", "x")]]))
        }
        #expect(throws: SystemdError.self) { try journal.seek(cursor: "nonsense") }
        #expect(throws: SystemdError.self) { try journal.cursor() }
    }
}
