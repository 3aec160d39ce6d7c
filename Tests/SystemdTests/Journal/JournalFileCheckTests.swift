// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing

@testable import Systemd

/// On files that a real journald wrote.
@Suite(.serialized, .enabled(if: JournalLab.isPossible, "needs root and systemd-journald"))
struct JournalFileCheckTests {
    /// An archived file of 600 entries, with long fields that journald compresses.
    private static func file(_ settings: [String] = [], in directory: TemporaryDirectory) throws -> String {
        let lab = try JournalLab(settings)
        try lab.write("x", 0..<500)
        let socket = try lab.nativeSocket()
        for number in 0..<100 {
            let long = (0..<200).map { "\($0 * number)" }.joined(separator: " ")
            socket.send([("MESSAGE", "x \(500 + number)"), ("SYSLOG_IDENTIFIER", "lab"), ("LONG", long)])
        }
        try #require(eventually { lab.written() == 600 })
        try lab.rotate()
        let archived = try #require(lab.archivedFiles().first)
        let path = directory("system@copy.journal")
        usleep(300_000)
        try FileManager.default.copyItem(atPath: archived, toPath: path)
        return path
    }

    @Test("What journald wrote is whole", arguments: [[], ["Compress=no"], ["Compress=64"]])
    func whole(_ settings: [String]) throws {
        let directory = TemporaryDirectory()
        #expect(JournalFileCheck.verdict(path: try Self.file(settings, in: directory)) == .whole)
    }

    @Test(
        "What systemd-journal-remote wrote is whole",
        .enabled(if: ImportedJournal.isPossible, "needs systemd-journal-remote"))
    func wholeImport() throws {
        let directory = TemporaryDirectory()
        let entries = (0..<5000).map {
            ImportedJournal.Entry("x", $0, wall: 1_700_000_000_000_000 + Int64($0), monotonic: Int64($0) + 1)
        }
        try ImportedJournal.write(entries, to: directory("system@1.journal"))
        #expect(JournalFileCheck.verdict(path: directory("system@1.journal")) == .whole)
    }

    @Test("Every page that is zeroed or overwritten is found", arguments: [UInt8(0), 0xa5])
    func lostPages(_ byte: UInt8) throws {
        let directory = TemporaryDirectory()
        let path = try Self.file(in: directory)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let header = try #require(JournalHeader(path: path))
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        var missed: [Int] = []
        var tried = 0
        // Most of the first 3.7 MB is the hash table: a sixteenth will do.
        for page in 0...Int(header.lastObject / 4096) where page % 16 == 1 || page > 905 {
            let range = page * 4096..<min(page * 4096 + 4096, whole.count)
            let lost = Data(repeating: byte, count: range.count)
            guard whole[range] != lost else { continue }
            tried += 1
            try file.seek(toOffset: UInt64(range.lowerBound))
            try file.write(contentsOf: lost)
            if JournalFileCheck.verdict(path: path) != .damaged { missed.append(page) }
            try file.seek(toOffset: UInt64(range.lowerBound))
            try file.write(contentsOf: whole[range])
        }
        #expect(tried > 50)
        #expect(missed.isEmpty, "\(missed.count) of \(tried) pages: \(missed.prefix(5))")
        #expect(JournalFileCheck.verdict(path: path) == .whole)
    }

    @Test("A file that was cut is found", arguments: [0, 0.00001, 0.001, 0.5, 0.999])
    func cut(_ share: Double) throws {
        let directory = TemporaryDirectory()
        let path = try Self.file(in: directory)
        let header = try #require(JournalHeader(path: path))
        try #require(truncate(path, off_t(Double(header.lastObject) * share)) == 0)
        #expect(JournalFileCheck.verdict(path: path) == .damaged)
    }

    /// journald counts an object before it is filled and linked.
    @Test("Only a file that journald did not end may lack the end of its last entry")
    func torn() throws {
        let directory = TemporaryDirectory()
        let path = try Self.file(in: directory)
        let torn = directory("system@copy.journal~")
        let header = try #require(JournalHeader(path: path))
        func write(_ bytes: Data, at offset: UInt64) throws {
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            try file.seek(toOffset: offset)
            try file.write(contentsOf: bytes)
            try file.close()
            try? FileManager.default.removeItem(atPath: torn)
            try FileManager.default.copyItem(atPath: path, toPath: torn)
        }
        try write(withUnsafeBytes(of: (header.objects + 1).littleEndian) { Data($0) }, at: 144)
        #expect(JournalFileCheck.verdict(path: path) == .damaged)
        #expect(JournalFileCheck.verdict(path: torn) == .whole)
        try write(withUnsafeBytes(of: header.objects.littleEndian) { Data($0) }, at: 144)
        #expect(JournalFileCheck.verdict(path: path) == .whole)
        try write(Data(count: 64), at: header.lastObject)
        #expect(JournalFileCheck.verdict(path: path) == .damaged)
        #expect(JournalFileCheck.verdict(path: torn) == .whole)
        try write(Data(count: 4096), at: header.lastObject - 4096)
        #expect(JournalFileCheck.verdict(path: torn) == .damaged)
    }

    @Test("A format that is not known is not judged")
    func newerFormat() throws {
        let directory = TemporaryDirectory()
        let path = try Self.file(in: directory)
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: 12)
        try file.write(contentsOf: [0xff])
        #expect(JournalFileCheck.verdict(path: path) == .unknown)
    }
}
