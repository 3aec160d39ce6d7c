// SPDX-License-Identifier: Apache-2.0
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
}
