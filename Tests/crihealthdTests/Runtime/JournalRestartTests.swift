// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// The checkpoint's promise with real journal files: a rule that needs three lines opens at the third,
/// however often the daemon was restarted between them.
@Suite(.enabled(if: JournalFile.isPossible, "no systemd-journal-remote"))
struct JournalRestartTests {
    private let runtime: FakeRuntime
    private let state: TemporaryDirectory
    private let journal: TemporaryDirectory

    init() throws {
        runtime = try FakeRuntime()
        state = try TemporaryDirectory()
        journal = try TemporaryDirectory()
        mkdir(state.path + "/rules.d", 0o755)
        try state.write(
            "rules.d/site.toml",
            """
            [[rule]]
            id = "site-trouble"
            signal = "site-trouble"
            severity = "warning"
            meaning = "a line of this test"
            template = "site trouble number {number:int}"
            [rule.incident]
            kind = "SiteTrouble"
            severity = "warning"
            sentence = "Trouble number {number}."
            count = 3
            within = "1h"
            quiet = "1h"
            """)
    }

    private func start() throws -> TestDaemon { try TestDaemon(runtime, state: state, journal: journal) }

    private func log(_ numbers: ClosedRange<Int>) throws {
        try JournalFile.append(
            numbers.map { "site trouble number \($0)" }, unit: "containerd.service", in: journal)
    }

    private func isOpen(_ running: TestDaemon) throws -> Bool {
        try running.open().contains { $0.kind == "SiteTrouble" }
    }

    @Test func nothingIsLostAndNothingCountedTwice() throws {
        try log(1...2)
        let first = try start()
        #expect(try eventually { try first.status().text.contains("2 entries read") })
        #expect(try !isOpen(first))
        first.daemon.stop()

        let second = try start()
        #expect(try eventually { try second.status().text.contains("journal followed") })
        #expect(try eventually { try second.status().verdict == .healthy })
        #expect(try !isOpen(second))
        second.daemon.stop()

        try log(3...3)
        let third = try start()
        #expect(try eventually { try isOpen(third) })
        let incident = try third.open().first { $0.kind == "SiteTrouble" }
        third.daemon.stop()

        let fourth = try start()
        #expect(try eventually { try fourth.open().contains { $0 == incident } })
        fourth.daemon.stop()
    }

    @Test func linesAreSeenWhileItRuns() throws {
        try log(1...1)
        let running = try start()
        #expect(try eventually { try running.status().text.contains("1 entry read") })
        try log(2...3)
        #expect(try eventually { try isOpen(running) })
        running.daemon.stop()
    }

    @Test func aLookReadsTheBootsJournal() throws {
        try log(1...3)
        let look = OneLook(
            configuration: TestDaemon.configuration(runtime, state, journal),
            surroundings: TestDaemon.surroundings(),
            logger: TestDaemon.logger, patience: .init(questions: .milliseconds(200)))
        #expect(try look.take().open.contains { $0.kind.rawValue == "SiteTrouble" })
    }
}
