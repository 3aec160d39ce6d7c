// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What is known of a runtime does not hang on the order in which it is heard.
@Suite struct RuntimeChronicleTests {
    private static func moment(_ milliseconds: Int64) -> Moment {
        Moment(
            wall: WallTime(microseconds: 1_795_305_600_000_000 + milliseconds * 1000),
            monotonic: MonotonicTime(microseconds: 100_000_000 + milliseconds * 1000))
    }

    private static func record(_ id: String, _ at: Int64, _ fields: [String: String] = [:]) -> RuntimeNews {
        .record(
            JournalEntry(
                cursor: "c\(at)", at: moment(at), source: .manager, unit: Scene.unit, messageID: id,
                message: "",
                fields: fields))
    }

    private static func probe(_ outcome: ProbeReport.Outcome) -> RuntimeNews {
        .probe(
            ProbeReport(endpoint: Scene.endpoint, rung: .version, outcome: outcome, latency: .milliseconds(5))
        )
    }

    /// A kill, its restart, and what the endpoint said meanwhile.
    private static let killed: [(Int64, RuntimeNews)] = [
        (0, record(MessageID.unitStarted, 0)),
        (100, probe(.version(RuntimeVersion(name: "containerd", version: "1.7.1", apiVersion: "v1")))),
        (300, record(MessageID.processExit, 300, ["EXIT_CODE": "killed", "EXIT_STATUS": "9"])),
        (301, record(MessageID.unitFailed, 301, ["UNIT_RESULT": "signal"])),
        (400, probe(.failed(ProbeFailure(reason: .refused, text: "refused")))),
        (500, record(MessageID.restartScheduled, 500)), (510, record(MessageID.unitStarting, 510)),
        (600, probe(.failed(ProbeFailure(reason: .socketMissing, text: "missing")))),
        (700, record(MessageID.unitStarted, 700)),
    ]

    @Test("any order, each twice", arguments: 0..<50 as Range<UInt64>)
    func anyOrder(_ seed: UInt64) {
        let straight = Self.told(Self.killed)
        var random = Seeded(state: seed)
        let disturbed = Self.told((Self.killed + Self.killed).shuffled(using: &random))
        #expect(disturbed == straight)
        #expect(straight.unit.phase == .running)
        #expect(straight.unit.exit?.status == 9)
        #expect(straight.unit.restarts.count == 1)
    }

    private static func told(_ news: [(Int64, RuntimeNews)]) -> RuntimeFacts {
        var facts = RuntimeFacts(endpoint: Scene.endpoint)
        var chronicle = RuntimeChronicle(facts)
        for (at, news) in news { chronicle.take(news, at: moment(at), into: &facts, until: nil) }
        return facts
    }

    @Test func whatComesAfterTheShutdownIsHeldAndReleased() {
        var facts = RuntimeFacts(endpoint: Scene.endpoint)
        var chronicle = RuntimeChronicle(facts)
        for (at, news) in Self.killed {
            chronicle.take(news, at: Self.moment(at), into: &facts, until: Self.moment(200))
        }
        #expect(facts.unit.exit == nil)
        #expect(facts.api.failing == nil)
        chronicle.hold(from: nil, in: &facts)
        #expect(facts == Self.told(Self.killed))
        chronicle.hold(from: Self.moment(350), in: &facts)
        #expect(facts == Self.told(Array(Self.killed.prefix(4))))
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 33)
        }
    }
}
