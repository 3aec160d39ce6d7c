// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing

@testable import Systemd

@Suite struct FieldEnumerationTests {
    @Test(.enabled(if: JournalLab.isPossible, "\(JournalLab.obstacle ?? "")"))
    func theOlderCallGivesTheSameFields() throws {
        let lab = try JournalLab()
        try lab.write("fields", 0..<1)
        let journal = try Journal(lab.location)
        try #require(
            eventually {
                _ = try? journal.wait(.zero)
                try? journal.seekHead()
                return (try? journal.next()) == true
            })
        #expect(dlsym(nil, FieldEnumeration.name) != nil)
        let newer = try fields(journal, FieldEnumeration.next)
        let older = try fields(journal, FieldEnumeration.older)
        #expect(newer == older)
        #expect(newer.contains { $0.hasPrefix("MESSAGE=") })
    }

    private func fields(
        _ journal: Journal,
        _ next: (OpaquePointer, inout UnsafeRawPointer?, inout Int) -> Int32
    ) throws -> [String] {
        try journal.seekHead()
        try #require(try journal.next())
        var found: [String] = []
        var data: UnsafeRawPointer?
        var length = 0
        while next(journal.handle, &data, &length) > 0, let bytes = data {
            found.append(String(decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self))
        }
        return found
    }
}
