import HealthModel
import Testing

@testable import Diagnosis
@testable import crihealthd

/// The same recordings, disturbed: what is open at the end, and its cause, must not change.
///
/// The seed is fixed and printed. Two things are spared, because they are the only evidence of what they tell: systemd's own
/// records and lines whose like does not come again are not dropped, and nothing is moved across logind's word that the
/// machine goes down (what stops after it is meant to).
@Suite struct DisturbedReplayTests {
    static let seed: UInt64 = 20_261_122

    enum Disturbance: String, CaseIterable, CustomTestStringConvertible {
        /// Observations of one second in any order.
        case shuffled
        /// Every third one twice.
        case duplicated
        /// One in ten is lost.
        case dropped
        /// The wall clock jumps back an hour and forth again; the monotonic one goes on.
        case stepped

        var testDescription: String { rawValue }
    }

    @Test("the end is the same", arguments: CorpusTests.table.map(\.recording))
    func sameEnd(_ recording: String) throws {
        let observations = try Self.telling(recording)
        let straight = Self.end(observations)
        for disturbance in Disturbance.allCases {
            var random = SplitMix64(state: Self.seed)
            let disturbed = Self.end(Self.disturb(observations, disturbance, &random))
            #expect(disturbed == straight, "\(disturbance.rawValue), seed \(Self.seed)")
        }
    }

    /// Without the lines that no rule and no record of systemd makes anything of: they change nothing in any order.
    private static func telling(_ recording: String) throws -> [Observation] {
        try Recordings.observations(recording).filter { observation in
            guard case .journal(let entry) = observation.event else { return true }
            return entry.messageID != nil || !Recordings.rules.recognize(entry).isEmpty
        }
    }

    @Test func theSeedIsSaid() { print("disturbed replays: seed \(Self.seed)") }

    // MARK: Disturbing

    static func end(_ observations: [Observation]) -> [String] {
        let replayer = Replayer.replay(observations, rules: Recordings.rules)
        return replayer.incidents.filter(\.isOpen).map { "\($0.kind.rawValue)/\($0.cause)" }.sorted()
    }

    static func disturb(
        _ observations: [Observation], _ disturbance: Disturbance, _ random: inout SplitMix64
    ) -> [Observation] {
        switch disturbance {
        case .shuffled: return shuffle(observations, &random)
        case .duplicated:
            return observations.enumerated().flatMap {
                $0.offset % 3 == 0 ? [$0.element, $0.element] : [$0.element]
            }
        case .dropped: return drop(observations, &random)
        case .stepped: return step(observations)
        }
    }

    /// The lines of the journal trade places with those of the same second; what was asked meanwhile stays where it was.
    private static func shuffle(_ observations: [Observation], _ random: inout SplitMix64) -> [Observation] {
        var result = observations
        let lines = observations.indices.filter { isLine(observations[$0]) }
        var rest = lines[...]
        while let first = rest.first {
            let end = observations[first].at.monotonic + .seconds(1)
            var second = rest.prefix { observations[$0].at.monotonic < end && !isShutdown(observations[$0]) }
            if second.isEmpty { second = rest.prefix(1) }
            for (place, line) in zip(second, second.shuffled(using: &random)) {
                result[place] = observations[line]
            }
            rest = rest.dropFirst(second.count)
        }
        return result
    }

    /// One in ten of the lines that are not the only one of their kind.
    private static func drop(_ observations: [Observation], _ random: inout SplitMix64) -> [Observation] {
        let names = observations.map { observation -> Set<String> in
            guard case .journal(let entry) = observation.event, entry.messageID == nil else { return [] }
            return Set(Recordings.rules.recognize(entry).map(\.rule))
        }
        let counts = names.reduce(into: [:] as [String: Int]) { counts, names in
            for name in names { counts[name, default: 0] += 1 }
        }
        return zip(observations, names).filter { _, names in
            names.isEmpty || names.contains { counts[$0] == 1 } || random.next() % 10 != 0
        }.map(\.0)
    }

    private static func isShutdown(_ observation: Observation) -> Bool {
        if case .journal(let entry) = observation.event { return entry.messageID == MessageID.shutdown }
        return false
    }

    private static func isLine(_ observation: Observation) -> Bool {
        if case .journal = observation.event { return true }
        return false
    }

    private static func step(_ observations: [Observation]) -> [Observation] {
        observations.enumerated().map { index, observation in
            var moved = observation
            if index >= observations.count / 3, index < observations.count * 2 / 3 {
                moved.at.wall = moved.at.wall + .seconds(-3600)
                if case .journal(var entry) = moved.event {
                    entry.at.wall = entry.at.wall + .seconds(-3600)
                    moved.event = .journal(entry)
                }
            }
            return moved
        }
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
