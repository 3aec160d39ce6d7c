// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Systemd
import Testing

extension JournalFollowerTests {
    private static let hour: Int64 = 3_600_000_000

    private static var now: (wall: Int64, monotonic: Int64) {
        func microseconds(_ clock: clockid_t) -> Int64 {
            var time = timespec()
            clock_gettime(clock, &time)
            return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        }
        return (microseconds(CLOCK_REALTIME), microseconds(CLOCK_MONOTONIC))
    }

    @Test(
        "The wall clock jumps an hour, either way",
        .enabled(if: ImportedJournal.isPossible, "needs systemd-journal-remote"), arguments: [-1, 1])
    func clockStep(_ direction: Int64) throws {
        let directory = TemporaryDirectory()
        let now = Self.now
        // journald begins a new file when the clock goes backwards. Time in the boot goes on.
        func file(_ part: Int, wall: Int64) throws {
            let entries = (0..<100).map {
                let number = part * 100 + $0
                return ImportedJournal.Entry(
                    "x", number, wall: now.wall + wall + Int64(number) * 1000,
                    monotonic: now.monotonic - 1_000_000 + Int64(number) * 1000)
            }
            let name = "/system@\(part).journal"
            try ImportedJournal.write(entries, to: directory.path + name)
        }
        try file(0, wall: 0)
        try file(1, wall: direction * Self.hour)
        let first = Recorder(.directory(directory.path))
        first.expectExactly("x", 200)
        try file(2, wall: 0)
        first.expectExactly("x", 300)
        #expect(eventually { first.now.positions.last?.entries == 300 })
        first.stop()
        #expect(first.numbers("x") == Array(0..<300))
        #expect(first.now.blind.isEmpty)
        try file(3, wall: direction * Self.hour)
        try file(4, wall: 0)
        for saved in [first.now.positions.first, first.now.positions.last].compactMap({ $0 }) {
            let second = Recorder(.directory(directory.path), from: saved.position)
            #expect(second.waits(for: "x", 500))
            let handled = Recorder.numbers("x", first.now.entries.prefix(saved.entries))
            #expect(handled + second.numbers("x") == Array(0..<500))
            #expect(second.now.blind.isEmpty)
            second.expectQuiet()
        }
    }

    @Test(
        "Of a boot, only what is young enough is read, and the rest declared",
        .enabled(if: ImportedJournal.isPossible, "needs systemd-journal-remote"))
    func backlogAge() throws {
        let directory = TemporaryDirectory()
        let now = Self.now
        // A machine that has just been started has no hour of its own behind it.
        let old = now.monotonic / 2
        let entries = (0..<200).map { number in
            let monotonic = (number < 100 ? 1_000_000 : now.monotonic - 1_000_000) + Int64(number) * 1000
            return ImportedJournal.Entry(
                number < 100 ? "old" : "x", number % 100, wall: now.wall - now.monotonic + monotonic,
                monotonic: monotonic)
        }
        try ImportedJournal.write(entries, to: directory("system.journal"))
        let other = (0..<10).map {
            ImportedJournal.Entry("other", $0, wall: now.wall - Self.hour, monotonic: now.monotonic)
        }
        try ImportedJournal.write(
            other, boot: "0123456789abcdef0123456789abcdef", to: directory("system@1.journal"))
        let recorder = Recorder(.directory(directory.path)) {
            $0.beginning = .currentBoot
            $0.backlogAge = .microseconds(old)
        }
        recorder.expectExactly("x", 100)
        #expect(recorder.now.entries.count == 100)
        #expect(recorder.now.blind.map(\.reason) == [.skipped])
        let whole = Recorder(.directory(directory.path)) { $0.beginning = .currentBoot }
        whole.expectExactly("x", 100)
        #expect(whole.numbers("old") == Array(0..<100))
        #expect(whole.numbers("other").isEmpty)
        #expect(whole.now.blind.isEmpty)
    }

    @Test(
        "Two hundred thousand entries behind",
        .enabled(if: ImportedJournal.isPossible, "needs systemd-journal-remote"))
    func largeBacklog() throws {
        let directory = TemporaryDirectory()
        let now = Self.now
        let count = 200_000
        let half = count / 2
        for part in 0..<2 {
            let entries = (part * half..<(part + 1) * half).map {
                // As from a stream: several lines share a time.
                ImportedJournal.Entry(
                    "x", $0, wall: now.wall - Int64(count - $0 / 5),
                    monotonic: now.monotonic - Int64(count - $0 / 5))
            }
            try ImportedJournal.write(entries, to: directory("system@\(part).journal"))
        }
        // Entries are counted where they are looked at; copies of all of them would take minutes.
        let seen = Locked([UInt8](repeating: 0, count: count))
        let caughtUp = Locked(false)
        var configuration = JournalFollower.Configuration(
            location: .directory(directory.path), matches: Recorder.matches)
        configuration.beginning = .head
        configuration.backlogEntries = nil
        let follower = JournalFollower(configuration: configuration) { message in
            let number = message.bytes.dropFirst(2).reduce(0) { $0 * 10 + Int($1) - 48 }
            seen.withLock { $0[number] += 1 }
            return false
        } handler: { event in
            if case .caughtUp = event { caughtUp.withLock { $0 = true } }
        }
        follower.start()
        #expect(eventually(within: 120) { caughtUp.withLock { $0 } })
        follower.stop()
        #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
        #expect(follower.counters.entriesRead == UInt64(count))
    }

    /// As systemd-coredump writes it with `Storage=journal`: the core is the last field.
    @Test(
        "A core of 100 MiB in the journal is not taken into memory",
        .enabled(if: ImportedJournal.isPossible, "needs systemd-journal-remote"))
    func coredump() throws {
        let directory = TemporaryDirectory()
        let now = Self.now
        var core = ImportedJournal.Entry("x", 1, wall: now.wall, monotonic: now.monotonic)
        core.fields =
            [
                ("PRIORITY", "2"), ("SYSLOG_IDENTIFIER", "systemd-coredump"), ("_UID", "0"), ("_PID", "77"),
                ("_COMM", "systemd-coredum"), ("_SYSTEMD_UNIT", "systemd-coredump@1-77-0.service"),
                ("MESSAGE_ID", MessageID.coredump), ("COREDUMP_UNIT", "containerd.service"),
                ("COREDUMP_SIGNAL", "11"), ("MESSAGE", "Process 42 (containerd) dumped core."),
            ].map { ($0.0, Array($0.1.utf8)) } + [("COREDUMP", [UInt8](repeating: 0x7f, count: 100 << 20))]
        let after = ImportedJournal.Entry("x", 0, wall: now.wall + 1, monotonic: now.monotonic + 1)
        try ImportedJournal.write([core, after], to: directory("system.journal"))
        let longest = Locked(0)
        let wanted = Faults.Wanted(hide: { field in
            longest.withLock { $0 = max($0, field.count) }
            return false
        })
        Faults.on(directory.path, wanted) {
            let recorder = Recorder(
                .directory(directory.path), matches: .unit("containerd.service") | Recorder.matches)
            recorder.expectExactly("x", 1)
            let entry = recorder.now.entries.first
            #expect(entry?.source == .coredump)
            #expect(entry?.unit == "containerd.service")
            #expect(entry?.message == "Process 42 (containerd) dumped core.")
            #expect(entry?.priority == 2)
            #expect(entry?.pid == 77)
            #expect(recorder.now.entries.count == 2)
            #expect(longest.withLock { $0 } < 1000, "the core was enumerated")
            #expect(recorder.now.blind.isEmpty)
            recorder.expectQuiet()
        }
    }

    @Test(
        "The memory that a huge field took is given back",
        .enabled(if: ImportedJournal.isPossible, "needs systemd-journal-remote"))
    func hugeField() throws {
        let directory = TemporaryDirectory()
        let now = Self.now
        var huge = ImportedJournal.Entry("x", 0, wall: now.wall, monotonic: now.monotonic)
        huge.fields.append(("HUGE", [UInt8](repeating: 0x61, count: 100 << 20)))
        let after = ImportedJournal.Entry("x", 1, wall: now.wall + 1, monotonic: now.monotonic + 1)
        try ImportedJournal.write([huge, after], to: directory("system.journal"))
        let recorder = Recorder(.directory(directory.path))
        recorder.expectExactly("x", 2)
        #expect(
            eventually { Self.largestAnonymous() < 90 << 20 }, "\(Self.largestAnonymous() >> 20) MiB are kept"
        )
        #expect(recorder.numbers("x") == [0, 1])
        #expect(recorder.now.blind.isEmpty)
        recorder.expectQuiet()
    }

    /// Resident bytes of the largest anonymous mapping of this process.
    private static func largestAnonymous() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/smaps", encoding: .utf8) else { return .max }
        return text.split(separator: "\n").filter { $0.hasPrefix("Anonymous:") }
            .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.max()
            .map { $0 << 10 } ?? .max
    }
}
