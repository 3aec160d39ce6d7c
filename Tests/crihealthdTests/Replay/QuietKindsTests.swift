// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis
@testable import crihealthd

/// A diagnosis that is not asked, because nothing changed that it reads, would have changed nothing: two engines are told
/// the same, one of which asks all of them each time, and what they show is the same after each line.
@Suite("Only what changed is judged") struct QuietKindsTests {
    @Test(
        "recordings, as they were and with a millisecond between any two observations",
        arguments: CorpusTests.table.map(\.recording))
    func recordings(_ recording: String) throws {
        let observations = try Recordings.telling(recording)
        compare(observations)
        compare(Self.hurried(observations, by: .milliseconds(1)))
    }

    @Test(
        "published outages, as a storm and one into the other",
        arguments: [Duration.zero, .milliseconds(1), .milliseconds(70), .milliseconds(400)])
    func published(_ pace: Duration) throws {
        var all: [[Observation]] = []
        for one in FieldCase.published {
            let file = FieldCase.folder.appending(path: one.case + ".txt")
            let input = try ReplayInput.detect(file.path(percentEncoded: false))
            all.append(try ReplaySource.material(input).observations)
        }
        var mixed: [Observation] = []
        for round in 0..<40 { mixed += all.compactMap { $0.indices.contains(round) ? $0[round] : nil } }
        compare(Self.hurried(mixed, by: pace))
        compare(Self.hurried(all.joined().map(\.self), by: pace))
    }

    /// Told at that pace, by both clocks; of all the starts the first alone.
    private static func hurried(_ observations: [Observation], by pace: Duration) -> [Observation] {
        guard let first = observations.first?.at else { return [] }
        var at = Moment(wall: first.wall, monotonic: MonotonicTime(microseconds: 3_600_000_000))
        var hasStarted = false
        var hurried: [Observation] = []
        for observation in observations {
            if case .started = observation.event {
                if hasStarted { continue }
                hasStarted = true
            }
            at = Moment(wall: at.wall + pace, monotonic: at.monotonic + pace)
            guard case .journal(var entry) = observation.event else {
                hurried.append(Observation(at: at, event: observation.event))
                continue
            }
            entry.at = at
            hurried.append(Observation(at: at, event: .journal(entry)))
        }
        return hurried
    }

    private func compare(_ observations: [Observation]) {
        var all = Engine(rules: Recordings.rules)
        all.judgesAll = true
        var changed = Engine(rules: Recordings.rules)
        func isSame(_ observation: Observation) -> Bool {
            let told = Self.transitions(all.receive(observation))
            let isTold = told == Self.transitions(changed.receive(observation))
            return isTold && all.nextDeadline == changed.nextDeadline
        }
        for (index, observation) in observations.enumerated() {
            for _ in 0..<100 {
                guard let due = all.nextDeadline, due <= observation.at.monotonic else { break }
                let wall = observation.at.wall + (.zero - (observation.at.monotonic - due))
                let tick = Observation(at: Moment(wall: wall, monotonic: due), event: .tick)
                #expect(isSame(tick))
            }
            #expect(isSame(observation), "\(observation)")
            guard index % 16 == 0 || index == observations.count - 1 else { continue }
            #expect(all.state.book == changed.state.book)
            #expect(all.snapshot(at: observation.at) == changed.snapshot(at: observation.at))
        }
        #expect(all.diagnosedAt == changed.diagnosedAt)
    }

    private static func transitions(_ effects: [Effect]) -> [Transition] {
        effects.compactMap { effect in
            guard case .transition(let transition) = effect else { return nil }
            return transition
        }
    }
}
