// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Systemd
import Testing

extension JournalFollowerTests {
    /// journald raises the entry count of a file before it links the entry to its fields. Here the instant in
    /// between lasts as long as the test wants: the file is one as it was before an entry, but for the count.
    /// Announcements come when the entry is linked.
    @Test(
        "An entry that was looked for before it was linked is seen at its announcement",
        arguments: [false, true])
    func lookedBeforeLinked(besideAnother: Bool) throws {
        let directory = TemporaryDirectory()
        let early = try GrowingFile(as: directory("system.journal"), "x")
        let other = besideAnother ? try GrowingFile(as: directory("system@1.journal"), "y") : nil
        // In the order in which they are read: only the last one can be late.
        try other?.grow()
        try early.grow()
        try early.showCountOfNext()
        // The count must be the same at both looks, and the entries of both files must come in one look.
        let recorder = Recorder(.directory(directory.path), cadence: .calm) {
            $0.calmInterval = .milliseconds(700)
        }
        #expect(recorder.waits(for: "x", 10))
        #expect(eventually { recorder.now.caughtUp == 1 })
        usleep(1_500_000)
        try other?.showNext()
        try early.showNext()
        #expect(recorder.waits(for: "x", 11, within: 15), "the entry stays unseen")
        recorder.expectExactly("x", 11)
        if besideAnother { recorder.expectExactly("y", 11) }
        recorder.expectQuiet()
    }

    @Test("A message that is not there yet at the first looks")
    func messageMissing() throws {
        let lab = try JournalLab()
        let hidden = Locked(0)
        let wanted = Faults.Wanted(hide: { field in
            field.starts(with: Array("MESSAGE=".utf8))
                && hidden.withLock {
                    $0 += 1
                    // Hidden at the first two passes over each entry, there at the third (and when it is copied).
                    return $0 % 4 == 1 || $0 % 4 == 2
                }
        })
        try Faults.on(lab.directory("var"), wanted) {
            let recorder = Recorder(lab.location)
            for number in 0..<8 {
                try lab.write("x", number..<(number + 1))
                try #require(recorder.waits(for: "x", number + 1))
            }
            recorder.expectExactly("x", 8)
            #expect(hidden.withLock { $0 } == 32)
            #expect(recorder.counters.entriesRead == 8)
            recorder.expectQuiet()
        }
    }
}

/// A journal file of ten entries, which can become one of eleven as it does under journald.
private final class GrowingFile {
    private let lab: JournalLab
    private let path: String
    private let tag: String
    private let before: Data
    private var after = Data()
    private static let entryCount = 152..<160

    init(as path: String, _ tag: String) throws {
        let lab = try JournalLab()
        try lab.write(tag, 0..<10)
        try #require(eventually { lab.written() == 10 })
        before = try Data(contentsOf: URL(fileURLWithPath: lab.liveFile))
        try before.write(to: URL(fileURLWithPath: path))
        self.path = path
        self.tag = tag
        self.lab = lab
    }

    func grow() throws {
        try lab.write(tag, 10..<11)
        try #require(eventually { lab.written() == 11 })
        // What the header counts is linked while journald does nothing.
        lab.freeze()
        after = try Data(contentsOf: URL(fileURLWithPath: lab.liveFile))
        try #require(Self.count(after) == Self.count(before) + 1)
    }

    func showCountOfNext() throws { try write(after[Self.entryCount], at: Self.entryCount.lowerBound) }

    func showNext() throws { try write(after, at: 0) }

    private func write(_ data: Data, at offset: Int) throws {
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: data)
        try file.close()
    }

    private static func count(_ data: Data) -> UInt64 {
        data[entryCount].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
