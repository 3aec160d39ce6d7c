// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import HealthEndpoint

@Suite struct EventRingTests {
    private let begin = Fixtures.second("01:00:00")

    private func ring(_ count: Int) -> EventRing {
        var ring = EventRing(startedAt: begin)
        for n in 0..<count {
            ring.append(
                Transition(
                    at: Moment(
                        wall: begin + .seconds(Int64(n)), monotonic: MonotonicTime(microseconds: 0)),
                    change: .opened, incident: Fixtures.killed))
        }
        return ring
    }

    @Test func idsNameTheRunAndGrow() {
        let ring = ring(3)
        #expect(ring.all.entries.map(\.event.id) == (1...3).map { "\(ring.run)-\($0)" })
        #expect(ring.position == "\(ring.run)-3")
        #expect(self.ring(0).position == "\(ring.run)-0")
    }

    @Test func whatIsKeptIsBounded() {
        let ring = ring(1000)
        #expect(ring.entries.count == EventRing.capacity)
        #expect(ring.last == 1000)
        #expect(ring.all.gap == .overwritten)
        #expect(self.ring(EventRing.capacity).all.gap == nil)
    }

    @Test func aSliceIsWholeOrSaysWhyNot() {
        let full = ring(1000)
        let oldest = 1000 - UInt64(EventRing.capacity)
        #expect(full.slice(after: "\(full.run)-\(oldest)").gap == nil)
        #expect(full.slice(after: "\(full.run)-\(oldest)").entries.count == EventRing.capacity)
        #expect(full.slice(after: "\(full.run)-\(oldest - 1)").gap == .overwritten)
        #expect(full.slice(after: full.position) == EventRing.Slice(entries: [], gap: nil))
        #expect(full.slice(after: "\(full.run)-1001").gap == .unknown)
        #expect(full.slice(after: "abc-7").gap == .restarted)
        #expect(full.slice(after: "\(full.run)-18446744073709551615").gap == .unknown)
        #expect(full.slice(after: "\(full.run)-18446744073709551616").gap == .unknown)
    }

    @Test func aTimeIsAPlaceToo() {
        let few = ring(10)
        #expect(few.slice(since: begin + .seconds(7)).entries.count == 3)
        #expect(few.slice(since: begin).gap == nil)
        #expect(few.slice(since: Fixtures.second("00:59:59")).gap == .restarted)
        #expect(ring(1000).slice(since: begin).gap == .overwritten)
        #expect(ring(1000).slice(since: begin + .seconds(900)).gap == nil)
        #expect(ring(0).slice(since: begin).gap == nil)
    }
}
