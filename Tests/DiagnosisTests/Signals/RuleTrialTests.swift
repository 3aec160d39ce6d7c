// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Diagnosis

@Suite("Rules on trial") struct RuleTrialTests {
    private func trial(_ toml: String) throws -> RuleTrial {
        RuleTrial(try SignalRules(documents: [RuleDocument(name: "x.toml", text: toml)]))
    }

    @Test func theShippedRulesDoAsTheySay() throws {
        #expect(RuleTrial(try SignalRules.shipped()).faults.isEmpty)
    }

    @Test func aLineOfNoInterestIsKnownToNone() throws {
        #expect(RuleTrial(try SignalRules.shipped()).hits("hello").isEmpty)
        #expect(
            try trial(
                "[[rule]]\nid = \"a\"\nsignal = \"a\"\nmessage-id = \"\(String(repeating: "a", count: 32))\""
            ).hits("x").isEmpty)
    }

    @Test func examplesThatAreNotKnownAreFaults() throws {
        let trial = try trial(
            """
            [[rule]]
            id = "a"
            signal = "a"
            template = "disk {name:word} gone$"
            examples = ["disk sda gone", "disk sda is gone"]
            counter-examples = ["disk sdb gone", "disk sdb"]
            """)
        #expect(
            trial.faults.map(\.description) == [
                #"x.toml:1: rule "a": key "examples": does not know its example: disk sda is gone"#,
                #"x.toml:1: rule "a": key "counter-examples": takes its counter-example: disk sdb gone"#,
            ])
    }

    @Test func aFallbackIsSilentWhereAnotherKnowsTheLine() throws {
        let trial = try trial(
            """
            [[rule]]
            id = "a"
            signal = "a"
            template = "disk {name:word} gone"
            [[rule]]
            id = "b"
            signal = "b"
            template = "disk"
            fallback = true
            """)
        #expect(trial.hits("disk sda gone").map(\.rule.id) == ["a"])
        #expect(trial.hits("disk sda gone").first?.captures == ["name": "sda"])
        #expect(trial.hits("disk sda here").map(\.rule.id) == ["b"])
        #expect(trial.hits("nothing").isEmpty)
    }
}
