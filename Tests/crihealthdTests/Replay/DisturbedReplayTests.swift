// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis
@testable import crihealthd

/// The same recordings, disturbed: the final verdict must not change, nor what is known at the height of the outage.
///
/// The seed is fixed, and printed. No line is spared: every one of the journal is lost in one of the ten rounds.
@Suite struct DisturbedReplayTests {
    static let seed: UInt64 = 20_261_122

    /// Their verdict rests on one line: without it nothing is known, and nothing is said.
    static let oneLine: Set<String> = ["containerd-1.6.20-diskfull"]

    /// What is open in the end differs here, in one round of ten and one of two.
    static let known: [String: Set<Disturbance>] = [
        "S0-crio-1.29.9-to-1.30.6": [.dropped], "S1v2-crun-1.8.1-crictl": [.stepped],
    ]

    @Test("the verdict is the same", arguments: CorpusTests.table.map(\.recording), Disturbance.allCases)
    func sameVerdict(_ recording: String, _ disturbance: Disturbance) throws {
        let isLost =
            Self.oneLine.contains(recording) && [.dropped, .droppedBesideTheBus].contains(disturbance)
        for chapter in try Chapter.all(of: recording) where !isLost {
            for round in 0..<disturbance.rounds {
                let disturbed = disturbance.apply(chapter.observations, round, seed: Self.seed)
                let told = Chapter.verdict(Replayer.replay(disturbed, rules: Recordings.rules))
                withKnownIssue(
                    "an end that depends on when it is judged: not understood yet", isIntermittent: true
                ) {
                    #expect(told == chapter.verdict, "\(chapter.name), seed \(Self.seed), round \(round)")
                } when: {
                    Self.known[recording]?.contains(disturbance) == true
                }
            }
        }
    }

    @Test func theSeedIsSaid() { print("disturbed replays: seed \(Self.seed)") }
}

/// A recording from its beginning to some moment, and the verdict there.
struct Chapter: Sendable {
    enum Name: String, Sendable {
        /// The whole recording.
        case end
        /// What comes before the first incident is resolved.
        case height
    }

    var name: Name
    var observations: [Observation]
    var verdict: [String]

    static func all(of recording: String) throws -> [Chapter] {
        let observations = try Recordings.telling(recording)
        let whole = Replayer.replay(observations, rules: Recordings.rules)
        var chapters = [Chapter(name: .end, observations: observations, verdict: verdict(whole))]
        if let resolved = whole.transitions.first(where: { $0.change == .resolved }) {
            let limit = resolved.at.monotonic + .seconds(-1)
            let before = observations.filter { $0.at.monotonic < limit }
            let height = verdict(Replayer.replay(before, rules: Recordings.rules))
            chapters.append(Chapter(name: .height, observations: before, verdict: height))
        }
        return chapters
    }

    /// The one word, and what is open, a second after the last observation.
    static func verdict(_ replayer: Replayer) -> [String] {
        let last = replayer.engine.state.facts.now
        let now = Moment(wall: last.wall + .seconds(1), monotonic: last.monotonic + .seconds(1))
        var replayer = replayer
        replayer.pass(to: now)
        // Judged at the same instant, whatever asked for a tick before it.
        replayer.receive(Observation(at: now, event: .tick))
        let snapshot = replayer.engine.snapshot(at: now)
        return [snapshot.verdict.rawValue] + snapshot.open.map { "\($0.kind.rawValue)/\($0.cause)" }.sorted()
    }
}
