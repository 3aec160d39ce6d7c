// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis
@testable import crihealthd

/// Verdict, conditions and incidents never contradict each other: at no instant, of no recording, however little is told.
@Suite struct VerdictTests {
    /// What reaches the engine of a recording.
    enum Told: String, CaseIterable {
        case everything, journalAlone, withoutJournal, withoutProcesses

        func keeps(_ observation: Observation) -> Bool {
            switch (self, observation.event) {
            case (.everything, _), (_, .started), (_, .daemon), (_, .tick): true
            case (.journalAlone, .journal): true
            case (.journalAlone, _): false
            case (.withoutJournal, .journal): false
            case (.withoutProcesses, .node): false
            case (.withoutJournal, _), (.withoutProcesses, _): true
            }
        }
    }

    @Test("they agree", arguments: CorpusTests.table.map(\.recording), Told.allCases)
    func agree(_ recording: String, _ told: Told) throws {
        var replayer = Replayer(rules: Recordings.rules)
        for observation in try Recordings.telling(recording) where told.keeps(observation) {
            replayer.receive(observation)
            let snapshot = replayer.engine.snapshot(at: observation.at)
            let wrong = snapshot.conditions.filter { $0.status == .false && !$0.type.isAdvice }
            let open = snapshot.open.filter { $0.severity >= .warning }
            let at =
                "\(observation.at.wall): \(snapshot.verdict), \(wrong.map(\.reason)), \(open.map(\.cause))"
            switch snapshot.verdict {
            case .healthy:
                #expect(wrong.isEmpty && open.isEmpty, "\(at)")
                #expect(snapshot.conditions.first { $0.type == .runtimeReady }?.status == .true, "\(at)")
            case .degraded, .unhealthy: #expect(!open.isEmpty, "\(at)")
            case .unknown: #expect(open.allSatisfy { $0.kind == .monitoringImpaired }, "\(at)")
            }
            #expect(wrong.isEmpty || !open.isEmpty, "\(at)")
        }
    }
}
