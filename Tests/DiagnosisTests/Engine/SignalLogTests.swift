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

    /// A node with many rules of its own has more names than are kept: what is said now is never the one that is dropped.
    @Test func aNewNameIsAlwaysHeard() {
        var log = SignalLog()
        for number in 0..<1000 {
            let isTaken = log.take(signal("name-\(number)", at: Int64(number)))
            #expect(isTaken)
            #expect(log.all(SignalName(rawValue: "name-\(number)")).count == 1)
            // Old, and not silent.
            _ = log.take(signal("often", at: Int64(number)))
        }
        #expect(log.all(SignalName(rawValue: "often")).count == 128)
        #expect(log.all(SignalName(rawValue: "name-998")).count == 1)
        #expect(log.all(SignalName(rawValue: "name-0")).isEmpty)
    }

    @Test func theSameEntryIsOneSignal() {
        var log = SignalLog()
        let taken = (1...2).map { _ in log.take(signal("a", at: 1)) }
        #expect(taken == [true, false])
    }
}
