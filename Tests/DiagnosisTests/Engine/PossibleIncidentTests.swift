// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What can open is known before it does. That nothing else opens is asserted where incidents are kept (IncidentBook),
/// in every test that opens one.
@Suite struct PossibleIncidentTests {
    private static let at = Moment(
        wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0))

    @Test func eachCauseOfEachKindIsThere() throws {
        let possible = Engine(rules: try SignalRules.shipped()).snapshot(at: Self.at).possible
        #expect(possible == PossibleIncident.shipped)
        #expect(Set(possible).count == possible.count)
        for cause in Cause.allCases {
            for kind in cause.kinds {
                let severities = possible.filter { $0.kind == kind && $0.cause == cause.rawValue }.map(
                    \.severity)
                #expect(!severities.isEmpty && severities == cause.severities(of: kind))
            }
        }
        // Advice opens none.
        #expect(!possible.contains { $0.kind == .knownDefect })
    }

    @Test func rulesAddTheirOwnAndTakeThemAway() throws {
        let shipped = try SignalRules.shipped()
        let own = RuleDocument(
            name: "site",
            text: """
                [[rule]]
                id = "a"
                signal = "site-trouble"
                meaning = "m"
                template = "trouble"
                examples = ["trouble"]
                incident = { kind = "SiteTrouble", severity = "critical", sentence = "s", quiet = "5m" }
                """)
        var engine = Engine(rules: try shipped.adding([own]))
        #expect(
            engine.snapshot(at: Self.at).possible == PossibleIncident.shipped + [
                PossibleIncident(
                    kind: IncidentKind(rawValue: "SiteTrouble"), cause: "site-trouble", severity: .critical)
            ])
        engine.replace(rules: shipped)
        #expect(engine.snapshot(at: Self.at).possible == PossibleIncident.shipped)
    }
}
