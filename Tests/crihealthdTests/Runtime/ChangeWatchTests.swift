// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Synchronization
import Testing

@testable import crihealthd

@Suite struct ChangeWatchTests {
    /// Answers with a digest until that is known.
    private final class Asker: NodeAsker {
        let inquiries = Recorder<Inquiry>()

        func endpoints() throws(AskError) -> [FoundEndpoint] { [] }
        func climb(_ endpoint: Endpoint, _ rungs: [ProbeReport.Rung], greeting: Bool) -> Climb { Climb() }
        func logFile(_ path: String, from position: LogFilePosition?) -> LogFilePiece? { nil }

        func answer(_ inquiry: Inquiry) -> NodeReport? {
            inquiries.note(inquiry)
            return inquiry == .changes(known: 7) ? nil : .changes(ChangeReport(digest: 7, packages: []))
        }
    }

    @Test("it asks at once, and not again before long; what it knows goes with the question")
    func pace() {
        let (asker, reports) = (Asker(), Recorder<NodeReport>())
        let watch = ChangeWatch(asker: asker, pace: .seconds(3600)) { reports.note($0) }
        watch.lookIfDue()
        for _ in 0..<100 {
            watch.lookIfDue()
            watch.lookNow()
        }
        #expect(eventually { reports.all.count == 1 })
        #expect(asker.inquiries.all == [.changes(known: nil)])
    }

    @Test("what it is to look at sooner than it may is looked at as soon as it may")
    func later() {
        let (asker, reports) = (Asker(), Recorder<NodeReport>())
        let watch = ChangeWatch(asker: asker, pace: .milliseconds(200)) { reports.note($0) }
        watch.lookNow()
        #expect(eventually { reports.all.count == 1 })
        watch.lookNow()
        watch.lookNow()
        #expect(eventually { asker.inquiries.all.count >= 2 })
        #expect(asker.inquiries.all == [.changes(known: nil), .changes(known: 7)])
        #expect(reports.all.count == 1, "nothing changed")
    }
}
