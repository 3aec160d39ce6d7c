// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import Testing

@testable import crihealthd

@Suite struct CheckpointStoreTests {
    private let directory: TemporaryDirectory
    private let store: CheckpointStore<[String: Int]>

    init() throws {
        directory = try TemporaryDirectory()
        store = CheckpointStore(directory: directory.path)
    }

    @Test func whatIsSavedIsLoaded() throws {
        try store.save(["a": 1])
        try store.save(["a": 2])
        guard case .loaded(let content) = store.load() else {
            Issue.record("not loaded")
            return
        }
        #expect(content == ["a": 2])
        #expect(directory.names == ["checkpoint.json"])
    }

    @Test func aFirstStartHasNone() {
        guard case .none = store.load() else {
            Issue.record("something was found")
            return
        }
        #expect(directory.names == [])
    }

    @Test(arguments: [
        ("", "it is damaged (0 bytes)"),
        ("\u{0}\u{0}\u{0}", "it is damaged (3 bytes)"),
        ("{\"format\":1,\"content\":{\"a\":", "it is damaged"),
        ("[]", "it is damaged"),
        ("{\"format\":2,\"content\":{\"a\":1}}", "it has format 2, and this version reads format 1"),
        ("{\"format\":1,\"content\":{\"a\":\"x\"}}", "its content cannot be read"),
        ("{\"format\":1}", "its content cannot be read"),
    ])
    func damageIsMovedAside(text: String, reason: String) throws {
        try directory.write("checkpoint.json", text)
        guard case .damaged(let message) = store.load() else {
            Issue.record("not damaged: \(store.load())")
            return
        }
        #expect(message.contains(reason))
        #expect(directory.names == ["checkpoint.json.bad"])
        guard case .none = store.load() else {
            Issue.record("still there")
            return
        }
    }

    @Test func everyTruncationIsDamageNotACrash() throws {
        try store.save(["a": 1, "b": 2])
        let whole = try Data(contentsOf: URL(fileURLWithPath: store.path))
        for length in 0..<whole.count {
            try whole.prefix(length).write(to: URL(fileURLWithPath: store.path))
            guard case .damaged = store.load() else {
                Issue.record("\(length) bytes were taken for a checkpoint")
                return
            }
        }
    }

    @Test func aCrashBeforeTheRenameLeavesTheOldFile() throws {
        try store.save(["a": 1])
        try directory.write("checkpoint.json.new", "{\"form")
        guard case .loaded(let content) = store.load() else {
            Issue.record("not loaded")
            return
        }
        #expect(content == ["a": 1])
        try store.save(["a": 3])
        #expect(directory.names == ["checkpoint.json"])
    }

    @Test func aSymbolicLinkIsNotWrittenThrough() throws {
        let victim = try directory.write("victim", "precious")
        symlink(victim, store.path + ".new")
        #expect(throws: FileError.self) { try store.save(["a": 1]) }
        #expect(try String(contentsOfFile: victim, encoding: .utf8) == "precious")
    }

    @Test func aMissingDirectoryIsTold() {
        let error = #expect(throws: FileError.self) {
            try CheckpointStore<[String: Int]>(directory: directory.path + "/none").save([:])
        }
        #expect(error?.errno == ENOENT)
        #expect(error?.operation == "open")
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to mount a file system"))
    func aFullDiskIsToldAndLeavesTheOldFile() throws {
        let small = directory.path + "/small"
        mkdir(small, 0o755)
        try #require(mount("tmpfs", small, "tmpfs", 0, "size=64k") == 0)
        defer { umount2(small, Int32(MNT_DETACH)) }
        let store = CheckpointStore<[String: Int]>(directory: small)
        try store.save(["a": 1])
        _ = FileManager.default.createFile(atPath: small + "/filler", contents: Data(count: 60_000))
        let many = Dictionary(uniqueKeysWithValues: (0..<5000).map { ("key\($0)", $0) })
        let error = #expect(throws: FileError.self) { try store.save(many) }
        #expect(error?.errno == ENOSPC)
        guard case .loaded(let content) = store.load() else {
            Issue.record("the old checkpoint is gone")
            return
        }
        #expect(content == ["a": 1])
        unlink(small + "/filler")
        try store.save(many.filter { $0.value < 100 })
    }

    @Test func aFlippedBitIsSeen() throws {
        try store.save(["abc": 12_345])
        let whole = try Data(contentsOf: URL(fileURLWithPath: store.path))
        for index in whole.indices {
            var bytes = whole
            bytes[index] ^= 1
            try bytes.write(to: URL(fileURLWithPath: store.path))
            // What names the checksum is not covered by it: the content is.
            if case .loaded(let content) = store.load(), content != ["abc": 12_345] {
                Issue.record("byte \(index) flipped, and \(content) was read")
            }
        }
    }

    /// What crihealthd 0.1 wrote.
    @Test func aFileWithoutAChecksumIsRead() throws {
        try directory.write("checkpoint.json", "{\"content\":{\"a\":1},\"format\":1}")
        guard case .loaded(let content) = store.load() else {
            Issue.record("not loaded")
            return
        }
        #expect(content == ["a": 1])
    }

    @Test(arguments: [
        "9223372036854775807", "9223372036854775000", "-9223372036854775808", "1e300",
        String(repeating: "9", count: 5000),
    ]) func numbersBeyondBoundsAreDamage(number: String) throws {
        try directory.write("checkpoint.json", "{\"content\":{\"a\":\(number)},\"format\":1}")
        guard case .damaged = store.load() else {
            Issue.record("taken")
            return
        }
    }

    @Test func depthIsBounded() throws {
        let deep = String(repeating: "[", count: 100_000)
        try directory.write("checkpoint.json", "{\"format\":1,\"content\":" + deep)
        guard case .damaged = store.load() else {
            Issue.record("taken")
            return
        }
    }

    @Test func onlyThreeAreKept() throws {
        for number in 0..<6 {
            try directory.write("checkpoint.json", "damage \(number)")
            _ = store.load()
        }
        #expect(
            directory.names.sorted() == [
                "checkpoint.json.bad", "checkpoint.json.bad.1", "checkpoint.json.bad.2",
            ])
        #expect(try String(contentsOfFile: store.path + ".bad.2", encoding: .utf8) == "damage 3")
    }

    @Test func startsThatEndAtOnceAreCounted() throws {
        let counter = StartCounter(directory: directory.path)
        #expect(counter.begin() == 0)
        #expect(counter.begin() == 1)
        #expect(counter.begin() == 2)
        counter.survived()
        #expect(counter.begin() == 0)
    }

    @Test func aDirectoryThatIsAnothersIsNotWritten() throws {
        let other = try StateDirectoryLock.take(directory: directory.path)
        let own = HeldLock(nil, directory: directory.path)
        let seen = Mutex<[Bool]>([])
        let writer = CheckpointWriter(
            store: store, mayWrite: { () throws(FileError) in try own.ensure() }
        ) { error in seen.withLock { $0.append(error?.isHeldElsewhere ?? false) } }
        writer.write(["a": 1])
        #expect(writer.close(within: .seconds(5)))
        #expect(seen.withLock { $0 } == [true])
        #expect(directory.names == ["lock"])
        withExtendedLifetime(other) {}
    }
}

/// One daemon for each state directory, whatever it found when it started.
@Suite struct SecondDaemonTests {
    @Test func whoStartedWithoutALockTakesItBeforeItWrites() throws {
        let directory = try TemporaryDirectory()
        let first = HeldLock(nil, directory: directory.path)
        let writer = CheckpointWriter(
            store: CheckpointStore<Int>(directory: directory.path),
            mayWrite: { () throws(FileError) in try first.ensure() }
        ) { _ in }
        writer.write(1)
        #expect(writer.flush(within: .seconds(10)))
        do throws(FileError) {
            _ = try StateDirectoryLock.take(directory: directory.path)
            Issue.record("a second one was let in")
        } catch {
            #expect(error.isHeldElsewhere)
        }
        first.release()
        #expect(throws: Never.self) { _ = try StateDirectoryLock.take(directory: directory.path) }
    }
}

@Suite struct CheckpointWriterTests {
    @Test func theLatestWinsAndEveryAttemptIsReported() throws {
        let directory = try TemporaryDirectory()
        let reports = Recorder<FileError?>()
        let writer = CheckpointWriter(store: CheckpointStore<Int>(directory: directory.path)) {
            reports.note($0)
        }
        for number in 1...200 { writer.write(number) }
        #expect(writer.flush(within: .seconds(10)))
        guard case .loaded(let content) = CheckpointStore<Int>(directory: directory.path).load() else {
            Issue.record("not loaded")
            return
        }
        #expect(content == 200)
        #expect(!reports.all.isEmpty && reports.all.allSatisfy { $0 == nil })
    }

    @Test func aFailureIsReportedAndTheNextAttemptSucceeds() throws {
        let directory = try TemporaryDirectory()
        let reports = Recorder<FileError?>()
        let path = directory.path + "/later"
        let writer = CheckpointWriter(store: CheckpointStore<Int>(directory: path)) { reports.note($0) }
        writer.write(1)
        #expect(writer.flush(within: .seconds(10)))
        mkdir(path, 0o700)
        writer.write(2)
        #expect(writer.flush(within: .seconds(10)))
        #expect(reports.all.map { $0?.errno } == [ENOENT, nil])
    }
}

@Suite struct StateDirectoryLockTests {
    @Test func oneDaemonPerDirectory() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/state"
        let first = try StateDirectoryLock.take(directory: path)
        let error = #expect(throws: FileError.self) { _ = try StateDirectoryLock.take(directory: path) }
        #expect(error?.description == "\(path)/lock: another crihealthd uses this state directory")
        withExtendedLifetime(first) {}
    }

    @Test func theLockEndsWithItsHolder() throws {
        let directory = try TemporaryDirectory()
        do { _ = try StateDirectoryLock.take(directory: directory.path) }
        _ = try StateDirectoryLock.take(directory: directory.path)
    }
}
