// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing

@testable import Systemd

@Suite struct JournalStreamTests {
    @Test func theStreamIsKnownByItsDeviceAndInode() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        var status = stat()
        try #require(fstat(ends[1], &status) == 0)
        let stream = "\(status.st_dev):\(status.st_ino)"
        #expect(JournalStream.isConnected(ends[1]) { $0 == "JOURNAL_STREAM" ? stream : nil })
        #expect(!JournalStream.isConnected(ends[1]) { _ in nil })
        #expect(!JournalStream.isConnected(ends[1]) { _ in "\(status.st_dev):\(status.st_ino + 1)" })
        #expect(!JournalStream.isConnected(ends[1]) { _ in "nonsense" })
        #expect(!JournalStream.isConnected(-1) { _ in stream })
    }
}

@Suite struct JournalSenderTests {
    @Test("Names that journald does not take", arguments: ["", "_PID", "lower", "1A", "A B", "A=B", "Ä"])
    func names(_ name: String) {
        let error = #expect(throws: SystemdError.self) { try JournalSender.send([.init(name, "x")]) }
        #expect(error?.errno == EINVAL)
    }

    @Test func aNameOfSixtyFiveIsTooLong() {
        #expect(JournalSender.Field(String(repeating: "A", count: 64), "").isValid)
        #expect(!JournalSender.Field(String(repeating: "A", count: 65), "").isValid)
    }

    @Test(.enabled(if: access("/run/systemd/journal/socket", F_OK) != 0, "a journald runs here"))
    func withoutAJournalAnEntryIsLostSilently() throws {
        try JournalSender.send([.init("MESSAGE", "nobody hears this")])
    }
}
