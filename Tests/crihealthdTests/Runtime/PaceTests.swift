// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import crihealthd

private func at(_ milliseconds: Int64) -> MonotonicTime { MonotonicTime(microseconds: milliseconds * 1000) }

@Suite struct PublishPaceTests {
    @Test func theFirstChangeIsShownAtOnce() {
        var pace = PublishPace()
        let step1 = pace.changed(at: at(0), transition: false)
        #expect(step1 == .now)
    }

    @Test func aStormIsCoalesced() {
        var pace = PublishPace()
        _ = pace.changed(at: at(0), transition: false)
        let step2 = pace.changed(at: at(10), transition: false)
        #expect(step2 == .later(.milliseconds(40)))
        let step3 = pace.changed(at: at(20), transition: false)
        #expect(step3 == .waiting)
        let step4 = pace.fired(at: at(50))
        #expect(step4)
        let step5 = pace.changed(at: at(60), transition: false)
        #expect(step5 == .later(.milliseconds(40)))
        let step6 = pace.changed(at: at(130), transition: false)
        #expect(step6 == .now)
    }

    @Test func aTransitionIsShownAtOnceAndSatisfiesWhoWaits() {
        var pace = PublishPace()
        _ = pace.changed(at: at(0), transition: false)
        _ = pace.changed(at: at(10), transition: false)
        let step7 = pace.changed(at: at(20), transition: true)
        #expect(step7 == .now)
        let step8 = pace.fired(at: at(50))
        #expect(!step8)
        let step9 = pace.changed(at: at(51), transition: false)
        #expect(step9 == .later(.milliseconds(19)))
    }
}

@Suite struct CheckpointPaceTests {
    @Test func transitionsAreSavedAtOnceProgressEveryFiveSecondsAndTheRestEveryMinute() {
        var pace = CheckpointPace()
        let step10 = pace.due(at: at(0), cursor: nil, transition: false)
        #expect(step10)
        let step11 = pace.due(at: at(4999), cursor: "a", transition: false)
        #expect(!step11)
        let step12 = pace.due(at: at(5000), cursor: "a", transition: false)
        #expect(step12)
        let step13 = pace.due(at: at(30_000), cursor: "a", transition: false)
        #expect(!step13)
        let step14 = pace.due(at: at(30_001), cursor: "a", transition: true)
        #expect(step14)
        let step15 = pace.due(at: at(90_000), cursor: "a", transition: false)
        #expect(!step15)
        let step16 = pace.due(at: at(90_001), cursor: "a", transition: false)
        #expect(step16)
    }

    @Test func aFailedOneIsTriedAgainSoon() {
        var pace = CheckpointPace()
        _ = pace.due(at: at(0), cursor: "a", transition: false)
        pace.failed()
        let early = pace.due(at: at(4999), cursor: "a", transition: false)
        let retry = pace.due(at: at(5000), cursor: "a", transition: false)
        let again = pace.due(at: at(10_000), cursor: "a", transition: false)
        #expect([early, retry, again] == [false, true, false])
    }
}

@Suite struct InquiryGateTests {
    @Test func theSameInquiryPassesOnceASecond() {
        var gate = InquiryGate()
        let step17 = gate.admit(.process(pid: 1), at: at(0))
        #expect(step17)
        let step18 = gate.admit(.process(pid: 1), at: at(999))
        #expect(!step18)
        let step19 = gate.admit(.process(pid: 2), at: at(999))
        #expect(step19)
        let step20 = gate.admit(.process(pid: 1), at: at(1000))
        #expect(step20)
    }

    @Test func aFloodOfDifferentOnesIsBounded() {
        var gate = InquiryGate()
        let passed = (0..<10_000).filter { gate.admit(.process(pid: Int32($0)), at: at(0)) }
        #expect(passed.count == InquiryGate.limit)
        let step21 = gate.admit(.process(pid: -1), at: at(1000))
        #expect(step21)
    }
}

@Suite struct TapeTests {
    private let start = Moment(
        wall: WallTime(microseconds: 5_000_000), monotonic: MonotonicTime(microseconds: 7))

    @Test func itStandsStillUntilItIsWound() {
        let tape = Tape(at: start)
        #expect(tape.now == start)
        #expect(tape.speed == 0)
    }

    @Test func itRunsOnBothClocksAlike() {
        let tape = Tape(at: start)
        tape.wind(to: start, speed: 1000)
        #expect(eventually { tape.now.wall - start.wall >= .seconds(20) })
        let now = tape.now
        #expect(now.wall - start.wall == now.monotonic - start.monotonic)
    }
}

@Suite struct WatchedUnitsTests {
    @Test func everyUnitIsWatchedOnce() {
        let endpoints = [
            Endpoint(socketPath: "/a", runtime: .containerd, unit: "containerd.service"),
            Endpoint(socketPath: "/b", runtime: .other, unit: "mine.service"),
            Endpoint(socketPath: "/c", runtime: .other, unit: nil),
        ]
        let units = WatchedUnits.all(endpoints: endpoints, configured: ["x.service", "kubelet.service"])
        #expect(Set(units).count == units.count)
        #expect(units.suffix(2) == ["mine.service", "x.service"])
    }
}

@Suite struct OrdersTests {
    @Test func ordersComeInTurnAndOnce() {
        let orders = Orders()
        orders.give(.reload)
        orders.give(.reload)
        orders.give(.stop)
        #expect([orders.next(), orders.next()] == [.reload, .stop])
    }
}
