// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What an incident keeps of what it is told.
@Suite struct EvidenceTests {
    private let start = WallTime(microseconds: 0)

    private var incident: Incident {
        Incident(
            id: "x", kind: .createFailing, subject: "x", cause: "x", severity: .warning, status: .suspected,
            sentence: "", explanation: "", impact: Impact(sentence: ""), evidence: [], symptoms: [],
            nextSteps: [], clearsWhen: "", timeline: [], openedAt: start, lastSeenAt: start, resolvedAt: nil,
            occurrences: 1)
    }

    private func facts(_ told: [String]) -> [String] {
        var incident = incident
        for text in told { incident.merge([Evidence(at: start, source: .node, summary: text)]) }
        return incident.evidence.map(\.summary)
    }

    @Test func theSameFactWithOtherNumbersTakesThePlaceOfTheEarlierOne() {
        #expect(facts(["12 of 30 MiB free", "7.5 of 30 MiB free"]) == ["7.5 of 30 MiB free"])
        #expect(facts(["free: 1", "free: 22"]) == ["free: 22"])
        #expect(facts(["free: ", "free: 22"]) == ["free: 22"])
    }

    @Test func anotherFactStandsBesideIt() {
        #expect(facts(["7 MiB free", "7 MiB used"]) == ["7 MiB used", "7 MiB free"])
        #expect(facts(["7 MiB", "7 MiB free"]) == ["7 MiB free", "7 MiB"])
    }

    @Test func longTextIsCutAndControlCharactersAreBlanks() {
        #expect("abc".bounded(3) == "abc" && "abcd".bounded(3) == "abc…")
        #expect("a\nb\u{7F}c\u{85}d".bounded(9) == "a b c d" && "éé".bounded(3) == "é…")
    }
}
