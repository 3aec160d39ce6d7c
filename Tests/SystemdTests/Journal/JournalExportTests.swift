// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Testing

@testable import Systemd

@Suite struct JournalExportTests {
    static let recordings = ["containerd-1.6.20-kill9", "crio-1.29.9-oom"]
    static let importer = "/lib/systemd/systemd-journal-remote"

    static func recording(_ name: String) throws -> [UInt8] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/\(name).export.gz").path
        let directory = TemporaryDirectory()
        try #require(try Child.run(["gzip", "-dc", file], output: directory("out")) == 0)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory("out"))))
    }

    @Test(
        "libsystemd reads the same entries from the recording", .enabled(if: access(importer, X_OK) == 0),
        arguments: recordings)
    func sameAsLibsystemd(_ name: String) throws {
        let stream = try Self.recording(name)
        let directory = TemporaryDirectory()
        try Data(stream).write(to: URL(fileURLWithPath: directory("in")))
        let status = try Child.run(
            [Self.importer, "--split-mode=none", "-o", directory("system.journal"), "-"],
            input: directory("in"))
        try #require(status == 0)
        let journal = try Journal(.files([directory("system.journal")]))
        try journal.seekHead()
        var expected: [JournalEntry] = []
        while try journal.next() {
            // The importer numbers entries anew.
            var entry = try journal.entry()
            entry.cursor = ""
            expected.append(entry)
        }
        let parsed = try JournalExport.entries(in: stream).map {
            var entry = $0
            entry.cursor = ""
            return entry
        }
        #expect(parsed.count > 200)
        #expect(parsed == expected)
    }

    @Test(
        "An entry is of the boot that its own field names, else of its cursor's",
        arguments: [
            ("_BOOT_ID=0123456789abcdef0123456789abcdef\n", "0123456789abcdef0123456789abcdef"),
            ("", "ffffffffffffffffffffffffffffffff"),
            ("_BOOT_ID=nonsense\n", "ffffffffffffffffffffffffffffffff"),
        ])
    func boot(_ field: String, _ expected: String) throws {
        let cursor =
            "s=\(String(repeating: "a", count: 32));i=1;b=\(String(repeating: "f", count: 32));m=1;t=1;x=1"
        let text =
            "__CURSOR=\(cursor)\n__REALTIME_TIMESTAMP=1\n__MONOTONIC_TIMESTAMP=1\n\(field)MESSAGE=x\n\n"
        let entry = try #require(try JournalExport.entries(in: Array(text.utf8)).first)
        #expect(entry.bootID == expected)
    }

    @Test("The recording says who speaks")
    func sources() throws {
        let entries = try JournalExport.entries(in: Self.recording("crio-1.29.9-oom"))
        let oom = try #require(entries.first { $0.message.hasSuffix("OOM event received") })
        #expect(oom.source == .conmon)
        #expect(oom.identifier == "conmon")
        let started = try #require(
            entries.first { $0.messageID == MessageID.unitStarted && $0.unit == "crio.service" })
        #expect(started.source == .manager)
        #expect(started.fields["JOB_RESULT"] == "done")
        #expect(entries.contains { $0.source == .unit && $0.unit == "crio.service" })
        #expect(entries.allSatisfy { !$0.cursor.isEmpty })
    }

    @Test("However the stream is cut into pieces", arguments: [1, 2, 3, 7, 64, 4096])
    func pieces(_ size: Int) throws {
        let stream = Array(try Self.recording("crio-1.29.9-oom").prefix(size < 8 ? 40_000 : .max))
        let whole = Self.parse(stream, in: stream.count)
        let parts = Self.parse(stream, in: size)
        #expect(parts.entries == whole.entries)
        #expect(parts.error == whole.error)
        #expect(!parts.entries.isEmpty)
    }

    static func parse(_ stream: [UInt8], in size: Int) -> (
        entries: [JournalEntry], error: JournalExportError?
    ) {
        var parser = JournalExport()
        var entries: [JournalEntry] = []
        do throws(JournalExportError) {
            var start = 0
            while start < stream.count {
                let piece = Array(stream[start..<min(start + size, stream.count)])
                start += size
                try parser.feed(piece.span) { entries.append($0) }
            }
            try parser.finish()
            return (entries, nil)
        } catch {
            return (entries, error)
        }
    }

    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    static func length(_ n: UInt64) -> [UInt8] { withUnsafeBytes(of: n.littleEndian) { Array($0) } }

    @Test("Binary fields, newlines, invalid UTF-8, NUL")
    func binary() throws {
        let value: [UInt8] = [0x61, 0x0a, 0xff, 0x00, 0x62]
        let stream = Self.bytes("MESSAGE\n") + Self.length(5) + value + Self.bytes("\nPRIORITY=3\n\n")
        let entry = try #require(try JournalExport.entries(in: stream).first)
        #expect(entry.message == "a\n\u{FFFD}\0b")
        #expect(entry.priority == 3)
    }

    @Test("Text is cut at the limit, never through a character")
    func limit() throws {
        for text in ["é", "€", "😀", "x"] {
            let long = "a" + String(repeating: text, count: 20_000)
            let entry = try #require(try JournalExport.entries(in: Self.bytes("MESSAGE=\(long)\n\n")).first)
            #expect(entry.message.utf8.count <= JournalEntry.messageLimit)
            #expect(entry.message.utf8.count > JournalEntry.messageLimit - 4)
            #expect(long.hasPrefix(entry.message))
        }
        let invalid = Self.bytes("MESSAGE=") + [UInt8](repeating: 0xff, count: 50_000) + Self.bytes("\n\n")
        let entry = try #require(try JournalExport.entries(in: invalid).first)
        #expect(entry.message.utf8.count <= JournalEntry.messageLimit)
        #expect(entry.message.unicodeScalars.allSatisfy { $0 == "\u{FFFD}" })
    }

    @Test(
        "Damage is reported with its place",
        arguments: [
            ("MESSAGE=a\n\nMESS", JournalExportError.Reason.truncated, UInt64(15)),
            ("MESSAGE=a\n", .truncated, 10),
            ("MESSAGE=abc", .truncated, 11),
            ("MESSAGE=a\nlower=b\n\n", .invalidName, 10),
            ("=b\n\n", .invalidName, 0),
            ("MESSAGE\n\u{5}\0\0", .truncated, 11),
            ("MESSAGE\n\u{1}\0\0\0\0\0\0\0xy\n", .missingNewline, 17),
            (String(repeating: "A", count: 65) + "=1\n\n", .invalidName, 64),
            ("MESSAGE\n\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}x", .fieldTooLong, 15),
            (String(repeating: "A=1\n", count: 1025), .tooManyFields, 4097),
        ])
    func damage(_ text: String, _ reason: JournalExportError.Reason, _ offset: UInt64) {
        for size in [1, 5, 10_000] {
            let error = Self.parse(Self.bytes(text), in: size).error
            #expect(error == JournalExportError(reason: reason, offset: offset))
        }
    }

    @Test("A huge field takes no memory and hides nothing behind it")
    func hugeField() throws {
        var parser = JournalExport()
        var entries: [JournalEntry] = []
        func feed(_ bytes: [UInt8]) throws {
            try parser.feed(bytes.span) { entries.append($0) }
        }
        try feed(Self.bytes("COREDUMP\n") + Self.length(256 << 20))
        let block = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<256 { try feed(block) }
        try feed(Self.bytes("\nMESSAGE=after\n\n"))
        try parser.finish()
        #expect(entries.map(\.message) == ["after"])
    }

    @Test(
        "Only trusted fields say who speaks",
        arguments: [
            ("UNIT=a.service\n_PID=1\n", JournalEntry.Source.manager, "a.service" as String?),
            ("UNIT=a.service\n_UID=0\n_SYSTEMD_CGROUP=/init.scope\n", .manager, "a.service"),
            ("UNIT=a.service\n_PID=77\n_SYSTEMD_UNIT=b.service\n", .unit, "b.service"),
            ("OBJECT_SYSTEMD_UNIT=a.service\n_UID=1000\n_SYSTEMD_UNIT=b.service\n", .unit, "b.service"),
            ("OBJECT_SYSTEMD_UNIT=a.service\n_TRANSPORT=driver\n_UID=0\n", .journald, "a.service"),
            ("OBJECT_SYSTEMD_UNIT=a.service\n_UID=0\n_SYSTEMD_UNIT=b.service\n", .unit, "b.service"),
            ("OBJECT_SYSTEMD_UNIT=a.service\n_UID=0\n", .unit, "-.slice"),
            (
                "COREDUMP_UNIT=a.service\n_UID=0\n_SYSTEMD_UNIT=systemd-coredump@1-2-0.service\n", .coredump,
                "a.service"
            ),
            (
                "COREDUMP_UNIT=a.service\nMESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1\n_UID=0\n", .unit,
                "-.slice"
            ),
            (
                "COREDUMP_UNIT=a.service\n_UID=1000\n_SYSTEMD_UNIT=systemd-coredump@1-2-0.service\n", .unit,
                "systemd-coredump@1-2-0.service"
            ),
            (
                "CONTAINER_ID=0123456789ab\n_UID=0\n_SYSTEMD_UNIT=docker.service\n", .container,
                "docker.service"
            ),
            (
                "CONTAINER_NAME=k8s_x\n_UID=0\n_COMM=conmon\nSYSLOG_IDENTIFIER=conmon\n_SYSTEMD_UNIT=x.service\n",
                .container, "x.service"
            ),
            (
                "SYSLOG_IDENTIFIER=conmon\n_COMM=conmon\n_UID=0\n_SYSTEMD_CGROUP=/kubepods/burstable/pod1/2\n",
                .container, "-.slice"
            ),
            (
                "SYSLOG_IDENTIFIER=conmon\n_COMM=conmon\n_UID=0\n"
                    + "_SYSTEMD_CGROUP=/kubepods.slice/kubepods-pod1.slice/crio-conmon-1.scope\n"
                    + "_SYSTEMD_UNIT=crio-conmon-1.scope\n", .conmon, "crio-conmon-1.scope"
            ),
            (
                "SYSLOG_IDENTIFIER=conmon\n_COMM=conmon\n_UID=0\n"
                    + "_SYSTEMD_CGROUP=/user.slice/user-0.slice/session-1.scope\n_SYSTEMD_UNIT=session-1.scope\n",
                .unit, "session-1.scope"
            ),
            ("SYSLOG_IDENTIFIER=conmon\n_COMM=logger\n_UID=0\n_SYSTEMD_UNIT=b.service\n", .unit, "b.service"),
            (
                "SYSLOG_IDENTIFIER=conmon\n_COMM=conmon\n_UID=0\n_SYSTEMD_UNIT=crio.service\n", .conmon,
                "crio.service"
            ),
            ("_TRANSPORT=kernel\nSYSLOG_IDENTIFIER=kernel\n", .kernel, nil),
            (
                "SYSLOG_IDENTIFIER=containerd\n_SYSTEMD_UNIT=user@1000.service\n_UID=1000\n", .unit,
                "user@1000.service"
            ),
        ])
    func speakers(_ fields: String, _ source: JournalEntry.Source, _ unit: String?) throws {
        let entry = try #require(try JournalExport.entries(in: Self.bytes(fields + "MESSAGE=m\n\n")).first)
        #expect(entry.source == source)
        #expect(entry.unit == unit)
    }

    @Test("A client's own field never decides alone")
    func unprefixedFields() throws {
        for row in Speaker.table {
            for way in row.decides { #expect(way.hasPrefix("_"), "\(row.source) by \(way)") }
        }
        let own = ["UNIT", "OBJECT_SYSTEMD_UNIT", "COREDUMP_UNIT", "USER_UNIT"].map {
            "\($0)=containerd.service\n"
        }
        let ids = [MessageID.coredump, MessageID.shutdown, MessageID.journalDropped, MessageID.unitFailed]
        let writers = [
            (
                "_UID=0\n_SYSTEMD_UNIT=cri-containerd-\(String(repeating: "a", count: 64)).scope\n",
                JournalEntry.Source.container
            ),
            ("_UID=0\n_SYSTEMD_UNIT=session-1.scope\n", .unit), ("_UID=0\n", .unit), ("_UID=1000\n", .unit),
        ]
        for (trusted, source) in writers {
            for id in ids {
                for identifier in ["conmon", "systemd", "kernel", "systemd-logind", "systemd-coredump"] {
                    let text =
                        trusted + own.joined()
                        + "MESSAGE_ID=\(id)\nSYSLOG_IDENTIFIER=\(identifier)\nMESSAGE=m\n\n"
                    let entry = try #require(try JournalExport.entries(in: Self.bytes(text)).first)
                    #expect(entry.source == source)
                    #expect(entry.unit != "containerd.service")
                }
            }
        }
    }
}
