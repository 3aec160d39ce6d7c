// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Systemd
import Testing

extension JournalFollowerTests {
    @Test("Four hundred files")
    func manyFiles() throws {
        let lab = try JournalLab(["SystemMaxFiles=1000", "SystemMaxFileSize=512K", "SystemMaxUse=2G"])
        let socket = try lab.nativeSocket()
        for number in 0..<400 {
            socket.send([("MESSAGE", "x \(number)"), ("SYSLOG_IDENTIFIER", "lab")])
            lab.signal(SIGUSR2)
            try #require(eventually { lab.archivedFiles().count > number })
        }
        let recorder = Recorder(lab.location)
        recorder.expectExactly("x", 400)
        try lab.write("y", 0..<1000)
        recorder.expectExactly("y", 1000)
        #expect(recorder.now.blind.isEmpty)
        recorder.follower.setCadence(.calm)
        recorder.expectQuiet(descriptors: 700)
        recorder.stop()
    }

    @Test("A file with a feature that libsystemd does not know is reported, the others are read")
    func newerFormat() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<100)
        try #require(eventually { lab.written() == 100 })
        try lab.rotate()
        let newer = try #require(lab.archivedFiles().first)
        try Self.addIncompatibleFlag(newer)
        try lab.write("x", 100..<200)
        let recorder = Recorder(lab.location)
        try lab.write("x", 200..<300)
        #expect(recorder.waits(for: "x", 300))
        #expect(recorder.numbers("x") == Array(100..<300))
        #expect(recorder.now.blind.map(\.reason) == [.damaged])
        let window = try #require(recorder.now.blind.first)
        #expect(window.from != nil && window.to != nil)
        // A second one, while the first is not reported again.
        let copy = lab.machineDirectory + "/system@newer.journal"
        try FileManager.default.copyItem(atPath: newer, toPath: copy)
        #expect(eventually { recorder.now.blind.count == 2 })
        recorder.expectQuiet()
        #expect(recorder.now.blind.count == 2)
    }

    private static func addIncompatibleFlag(_ path: String) throws {
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: 15)
        let highest = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: 15)
        try file.write(contentsOf: [highest | 0x40])
        try file.close()
    }

    @Test(
        "Users' own files stay out, and what users write does not mix into the rest",
        .enabled(if: access("/usr/bin/setpriv", X_OK) == 0, "needs setpriv"))
    func userFiles() throws {
        let lab = try JournalLab()
        let recorder = Recorder(lab.location)
        for part in 0..<4 {
            try lab.write("x", (part * 100)..<(part * 100 + 100))
            let lines = (part * 100)..<(part * 100 + 100)
            try Data(lines.map { "user \($0)\n" }.joined().utf8).write(
                to: URL(fileURLWithPath: lab.directory("lines")))
            try lab.runAs(1000, ["systemd-cat", "-t", "lab", "cat"], input: lab.directory("lines"))
            if part == 1 { lab.signal(SIGUSR2) }
        }
        try #require(eventually { lab.journalFiles().contains { $0.hasSuffix("/user-1000.journal") } })
        try lab.write("x", 400..<500)
        recorder.expectExactly("x", 500)
        #expect(recorder.numbers("user").isEmpty)
        #expect(recorder.now.blind.isEmpty)
        recorder.expectQuiet()
    }

    @Test(
        "Nobody but the service itself can speak as a unit",
        .enabled(if: access("/usr/bin/setpriv", X_OK) == 0, "needs setpriv"))
    func forgedByUser() throws {
        let lab = try JournalLab()
        let recorder = Recorder(
            lab.location, matches: .unit("containerd.service") | .conmon | .journalLoss | Recorder.matches)
        let fields = """
            MESSAGE=forged
            SYSLOG_IDENTIFIER=conmon
            UNIT=containerd.service
            OBJECT_SYSTEMD_UNIT=containerd.service
            COREDUMP_UNIT=containerd.service
            MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1
            _PID=1
            _UID=0
            _SYSTEMD_UNIT=containerd.service
            _COMM=conmon
            _TRANSPORT=driver

            """
        try Data(fields.utf8).write(to: URL(fileURLWithPath: lab.directory("fields")))
        // A user below 1000 has no file of its own: its entries are in the system's.
        try lab.runAs(999, ["logger", "--journald"], input: lab.directory("fields"))
        try lab.runAs(999, ["systemd-cat", "-t", "lab", "echo", "seen 0"])
        try lab.write("end", 0..<1)
        #expect(recorder.waits(for: "end", 1))
        #expect(recorder.waits(for: "seen", 1))
        #expect(Set(recorder.now.entries.map(\.message)) == ["seen 0", "end 0"])
        let seen = try #require(recorder.now.entries.first { $0.message == "seen 0" })
        #expect(seen.source == .unit)
        #expect(seen.unit != "containerd.service")
        let everything = Recorder(lab.location, matches: .everything)
        #expect(eventually { everything.now.entries.contains { $0.message == "forged" } })
        #expect(everything.now.entries.first { $0.message == "forged" }?.source == .unit)
    }
}
