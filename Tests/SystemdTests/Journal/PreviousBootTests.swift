// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Systemd

@Suite struct PreviousBootTests {
    private static let one = String(repeating: "1", count: 64)
    private static let two = String(repeating: "2", count: 64)

    private static func result(
        _ records: [(unit: String, id: String)], source: JournalEntry.Source = .manager
    )
        -> PreviousShutdown
    {
        var boot = PreviousBoot()
        for (index, record) in records.enumerated() {
            let at = Moment(
                wall: WallTime(microseconds: Int64(index)),
                monotonic: MonotonicTime(microseconds: Int64(index)))
            boot.take(
                JournalEntry(
                    cursor: "", at: at, source: source, unit: record.unit, messageID: record.id, message: ""))
        }
        return boot.result(bootID: "b")
    }

    @Test("scopes that had not ended when shutdown.target was reached")
    func running() {
        let found = Self.result([
            ("crio-\(Self.one).scope", MessageID.unitStarted),
            ("crio-\(Self.two).scope", MessageID.unitStarted),
            ("crio-conmon-\(Self.two).scope", MessageID.unitStarted),
            ("crio-\(Self.one).scope", MessageID.unitSucceeded), ("shutdown.target", MessageID.unitStarted),
            ("crio-\(Self.two).scope", MessageID.unitSucceeded),
        ])
        #expect(found.running == [Self.two] && found.ended == [Self.one])
        #expect(found.reachedTargetAt == WallTime(microseconds: 4))
    }

    @Test("a scope that was started again runs again; a shutdown that is not in the journal is not told")
    func again() {
        let found = Self.result([
            ("crio-\(Self.one).scope", MessageID.unitStarted),
            ("crio-\(Self.one).scope", MessageID.unitFailed),
            ("crio-\(Self.one).scope", MessageID.unitStarted),
        ])
        #expect(found.running == [Self.one] && found.ended.isEmpty && found.reachedTargetAt == nil)
    }

    @Test("only systemd's own word counts")
    func forged() {
        let found = Self.result([("shutdown.target", MessageID.unitStarted)], source: .unit)
        #expect(found.reachedTargetAt == nil)
    }
}
