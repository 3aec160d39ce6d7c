// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Systemd
import Testing

/// A real journald, its files, and what happens to them.
@Suite(
    .serialized, .enabled(if: JournalLab.isPossible, "needs root and systemd-journald"),
    .timeLimit(.minutes(5)))
struct JournalFollowerTests {
    @Test("Entries of the journal's past and of its future, each once")
    func backlogAndLive() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<500)
        let recorder = Recorder(lab.location, cadence: .calm)
        #expect(eventually { recorder.now.caughtUp == 1 })
        try lab.write("x", 500..<1000)
        recorder.expectExactly("x", 1000)
        #expect(eventually { recorder.now.health.last == .following })
        #expect(recorder.now.blind.isEmpty)
        let last = try #require(recorder.now.entries.last)
        #expect(last.identifier == "lab")
        #expect(last.pid == getpid())
        #expect(last.priority == 6)
        #expect(!last.cursor.isEmpty)
        recorder.expectQuiet()
    }

    /// The timer is an hour away.
    @Test("The kernel's announcement is enough to wake it")
    func announcements() throws {
        let lab = try JournalLab()
        let recorder = Recorder(lab.location, cadence: .calm) { $0.calmInterval = .seconds(3600) }
        #expect(eventually { recorder.now.caughtUp == 1 })
        try lab.write("x", 0..<100)
        #expect(recorder.waits(for: "x", 100))
        try lab.rotate()
        try lab.write("x", 100..<200)
        #expect(recorder.waits(for: "x", 200))
        lab.stop(SIGKILL)
        try lab.start()
        try lab.write("x", 200..<300)
        recorder.expectExactly("x", 300)
        #expect(recorder.now.blind.isEmpty)
        recorder.expectQuiet()
    }

    @Test("The newest entry of a silent journal is seen without a later one")
    func newestEntry() throws {
        let lab = try JournalLab()
        let recorder = Recorder(lab.location) { $0.alertInterval = .microseconds(10) }
        for number in 0..<200 {
            usleep(3000)
            try lab.write("x", number..<(number + 1))
            try #require(recorder.waits(for: "x", number + 1, within: 10), "entry \(number) stays unseen")
        }
        recorder.expectExactly("x", 200)
        recorder.follower.setCadence(.calm)
        recorder.expectQuiet()
    }

    @Test("Files are rotated while they are read")
    func rotation() throws {
        let lab = try JournalLab()
        let recorder = Recorder(lab.location)
        for part in 0..<20 {
            try lab.write("x", (part * 500)..<(part * 500 + 500))
            lab.signal(SIGUSR2)
        }
        recorder.expectExactly("x", 10_000)
        #expect(recorder.now.blind.isEmpty)
        recorder.expectQuiet()
    }

    @Test("journald ends or is killed, and comes again", arguments: [SIGTERM, SIGKILL])
    func restart(_ signal: Int32) throws {
        let lab = try JournalLab()
        let recorder = Recorder(lab.location)
        for part in 0..<4 {
            try lab.burst("x", (part * 1000)..<(part * 1000 + 1000))
            // What a killed journald had not read yet is lost before any follower could see it.
            try #require(recorder.waits(for: "x", part * 1000 + 1000))
            lab.stop(signal)
            try lab.start()
        }
        recorder.expectExactly("x", 4000)
        #expect(recorder.now.blind.isEmpty)
        recorder.expectQuiet()
    }

    @Test("/run is flushed to /var in the middle of an instant", arguments: [false, true])
    func flush(isStopped: Bool) throws {
        let lab = try JournalLab(volatile: true)
        // Few entries a batch, so that the flush comes within an instant.
        var recorder = Recorder(lab.location, slow: 300) { $0.batchEntries = 7 }
        try lab.burst("x", 0..<3000, burst: 500)
        try #require(eventually { recorder.now.entries.count > 700 })
        if isStopped {
            recorder.stop()
            let seen = recorder.now
            let last = try #require(seen.positions.last)
            lab.signal(SIGUSR1)
            try lab.burst("x", 3000..<3500, burst: 500)
            let before = Recorder.numbers("x", seen.entries.prefix(last.entries))
            recorder = Recorder(lab.location, from: last.position)
            #expect(recorder.waits(for: "x", 3500))
            let numbers = before + recorder.numbers("x")
            #expect(Set(numbers) == Set(0..<3500))
            #expect(numbers.count == 3500)
        } else {
            lab.signal(SIGUSR1)
            try lab.burst("x", 3000..<3500, burst: 500)
            recorder.expectExactly("x", 3500)
        }
        #expect(recorder.now.blind.isEmpty)
        recorder.expectQuiet()
    }

    @Test("A new follower goes on where a saved position says, anywhere in a burst")
    func resume() throws {
        let lab = try JournalLab()
        try lab.burst("x", 0..<5000, burst: 300)
        var handled: [Int] = []
        var position: JournalPosition?
        for stop in stride(from: 400, through: 4800, by: 400) {
            let recorder = Recorder(lab.location, from: position) { $0.batchEntries = 37 }
            try #require(eventually { recorder.now.entries.count + handled.count >= stop })
            recorder.stop()
            let seen = recorder.now
            let last = try #require(seen.positions.last)
            // As after a crash: what came behind the last position was not saved.
            handled += Recorder.numbers("x", seen.entries.prefix(last.entries))
            position = last.position
            if handled.count == 5000 { break }
        }
        let recorder = Recorder(lab.location, from: position)
        #expect(
            eventually { recorder.now.caughtUp == 1 && recorder.now.entries.count + handled.count >= 5000 })
        #expect(handled + recorder.numbers("x") == Array(0..<5000))
    }

    /// What a SIGKILL leaves: entries were acted upon that the checkpoint does not know of yet.
    @Test("A new follower goes on behind any position, not only the last one")
    func olderPosition() throws {
        let lab = try JournalLab()
        let first = Recorder(lab.location) { $0.batchEntries = 37 }
        try lab.burst("x", 0..<2000, burst: 300)
        first.expectExactly("x", 2000)
        first.stop()
        let seen = first.now
        try lab.rotate()
        try lab.burst("x", 2000..<2300, burst: 300)
        for share in [0, 3, 5, 9] {
            let saved = seen.positions[seen.positions.count * share / 10]
            let second = Recorder(lab.location, from: saved.position)
            #expect(second.waits(for: "x", 2300))
            let handled = Recorder.numbers("x", seen.entries.prefix(saved.entries))
            #expect(handled + second.numbers("x") == Array(0..<2300))
            #expect(second.now.blind.isEmpty)
        }
    }

    @Test("/var is given up for /run, as before a shutdown, and taken again")
    func relinquish() throws {
        let lab = try JournalLab()
        let recorder = Recorder(lab.location)
        try lab.burst("x", 0..<1000)
        try #require(recorder.waits(for: "x", 1000))
        try lab.runAs(0, ["journalctl", "--relinquish-var"])
        try lab.burst("x", 1000..<2000)
        #expect(lab.journalFiles().contains { $0.contains("/run/") })
        try lab.runAs(0, ["journalctl", "--flush"])
        try lab.burst("x", 2000..<3000)
        recorder.expectExactly("x", 3000)
        #expect(recorder.now.blind.isEmpty)
        recorder.expectQuiet()
    }

    @Test("Ten thousand lines a second, while files are rotated")
    func load() throws {
        let lab = try JournalLab(["SystemMaxFileSize=2M", "SystemMaxFiles=1000", "SystemMaxUse=2G"])
        let recorder = Recorder(lab.location, cadence: .calm)
        let start = Date()
        for tenth in 0..<40 {
            try lab.burst("x", (tenth * 1000)..<(tenth * 1000 + 1000), burst: 250)
            let ahead = Double(tenth + 1) * 0.1 - Date().timeIntervalSince(start)
            if ahead > 0 { usleep(useconds_t(ahead * 1e6)) }
        }
        #expect(recorder.waits(for: "x", 40_000, within: 60))
        recorder.expectExactly("x", 40_000)
        #expect(recorder.now.blind.isEmpty)
        recorder.expectQuiet()
    }
}
