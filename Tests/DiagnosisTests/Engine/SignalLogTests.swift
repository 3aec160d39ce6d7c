// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthModel
import Testing

@testable import Diagnosis

/// What is remembered of what was logged.
@Suite struct SignalLogTests {
    private func signal(_ name: String, at second: Int64) -> Signal {
        Signal(
            rule: name, name: SignalName(rawValue: name),
            at: Moment(
                wall: WallTime(microseconds: second * 1_000_000),
                monotonic: MonotonicTime(microseconds: second * 1_000_000)),
            unit: nil, cursor: "\(name) \(second)", captures: [:], excerpt: "")
    }

    /// A node with many rules of its own: what is new is heard, and what an open incident rests on stays.
    @Test func everyNameIsHeardAndKept() {
        var log = SignalLog()
        for number in 0..<1000 {
            let isTaken = log.take(signal("name-\(number)", at: Int64(number)))
            #expect(isTaken)
        }
        #expect((0..<1000).allSatisfy { log.all(SignalName(rawValue: "name-\($0)")).count == 1 })
    }

    @Test func theNumberIsBoundedAndNoNameIsLostForAnother() {
        var log = SignalLog()
        _ = log.take(signal("once", at: 0))
        for second in 0..<140 {
            for name in 0..<130 { _ = log.take(signal("name-\(name)", at: Int64(second))) }
        }
        let counts = (0..<130).map { log.all(SignalName(rawValue: "name-\($0)")).count }
        #expect(counts.reduce(1, +) == 16_384)
        #expect(counts.allSatisfy { (100...128).contains($0) })
        #expect(log.all(SignalName(rawValue: "once")).count == 1)
        #expect(
            log.all(SignalName(rawValue: "name-0")).last?.at.monotonic
                == MonotonicTime(microseconds: 139_000_000))
    }

    @Test func theSameEntryIsOneSignal() {
        var log = SignalLog()
        let taken = (1...2).map { _ in log.take(signal("a", at: 1)) }
        #expect(taken == [true, false])
    }

    /// What is counted by kind is what a look at every signal finds, also after a checkpoint.
    @Test func kindsAreThoseOfItsSignals() throws {
        var random = SplitMix64(seed: 3)
        var log = SignalLog()
        let kinds: [IncidentKind?] = [.podNetworkFailing, .createFailing, nil]
        for number in 0..<600 {
            var one = signal("name-\(number % 2)", at: Int64.random(in: 0..<300, using: &random))
            one.cursor = "\(number)"
            if let kind = kinds[Int.random(in: 0..<(number < 300 ? 3 : 2), using: &random)] {
                one.captures["kind"] = kind.rawValue
            }
            _ = log.take(one)
            guard number % 50 == 49 else { continue }
            let restored = try JSONDecoder().decode(SignalLog.self, from: JSONEncoder().encode(log))
            #expect(restored == log)
            for name in ["name-0", "name-1"].map(SignalName.init(rawValue:)) {
                for second: Int64 in [-1, 0, 100, 299, 300] {
                    let since = MonotonicTime(microseconds: second * 1_000_000)
                    let recent = log.all(name).filter { $0.at.monotonic >= since }
                    #expect(log.all(name, unit: nil, since: since) == recent)
                    for kind in kinds {
                        let ofKind = log.all(name, of: kind, since: second < 0 ? nil : since)
                        #expect(ofKind == recent.filter { $0.kind == kind })
                    }
                }
            }
        }
    }

    /// Also of signals that the log forgot for want of room, and after a reboot.
    @Test func whatIsForgottenIsNotCounted() {
        let kinds: [IncidentKind?] = [.createFailing, nil, .nodeFault]
        var log = SignalLog()
        for second in 0..<130 {
            for name in 0..<132 {
                var one = signal("name-\(name)", at: Int64(second))
                one.captures["kind"] = kinds[(name + second / 40) % 3]?.rawValue
                _ = log.take(one)
            }
        }
        for name in (0..<132).map({ SignalName(rawValue: "name-\($0)") }) {
            for kind in kinds { #expect(log.all(name, of: kind) == log.all(name).filter { $0.kind == kind }) }
        }
        log.clear()
        #expect(kinds.allSatisfy { log.all(SignalName(rawValue: "name-0"), of: $0).isEmpty })
    }
}
