// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Testing

@testable import Systemd

extension JournalFollowerTests {
    @Test("Files are vacuumed before a slow reader gets to them")
    func vacuum() throws {
        let lab = try JournalLab(["SystemMaxUse=8M", "SystemMaxFileSize=1M", "Compress=no"])
        let recorder = Recorder(lab.location, slow: 1000)
        let padding = String(repeating: "p", count: 1500)
        let socket = try lab.nativeSocket()
        var sent: [WallTime] = []
        for number in 0..<20_000 {
            sent.append(.now)
            socket.send([
                ("MESSAGE", "x \(number)"), ("SYSLOG_IDENTIFIER", "lab"), ("PADDING", padding + "\(number)"),
            ])
        }
        #expect(recorder.waits(for: "x", 20_000, within: 60))
        let numbers = recorder.numbers("x")
        #expect(numbers == numbers.sorted())
        #expect(Set(numbers).count == numbers.count, "twice")
        // The reader takes 20 s for what is written in a few, and 8 MB hold a quarter of it.
        #expect(numbers.count < 20_000)
        #expect(
            recorder.now.blind.contains { $0.reason == .vacuumed },
            "\(recorder.now.blind), \(recorder.counters)")
        let lost = Set(0..<20_000).subtracting(numbers)
        #expect(recorder.declares(lost.map { sent[$0] }, within: .milliseconds(500)), "\(recorder.now.blind)")
        #expect(recorder.counters.errors < 200)
        recorder.expectQuiet()
    }

    /// /dev/shm is a tmpfs, as /run is.
    @Test(
        "A file is truncated under the reader",
        arguments: ["/tmp", "/dev/shm"], [Truncation.archived, .halfArchived, .live])
    func truncation(in parent: String, of victim: Truncation) throws {
        let lab = try JournalLab(in: parent)
        for part in 0..<3 {
            try lab.write("x", (part * 1000)..<(part * 1000 + 1000))
            try #require(eventually { lab.written() == part * 1000 + 1000 })
            if part < 2 { try lab.rotate() }
        }
        let written = try lab.times("x")
        try #require(written.count == 3000)
        let recorder = Recorder(lab.location, slow: 500) { $0.batchEntries = 50 }
        try #require(eventually { recorder.now.entries.count > 100 })
        // In the order in which they were archived: the first one is being read.
        let archived = lab.archivedFiles().sorted()
        try #require(archived.count == 2)
        let path = victim == .live ? lab.liveFile : archived[1]
        let size = try #require(
            try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        try #require(truncate(path, victim == .halfArchived ? off_t(size / 2) : 0) == 0)
        try #require(recorder.numbers("x").count < 900, "read too fast")
        // journald writes what it had not yet noticed to be truncated into nowhere.
        try lab.write("unsure", 0..<50)
        usleep(300_000)
        lab.signal(SIGUSR2)
        usleep(500_000)
        try lab.write("y", 0..<300)
        recorder.expectExactly("y", 300)
        let numbers = recorder.numbers("x")
        #expect(Set(numbers).count == numbers.count)
        let cut = victim == .live ? 2000..<3000 : 1000..<2000
        #expect(Set(numbers).subtracting(cut) == Set(0..<3000).subtracting(cut), "other files")
        if victim != .halfArchived { #expect(Set(cut).isDisjoint(with: numbers)) }
        let lost = Set(cut).subtracting(numbers)
        #expect(!lost.isEmpty)
        #expect(eventually { recorder.declares(lost.map { written[$0] }) }, "\(recorder.now.blind)")
        recorder.expectQuiet()
    }

    enum Truncation { case archived, halfArchived, live }

    @Test("Zeroed, halved, empty and garbage files beside good ones")
    func corruption() throws {
        let lab = try JournalLab()
        for part in 0..<3 {
            try lab.write("x", (part * 2000)..<(part * 2000 + 2000))
            lab.signal(SIGUSR2)
            try #require(eventually { lab.journalFiles().count >= part + 2 })
        }
        let written = try lab.times("x")
        let archived = lab.journalFiles().filter { $0.contains("@") }
        try #require(archived.count >= 3)
        let zeroed = try #require(FileHandle(forUpdatingAtPath: archived[0]))
        try zeroed.seek(toOffset: 300_000)
        try zeroed.write(contentsOf: Data(count: 1 << 20))
        try zeroed.close()
        let size = try #require(try FileManager.default.attributesOfItem(atPath: archived[1])[.size] as? Int)
        try #require(truncate(archived[1], off_t(size / 2)) == 0)
        let folder = lab.machineDirectory
        try Data().write(to: URL(fileURLWithPath: folder + "/system@empty.journal"))
        try Data(repeating: 0x5a, count: 1 << 20).write(
            to: URL(fileURLWithPath: folder + "/system@garbage.journal"))
        let recorder = Recorder(lab.location)
        try lab.write("y", 0..<100)
        recorder.expectExactly("y", 100)
        let numbers = recorder.numbers("x")
        #expect(Set(numbers).count == numbers.count)
        let lost = Set(0..<6000).subtracting(numbers)
        #expect(!lost.isEmpty && lost.isSubset(of: 0..<4000), "a good file was not read")
        #expect(eventually { recorder.now.blind.count == 4 }, "\(recorder.now.blind)")
        #expect(recorder.now.blind.allSatisfy { $0.reason == .damaged })
        #expect(recorder.declares(lost.map { written[$0] }))
        recorder.expectQuiet()
        #expect(recorder.now.blind.count == 4)
    }

    @Test("The saved position was vacuumed away")
    func vacuumedPosition() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<500)
        let first = Recorder(lab.location)
        first.expectExactly("x", 500)
        #expect(eventually { first.now.positions.last?.entries == 500 })
        first.stop()
        let position = try #require(first.now.positions.last?.position)
        try lab.write("lost", 0..<500)
        lab.signal(SIGUSR2)
        try #require(eventually { lab.journalFiles().contains { $0.contains("@") } })
        for path in lab.journalFiles() where path.contains("@") { unlink(path) }
        try lab.write("y", 0..<500)
        let second = Recorder(lab.location, from: position)
        second.expectExactly("y", 500)
        #expect(second.numbers("x").isEmpty)
        #expect(second.now.blind.map(\.reason) == [.vacuumed])
        second.expectQuiet()
    }

    @Test("Read everything, then the file goes: nothing is missing, nothing is declared")
    func vacuumBehind() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<500)
        let recorder = Recorder(lab.location)
        recorder.expectExactly("x", 500)
        lab.signal(SIGUSR2)
        try #require(eventually { lab.journalFiles().contains { $0.contains("@") } })
        usleep(300_000)
        for path in lab.journalFiles() where path.contains("@") { unlink(path) }
        try lab.write("y", 0..<500)
        recorder.expectExactly("y", 500)
        #expect(recorder.now.blind.isEmpty)
        recorder.expectQuiet()
    }

    @Test("Positions that lead nowhere", arguments: ["", "garbage", "s=1;i=2"])
    func brokenPosition(_ cursor: String) throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<100)
        let position = JournalPosition(cursor: cursor, bootID: "", handled: -5)
        Recorder(lab.location, from: position).expectExactly("x", 100)
    }

    @Test("A position of another boot, or of a time that has not come yet")
    func futurePosition() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<100)
        let other = "0123456789abcdef0123456789abcdef"
        let cursor = "s=\(other);i=ffff;b=\(other);m=fffffffff;t=7fffffffffffff;x=1"
        let recorder = Recorder(
            lab.location, from: JournalPosition(cursor: cursor, bootID: other, handled: 1))
        recorder.expectExactly("x", 100)
        recorder.expectQuiet()
    }

    /// As after a change of the watched units.
    @Test("A position at an entry that is not matched")
    func unmatchedPosition() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<50)
        try #require(eventually { lab.written() >= 50 })
        let socket = try lab.nativeSocket()
        let stranger = ("SYSLOG_IDENTIFIER", Array("stranger".utf8))
        socket.send([("MESSAGE", Array("not ours".utf8)), stranger])
        let cursor = try #require(try Self.cursor(of: "stranger", in: lab.location))
        try lab.write("x", 50..<100)
        let boot = String(cursor.split(separator: ";").first { $0.hasPrefix("b=") }?.dropFirst(2) ?? "")
        let recorder = Recorder(lab.location, from: JournalPosition(cursor: cursor, bootID: boot, handled: 1))
        #expect(eventually { recorder.numbers("x").last == 99 })
        #expect(recorder.numbers("x") == Array(50..<100))
        #expect(recorder.now.blind.isEmpty)
        recorder.expectQuiet()
    }

    private static func cursor(of identifier: String, in location: JournalLocation) throws -> String? {
        var cursor: String?
        _ = eventually {
            guard let journal = try? Journal(location) else { return false }
            let ours = JournalMatches(groups: [[.init("SYSLOG_IDENTIFIER", identifier)]])
            guard (try? journal.setMatches(ours)) != nil, (try? journal.seekHead()) != nil,
                (try? journal.next()) == true
            else { return false }
            cursor = try? journal.cursor()
            return cursor != nil
        }
        return cursor
    }

    @Test("The directory is not there yet, then empty, then has entries, none of which match")
    func emptyBeginning() throws {
        let lab = try JournalLab()
        let parent = TemporaryDirectory()
        let recorder = Recorder(.directory(parent("journal"))) { $0.longestBackoff = .milliseconds(200) }
        #expect(
            eventually {
                recorder.now.health.last == .failed(errno: ENOENT, operation: "sd_journal_open_directory")
            })
        recorder.expectQuiet()
        try FileManager.default.createDirectory(atPath: parent("journal"), withIntermediateDirectories: true)
        #expect(eventually { recorder.now.health.last == .noFiles })
        let live = Recorder(lab.location, cadence: .calm) { $0.beginning = .currentBoot }
        #expect(eventually { live.now.caughtUp == 1 })
        let socket = try lab.nativeSocket()
        for number in 0..<200 { socket.send([("MESSAGE", "x \(number)"), ("SYSLOG_IDENTIFIER", "other")]) }
        usleep(300_000)
        try lab.write("x", 0..<300)
        live.expectExactly("x", 300)
        recorder.stop()
        live.expectQuiet()
    }

    @Test("More backlog than wanted is declared as skipped")
    func boundedBacklog() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<1000)
        usleep(100_000)
        let recorder = Recorder(lab.location) { $0.backlogEntries = 100 }
        #expect(recorder.waits(for: "x", 1000))
        #expect(recorder.numbers("x") == Array(900..<1000))
        #expect(recorder.now.blind.map(\.reason) == [.skipped])
    }

    @Test(
        "A saved place loses what exceeds the backlog behind it, and nothing when that fits",
        arguments: [99, 100, 101])
    func boundedBacklogBehindAPlace(missed: Int) throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<500)
        let first = Recorder(lab.location)
        first.expectExactly("x", 500)
        let place = try #require(first.now.positions.last?.position)
        first.stop()
        try lab.write("y", 0..<missed)
        usleep(100_000)
        let next = Recorder(lab.location, from: place) { $0.backlogEntries = 100 }
        #expect(next.waits(for: "y", missed))
        #expect(next.numbers("y") == Array(max(0, missed - 100)..<missed))
        #expect(next.now.blind.map(\.reason) == (missed > 100 ? [.skipped] : []))
    }

    @Test("inotify instances are used up, and freed again")
    func noInotify() throws {
        let lab = try JournalLab()
        var held: [Int32] = []
        defer { held.forEach { close($0) } }
        while held.count < 20_000 {
            let descriptor = inotify_init1(Int32(IN_CLOEXEC))
            if descriptor < 0 { break }
            held.append(descriptor)
        }
        try #require(errno == EMFILE && held.count < 20_000)
        let recorder = Recorder(lab.location)
        try lab.write("x", 0..<200)
        #expect(recorder.waits(for: "x", 200))
        #expect(eventually { recorder.now.health.last == .polling(errno: EMFILE) })
        // Nobody tells of the new file.
        lab.signal(SIGUSR2)
        try lab.write("x", 200..<400)
        #expect(recorder.waits(for: "x", 400))
        held.forEach { close($0) }
        held = []
        #expect(eventually { recorder.now.health.last == .following })
        lab.signal(SIGUSR2)
        try lab.write("x", 400..<600)
        recorder.expectExactly("x", 600)
        recorder.expectQuiet()
    }

    @Test("A reader that is stuck shows no progress")
    func stuck() throws {
        let lab = try JournalLab()
        let recorder = Recorder(lab.location, slow: 3_000_000)
        let before = recorder.follower.lastProgress
        #expect(eventually { recorder.follower.lastProgress > before })
        try lab.write("x", 0..<1)
        usleep(500_000)
        let stuck = recorder.follower.lastProgress
        usleep(500_000)
        #expect(recorder.follower.lastProgress == stuck)
        #expect(eventually { recorder.follower.lastProgress > stuck })
    }
}
