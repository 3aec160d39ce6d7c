// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

/// What may happen to observations between the node and the engine.
enum Disturbance: String, CaseIterable, CustomTestStringConvertible {
    /// Those of one second in any order, whatever their sources.
    case shuffled
    /// Every one twice, the second time at the end of its second.
    case duplicated
    /// One in ten of the journal's lines is lost, whoever wrote it; in ten rounds each is lost once.
    case dropped
    /// The same where systemd's bus is heard beside the journal, as on a node.
    case droppedBesideTheBus
    /// The wall clock jumps an hour back or forth, and later returns; the monotonic one goes on.
    case stepped

    var testDescription: String { rawValue }

    /// How many ways there are, or are tried.
    var rounds: Int {
        switch self {
        case .shuffled: 4
        case .duplicated: 1
        case .dropped, .droppedBesideTheBus: 10
        case .stepped: 2
        }
    }

    /// Disturbs; what begins a run of the daemon is no news of the node, and stays where it is.
    func apply(_ observations: [Observation], _ round: Int, seed: UInt64) -> [Observation] {
        var random = SplitMix64(seed: seed &+ UInt64(round))
        return switch self {
        case .shuffled: Self.seconds(of: observations).flatMap { $0.shuffled(using: &random) }
        case .duplicated: Self.seconds(of: observations).flatMap { $0 + $0.filter { !Self.isStart($0) } }
        case .dropped: Self.drop(observations, round, seed)
        case .droppedBesideTheBus: Self.drop(RecordedBus.beside(observations), round, seed)
        case .stepped: Self.step(observations, by: .seconds(round == 0 ? -3600 : 3600))
        }
    }

    /// The lines are dealt out to the rounds in an order that is the same for all of them.
    private static func drop(_ observations: [Observation], _ round: Int, _ seed: UInt64) -> [Observation] {
        var dealer = SplitMix64(seed: seed)
        let lines = observations.indices.filter { isLine(observations[$0]) }.shuffled(using: &dealer)
        let lost = Set(lines.enumerated().filter { $0.offset % 10 == round }.map(\.element))
        return observations.enumerated().filter { !lost.contains($0.offset) }.map(\.element)
    }

    private static func isLine(_ observation: Observation) -> Bool {
        if case .journal = observation.event { return true }
        return false
    }

    private static func isStart(_ observation: Observation) -> Bool {
        switch observation.event {
        case .started, .daemon: true
        case .journal, .unit, .probe, .node, .tick: false
        }
    }

    private static func seconds(of observations: [Observation]) -> [[Observation]] {
        var groups: [[Observation]] = []
        var end = MonotonicTime(microseconds: .min)
        for observation in observations {
            if isStart(observation) {
                groups.append([observation])
                end = MonotonicTime(microseconds: .min)
            } else if observation.at.monotonic < end {
                groups[groups.count - 1].append(observation)
            } else {
                groups.append([observation])
                end = observation.at.monotonic + .seconds(1)
            }
        }
        return groups
    }

    private static func step(_ observations: [Observation], by step: Duration) -> [Observation] {
        observations.enumerated().map { index, observation in
            var moved = observation
            if index >= observations.count / 3, index < observations.count * 2 / 3 {
                moved.at.wall = moved.at.wall + step
                if case .journal(var entry) = moved.event {
                    entry.at.wall = entry.at.wall + step
                    moved.event = .journal(entry)
                }
            }
            return moved
        }
    }
}
