// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// A rule of `rules.d` without units hears every unit, and units are made for each container, session and timer.
@Suite struct UserRuleBoundTests {
    private static let rule = """
        [[rule]]
        id = "site-broken"
        signal = "site-broken"
        template = "the site is broken"
        severity = "warning"
        meaning = "m"
        [rule.incident]
        kind = "SiteBroken"
        sentence = "the site is broken"
        quiet = "1h"
        """

    @Test func openIncidentsOfARuleAreBounded() throws {
        let rules = try SignalRules.shipped().adding([RuleDocument(name: "site.toml", text: Self.rule)])
        var engine = Engine(rules: rules)
        func moment(_ second: Int64) -> Moment {
            Moment(
                wall: WallTime(microseconds: 1_790_000_000_000_000 + second * 1_000_000),
                monotonic: MonotonicTime(microseconds: (1000 + second) * 1_000_000))
        }
        let start = DaemonStart(
            bootID: "b", version: "1", hostname: "n", endpoints: [Endpoint.wellKnown[0]])
        _ = engine.receive(Observation(at: moment(0), event: .started(start)))
        var most = 0
        for number in 1...Int64(1500) {
            let entry = JournalEntry(
                cursor: "c\(number)", at: moment(number), source: .unit, unit: "app@\(number).service",
                message: "the site is broken")
            _ = engine.receive(Observation(at: entry.at, event: .journal(entry)))
            if number % 100 == 0 || number < 10 { most = max(most, engine.state.book.open.count) }
        }
        #expect((10...64).contains(most), "\(most) are open")
    }
}
