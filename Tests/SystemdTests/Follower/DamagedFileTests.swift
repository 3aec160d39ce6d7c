// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Testing

@testable import Systemd

/// What is declared of files that are damaged, and of which libsystemd says nothing.
extension JournalFollowerTests {
    /// An archived file of which all can be read, and whose header counts one object too many.
    private static func overcount(_ path: String) throws {
        let header = try #require(JournalHeader(path: path))
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: 144)
        try file.write(contentsOf: withUnsafeBytes(of: (header.objects + 1).littleEndian) { Data($0) })
        try file.close()
    }

    private static func archive(_ lab: JournalLab, _ numbers: Range<Int>) throws -> String {
        try lab.write("x", numbers)
        try #require(eventually { lab.written() == numbers.upperBound })
        try lab.rotate()
        usleep(300_000)
        return try #require(lab.archivedFiles().last)
    }

    @Test("The whole of a damaged file is declared, however long it took to read")
    func slowlyRead() throws {
        let lab = try JournalLab()
        let path = try Self.archive(lab, 0..<1500)
        let written = try lab.times("x")
        try Self.overcount(path)
        let recorder = Recorder(lab.location, slow: 2000) { $0.batchEntries = 50 }
        recorder.expectExactly("x", 1500)
        #expect(eventually { recorder.declares(written) }, "\(recorder.now.blind)")
        #expect(recorder.now.blind.count == 1)
        recorder.expectQuiet()
        #expect(recorder.now.blind.count == 1)
    }

    @Test("A restart before the file was looked through does that again")
    func stoppedMeanwhile() throws {
        let lab = try JournalLab()
        let path = try Self.archive(lab, 0..<300)
        let written = try lab.times("x")
        try Self.overcount(path)
        let first = Recorder(lab.location)
        first.expectExactly("x", 300)
        #expect(eventually { first.now.positions.last?.position.unexaminedSince != nil })
        first.stop()
        try #require(first.now.blind.isEmpty, "it was quicker than the second look")
        let second = Recorder(lab.location, from: first.now.positions.last?.position)
        #expect(eventually { second.declares(written) })
        #expect(eventually { second.now.positions.last.map { $0.position.unexaminedSince == nil } ?? false })
        #expect(second.numbers("x").isEmpty)
        let third = Recorder(lab.location, from: second.now.positions.last?.position)
        third.expectQuiet()
        usleep(1_500_000)
        #expect(third.now.blind.isEmpty)
    }

    @Test("A header of nonsense does not make a window of nonsense")
    func absurdHeader() throws {
        let lab = try JournalLab()
        let path = try Self.archive(lab, 0..<300)
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: 184)
        try file.write(contentsOf: Data(repeating: 0xa5, count: 16))
        try file.close()
        try Self.overcount(path)
        let recorder = Recorder(lab.location)
        #expect(eventually { recorder.now.blind.count == 1 })
        let window = try #require(recorder.now.blind.first)
        let to = try #require(window.to)
        #expect(to <= .now && .now - to < .seconds(60))
        if let from = window.from { #expect(from <= to) }
    }

    @Test("A directory with @ in its name, a namespace, and a file of another name")
    func notOurs() throws {
        let parent = TemporaryDirectory()
        mkdir(parent("x@y"), 0o755)
        let lab = try JournalLab(in: parent("x@y"))
        let path = try Self.archive(lab, 0..<300)
        let namespace = lab.machineDirectory + ".blue"
        mkdir(namespace, 0o755)
        try FileManager.default.copyItem(atPath: path, toPath: namespace + "/system@1.journal")
        try Self.overcount(namespace + "/system@1.journal")
        try FileManager.default.copyItem(atPath: path, toPath: lab.machineDirectory + "/systematic@1.journal")
        try Self.overcount(lab.machineDirectory + "/systematic@1.journal")
        let recorder = Recorder(lab.location)
        for part in 0..<30 {
            try lab.write("y", (part * 100)..<(part * 100 + 100))
            usleep(100_000)
        }
        recorder.expectExactly("y", 3000)
        #expect(recorder.now.blind.isEmpty)
        recorder.stop()
    }

    @Test("A follower beside the file of a journald that was killed")
    func besideTornFile() throws {
        let lab = try JournalLab()
        for round in 0..<12 {
            // The last of them are still in the socket when journald is killed.
            let socket = try lab.nativeSocket()
            for number in (round * 1000)..<(round * 1000 + 1000) {
                socket.send([
                    ("MESSAGE", "x \(number)"), ("SYSLOG_IDENTIFIER", "lab"), ("FIELD_\(number)", "1"),
                ])
            }
            lab.stop(SIGKILL)
            try lab.start()
        }
        try #require(lab.journalFiles().contains { $0.hasSuffix("~") })
        let recorder = Recorder(lab.location)
        try lab.write("y", 0..<100)
        recorder.expectExactly("y", 100)
        usleep(3_000_000)
        #expect(recorder.now.blind.isEmpty, "\(recorder.now.blind)")
        recorder.expectQuiet()
    }

    @Test("The journal is opened again, and its announcements are heard")
    func announcementsOfTheNext() throws {
        let lab = try JournalLab()
        let calls = Locked(0)
        let wanted = Faults.Wanted(next: {
            let call = calls.withLock {
                $0 += 1
                return $0
            }
            return (50..<52).contains(call) ? -EBADMSG : nil
        })
        try Faults.on(lab.directory("var"), wanted) {
            try lab.write("x", 0..<100)
            let recorder = Recorder(lab.location) { $0.calmInterval = .seconds(3600) }
            recorder.expectExactly("x", 100)
            #expect(recorder.counters.reopens == 1)
            recorder.follower.setCadence(.calm)
            usleep(300_000)
            try lab.write("x", 100..<200)
            recorder.expectExactly("x", 200)
        }
    }
}
