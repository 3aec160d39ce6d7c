// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import HealthModel
import Node
import Systemd
import Testing

@testable import crihealthd

@Suite struct TransitionJournalTests {
    private let sent = Recorder<[String: String]>()

    private func journal(
        burst: Int = 100, tellAfter: Duration = .seconds(600), _ gate: DispatchSemaphore? = nil
    ) -> TransitionJournal {
        TransitionJournal(
            logger: TestDaemon.logger, isOnlyRecord: false, burst: burst, tellAfter: tellAfter,
            send: { [sent] fields throws(SystemdError) in
                gate?.wait()
                sent.note(Dictionary(fields.map { ($0.name, $0.value) }) { $1 })
            })
    }

    private func transition(
        _ change: Transition.Change = .opened, _ status: Incident.Status = .confirmed,
        _ severity: Severity = .critical, kind: String = "RuntimeDown"
    ) -> Transition {
        let now = Moment.now()
        let incident = Incident(
            id: "runtime-down-containerd", kind: IncidentKind(rawValue: kind), subject: "containerd",
            cause: "Crashed", severity: severity, status: status, sentence: "containerd crashed",
            explanation: "", impact: Impact(sentence: ""), evidence: [], symptoms: [], nextSteps: [],
            clearsWhen: "", timeline: [], openedAt: now.wall, lastSeenAt: now.wall, resolvedAt: nil,
            occurrences: 1)
        return Transition(at: now, change: change, incident: incident)
    }

    @Test func oneEntryForEachChange() {
        let journal = journal()
        journal.write(transition())
        journal.write(transition(.changed, .suspected))
        journal.write(transition(.resolved, .resolved))
        journal.flush(within: .seconds(10))
        #expect(
            sent.all.map { $0["MESSAGE"] } == [
                "containerd crashed", "suspected: containerd crashed", "resolved: containerd crashed",
            ])
        #expect(sent.all.map { $0["PRIORITY"] } == ["3", "5", "5"])
        #expect(sent.all.map { $0["CRIHEALTHD_STATUS"] } == ["confirmed", "suspected", "resolved"])
        #expect(sent.all.first?["MESSAGE_ID"] == TransitionMessageID.byKind["RuntimeDown"])
        #expect(sent.all.first?["CRIHEALTHD_INCIDENT"] == "runtime-down-containerd")
        #expect(sent.all.first?["CRIHEALTHD_KIND"] == "RuntimeDown")
        #expect(sent.all.first?["CRIHEALTHD_CAUSE"] == "Crashed")
    }

    @Test("Priority by severity", arguments: zip(Severity.allCases, ["5", "4", "3"]))
    func priority(_ severity: Severity, _ expected: String) {
        let journal = journal()
        journal.write(transition(.opened, .confirmed, severity))
        journal.flush(within: .seconds(10))
        #expect(sent.all.first?["PRIORITY"] == expected)
    }

    @Test func ownFieldsAreTakenByJournald() {
        let fields = TransitionFields.of(transition()) + TransitionFields.withheld(1)
        for field in fields {
            #expect(field.name.wholeMatch(of: /[A-Z][A-Z0-9_]{0,63}/) != nil)
            // What journal readers take for a statement about a unit.
            #expect(!["UNIT", "USER_UNIT", "OBJECT_SYSTEMD_UNIT", "COREDUMP_UNIT"].contains(field.name))
        }
    }

    @Test func tooManyAreWithheldAndCounted() {
        let journal = journal(burst: 3)
        for _ in 0..<8 { journal.write(transition()) }
        journal.flush(within: .seconds(10))
        let told = sent.all.filter { $0["MESSAGE_ID"] == TransitionMessageID.withheld }
        let count = told.compactMap { $0["CRIHEALTHD_WITHHELD"].flatMap { Int($0) } }.reduce(0, +)
        #expect(count > 0)
        #expect(sent.all.count - told.count + count == 8)
    }

    @Test func withheldEntriesAreToldWithoutAnotherOne() {
        let journal = journal(burst: 1, tellAfter: .milliseconds(20))
        for _ in 0..<4 { journal.write(transition()) }
        #expect(eventually { sent.all.contains { $0["CRIHEALTHD_WITHHELD"] != nil } })
        withExtendedLifetime(journal) {}
    }

    @Test func aJournalThatDoesNotReadDelaysNobody() {
        let gate = DispatchSemaphore(value: 0)
        let journal = journal(burst: 1000, gate)
        for _ in 0..<(TransitionJournal.mostWaiting + 10) { journal.write(transition()) }
        #expect(sent.all == [])
        for _ in 0..<(TransitionJournal.mostWaiting + 20) { gate.signal() }
        journal.flush(within: .seconds(10))
        #expect(sent.all.compactMap { $0["CRIHEALTHD_WITHHELD"].flatMap { Int($0) } }.reduce(0, +) == 10)
    }

    @Test func withoutAJournalNothingBreaks() {
        let journal = TransitionJournal(
            logger: TestDaemon.logger, isOnlyRecord: false,
            send: { _ throws(SystemdError) in throw SystemdError(operation: "sd_journal_sendv", errno: ENOENT)
            })
        journal.write(transition())
        journal.flush(within: .seconds(10))
    }

    @Test(.enabled(if: JournalFile.isPossible, "no systemd-journal-remote"))
    func theDaemonNeverFollowsItself() throws {
        let directory = try TemporaryDirectory()
        let line = "containerd: level=fatal msg=\"x\" containerd crashed"
        for unit in ["crihealthd.service", "crihealthd-probe.service", "containerd.service"] {
            try JournalFile.append([line], unit: unit, in: directory)
        }
        var configuration = Configuration()
        configuration.journal.directory = directory.path
        configuration.journal.units = ["crihealthd.service", "crihealthd-probe.service"]
        let units = WatchedUnits.all(endpoints: [], configured: configuration.journal.units)
        let entries = Recorder<JournalEntry>()
        let ends = Recorder<Bool>()
        let follower = JournalFollower(
            configuration: Daemon.journal(configuration, units), prefilter: { _ in true }
        ) { event in
            switch event {
            case .entries(let batch, _): batch.forEach { entries.note($0) }
            case .caughtUp: ends.note(true)
            case .health, .blind: break
            }
        }
        follower.start()
        #expect(eventually { !ends.all.isEmpty })
        follower.stop()
        #expect(entries.all.map(\.unit) == ["containerd.service"])
    }
}

@Suite struct TransitionMessageIDTests {
    private let all =
        TransitionMessageID.byKind.values + [TransitionMessageID.rule, TransitionMessageID.withheld]

    @Test func idsAreIdsAndEachIsAnother() {
        #expect(Set(all).count == all.count)
        for id in all { #expect(id.wholeMatch(of: /[0-9a-f]{32}/) != nil) }
    }

    @Test(
        "Every kind has one",
        arguments: [
            IncidentKind.runtimeDown, .criVersionUnsupported, .statusBlocked, .networkNotReady,
            .upgradeIncomplete,
            .knownDefect, .createFailing, .containerStuck, .monitoringImpaired,
        ])
    func kinds(_ kind: IncidentKind) { #expect(TransitionMessageID.of(kind) != TransitionMessageID.rule) }

    @Test func theCatalogExplainsEveryIdAndNoOther() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../systemd/crihealthd.catalog"
        ).standardizedFileURL.path
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let entries = text.matches(of: /(?m)^-- ([0-9a-f]{32})$/).map { String($0.1) }
        #expect(entries.sorted() == all.sorted())
    }
}
