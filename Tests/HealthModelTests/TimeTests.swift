// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@Suite struct TimeTests {
    @Test(
        "RFC 3339 there and back",
        arguments: [
            ("1970-01-01T00:00:00.000000Z", 0), ("2026-11-22T01:42:28.642373Z", 1_795_311_748_642_373),
            ("2000-02-29T23:59:59.999999Z", 951_868_799_999_999), ("1969-12-31T23:59:59.000001Z", -999_999),
        ] as [(String, Int64)])
    func thereAndBack(_ text: String, _ microseconds: Int64) {
        #expect(WallTime(microseconds: microseconds).description == text)
        #expect(WallTime(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(
        "a time that four digits of a year cannot say can be read all the same", arguments: [Int64.min, .max])
    func farAway(_ microseconds: Int64) throws {
        let text = try JSONEncoder().encode([WallTime(microseconds: microseconds)])
        #expect(throws: Never.self) { try JSONDecoder().decode([WallTime].self, from: text) }
    }

    @Test(
        "other spellings",
        arguments: [
            ("2026-11-22T02:42:28+01:00", "2026-11-22T01:42:28.000000Z"),
            ("2026-11-22 01:42:28.5Z", "2026-11-22T01:42:28.500000Z"),
            ("2026-11-22T01:42:28.123456789Z", "2026-11-22T01:42:28.123456Z"),
        ])
    func otherSpellings(_ text: String, _ canonical: String) {
        #expect(WallTime(rfc3339: text)?.description == canonical)
    }

    @Test(
        "what is not a time",
        arguments: [
            "", "now", "2026-13-01T00:00:00Z", "2026-11-22T25:00:00Z", "2026-11-22T01:42:28",
            "2026-11-22T01:42:28.Z", "2026-11-22T01:42:28Zx",
            "2026-02-31T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        ])
    func notATime(_ text: String) { #expect(WallTime(rfc3339: text) == nil) }

    @Test(
        "durations for people",
        arguments: [
            (Duration.milliseconds(850), "850 ms"), (.milliseconds(1500), "1.5 s"), (.seconds(42), "42 s"),
            (.seconds(423), "7 min 3 s"), (.seconds(12_000), "3 h 20 min"), (.seconds(187_200), "2 d 4 h"),
            (.milliseconds(-1500), "-1.5 s"),
        ])
    func brief(_ duration: Duration, _ text: String) { #expect(duration.brief == text) }

    @Test func durationsSaturate() {
        #expect(Duration.seconds(Int64.max).microseconds == .max)
        #expect(Duration.seconds(Int64.min).microseconds == .min)
    }

    @Test func observationsSurviveJSON() throws {
        let report = ProbeReport(
            endpoint: Endpoint.wellKnown[0], rung: .version,
            outcome: .failed(ProbeFailure(reason: .refused, errno: 111, grpcCode: "Unavailable", text: "x")),
            latency: .microseconds(20_125))
        let observation = Observation(
            at: Moment(wall: WallTime(microseconds: 1), monotonic: MonotonicTime(microseconds: 2)),
            event: .probe(report))
        let data = try JSONEncoder().encode(observation)
        #expect(try JSONDecoder().decode(Observation.self, from: data) == observation)
    }
}
