// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Systemd
import Testing

extension JournalFollowerTests {
    @Test("Errors of reading are healed, and nothing is lost", arguments: [1, 2, 4])
    func healed(_ errors: Int) throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<100)
        let calls = Locked(0)
        let wanted = Faults.Wanted(next: {
            let call = calls.withLock {
                $0 += 1
                return $0
            }
            return (50..<(50 + errors)).contains(call) ? -EBADMSG : nil
        })
        try Faults.on(lab.directory("var"), wanted) {
            let recorder = Recorder(lab.location)
            recorder.expectExactly("x", 100)
            #expect(recorder.counters.errors == UInt64(errors))
            #expect(recorder.counters.reopens == UInt64(errors - 1))
            try lab.write("y", 0..<100)
            recorder.expectExactly("y", 100)
            #expect(recorder.now.blind.isEmpty)
            #expect(eventually { recorder.now.health.last == .following })
            recorder.expectQuiet()
        }
    }

    @Test("What cannot be read at all is left behind and declared")
    func skippedDamage() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<100)
        let calls = Locked(0)
        let wanted = Faults.Wanted(next: {
            calls.withLock {
                $0 += 1
                return $0 > 50 ? -EBADMSG : nil
            }
        })
        try Faults.on(lab.directory("var"), wanted) {
            let recorder = Recorder(lab.location)
            #expect(eventually { !recorder.now.blind.isEmpty })
            let failing = recorder.now
            #expect(failing.blind.map(\.reason) == [.damaged])
            #expect(failing.health.contains(.failed(errno: EBADMSG, operation: "sd_journal_next")))
            recorder.expectQuiet()
            #expect(recorder.counters.errors < 50)
            Faults.change { $0.next = nil }
            try lab.write("y", 0..<100)
            recorder.expectExactly("y", 100)
            #expect(recorder.numbers("x") == Array(0..<50))
            #expect(eventually { recorder.now.health.last == .following })
            recorder.expectQuiet()
        }
    }

    @Test("A look at the files comes with every batch of a backlog")
    func processed() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<3000)
        let unprocessed = Locked((now: 0, most: 0))
        let wanted = Faults.Wanted(
            next: {
                unprocessed.withLock {
                    $0.now += 1
                    $0.most = max($0.most, $0.now)
                }
                return nil
            }, process: { unprocessed.withLock { $0.now = 0 } })
        Faults.on(lab.directory("var"), wanted) {
            let recorder = Recorder(lab.location) { $0.batchEntries = 64 }
            recorder.expectExactly("x", 3000)
            recorder.stop()
            let most = unprocessed.withLock { $0.most }
            #expect(most >= 64 && most <= 64 + 4, "\(most) entries without a look")
        }
    }

    @Test("Watches are refused for want of memory, which libsystemd does not say")
    func noWatches() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<10)
        try Faults.on(lab.directory("var"), .init(isDeaf: true)) {
            let recorder = Recorder(lab.location)
            #expect(eventually { recorder.now.caughtUp == 1 })
            // Nothing was read that could tell of the deafness, and the new file is not known.
            try lab.rotate()
            try lab.write("x", 10..<20)
            #expect(recorder.waits(for: "x", 20), "a new file is not found")
            for number in 20..<40 {
                try lab.write("x", number..<(number + 1))
                if number % 10 == 0 { try lab.rotate() }
                usleep(250_000)
            }
            #expect(eventually { recorder.now.health.last == .polling(errno: ENOSPC) })
            recorder.expectQuiet()
            Faults.change { $0.isDeaf = false }
            try lab.rotate()
            #expect(
                eventually {
                    try? lab.write("y", 0..<1)
                    usleep(200_000)
                    return recorder.now.health.last == .following
                })
            try lab.rotate()
            try lab.write("x", 40..<50)
            recorder.expectExactly("x", 50)
            #expect(recorder.now.blind.isEmpty)
            recorder.expectQuiet()
        }
    }

    @Test("On a network file system files are listed again and again")
    func networkFileSystem() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<100)
        // inotify hears nothing of what other hosts do.
        try Faults.on(lab.directory("var"), .init(isDeaf: true, isRemote: true)) {
            let recorder = Recorder(lab.location)
            try lab.write("x", 100..<200)
            try lab.rotate()
            try lab.write("x", 200..<300)
            recorder.expectExactly("x", 300)
            #expect(eventually { recorder.now.health.last == .polling(errno: EREMOTE) })
            #expect(recorder.now.blind.isEmpty)
            recorder.expectQuiet()
        }
        let recorder = Recorder(lab.location)
        #expect(eventually { recorder.now.health.last == .following })
    }

    @Test("The inotify queue overflows while files are rotated")
    func queueOverflow() throws {
        let lab = try JournalLab()
        try lab.write("x", 0..<100)
        let gate = Locked(false)
        let calls = Locked(0)
        let wanted = Faults.Wanted(next: {
            let call = calls.withLock {
                $0 += 1
                return $0
            }
            if call == 50 { _ = eventually(within: 60) { gate.withLock { $0 } } }
            return nil
        })
        try Faults.on(lab.directory("var"), wanted) {
            let recorder = Recorder(lab.location) { $0.batchEntries = 10 }
            try #require(eventually { calls.withLock { $0 } == 50 })
            // Two events each; the queue takes fs.inotify.max_queued_events, 16,384 unless configured.
            let name = lab.machineDirectory + "/" + String(repeating: "n", count: 200)
            let names = (0..<2).map { name + "\($0)" }
            for number in 0..<10_000 {
                let descriptor = open(names[number % 2], O_CREAT | O_WRONLY, 0o600)
                close(descriptor)
                unlink(names[number % 2])
            }
            for part in 1..<4 {
                try lab.rotate()
                try lab.write("x", (part * 100)..<(part * 100 + 100))
            }
            usleep(700_000)
            gate.withLock { $0 = true }
            recorder.expectExactly("x", 400)
            #expect(recorder.now.blind.isEmpty)
            recorder.expectQuiet()
        }
    }
}
