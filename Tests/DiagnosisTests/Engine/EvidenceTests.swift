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

    /// What is quick about it changes nothing: the same as a look at every character.
    @Test func boundedTextIsThatOfEveryCharacter() {
        let pieces = ["a", " ", "\n", "\u{7F}", "\u{85}", "\u{A0}", "é", "…", "🙂"]
        var random = SplitMix64(seed: 5)
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            let limit = Int.random(in: 0...12, using: &random)
            var (kept, size, isCut) = ("", 0, false)
            for scalar in text.unicodeScalars where !isCut {
                size += UTF8.width(scalar)
                isCut = size > limit
                let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                kept += isCut ? "…" : isControl ? " " : String(scalar)
            }
            #expect(text.bounded(limit) == kept, "\(text) \(limit)")
        }
    }

    @Test func listsThatNeedNoChangeAreThemselvesAndOthersAsTheyMustBe() {
        func signal(_ second: Int64) -> Signal {
            let at = Moment(
                wall: start, monotonic: MonotonicTime(microseconds: second * 1_000_000))
            return Signal(
                rule: "r", name: .noted, at: at, unit: nil, cursor: "", captures: [:], excerpt: "\(second)")
        }
        let odd: (Signal) -> Bool = { ["1", "3", "5"].contains($0.excerpt) }
        var random = SplitMix64(seed: 6)
        for count in 0..<40 {
            let list = (0..<count % 9).map { _ in signal(Int64.random(in: 0..<6, using: &random)) }
            #expect(list.kept(odd) == list.filter(odd))
            #expect(list.inOrder() == list.sorted { $0.at.monotonic < $1.at.monotonic })
        }
    }
}
