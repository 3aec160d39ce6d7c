// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import HealthModel
import Testing

@testable import Diagnosis
@testable import crihealthd

/// What is suggested is a rule: it can be read, and knows the line that it was made of.
@Suite struct RulesSuggestTests {
    @Test(arguments: [
        #"time="2026-01-01T00:00:00Z" level=error msg="failed to frobnicate {snapshot} 17 of \"default/web\"" error="rpc 7: exec format error^ $""#,
        #"E1122 02:06:58.524726     218 remote.go:801] "Cannot frob the sandbox" err="open /var/lib/x/7: no such 'thing'" pod="a/b""#,
        "E1122 02:06:58.524726     218 x.go:801] \"Cannot frob\" err=<\n\tfirst line 7\n\tsecond\n >",
    ])
    func aSuggestionIsARule(_ line: String) throws {
        let at = WallTime(microseconds: 0)
        let group = UnexplainedLines.Group(
            unit: "containerd.service", shape: LineShape.of(LogLine(line)), example: line, count: 1,
            first: at, last: at)
        let suggestion = try #require(RuleSuggestion(group))
        let text = RulesSuggestCommand.toml(suggestion, group, id: suggestion.id)
        let rules = try SignalRules.shipped().adding([RuleDocument(name: "site", text: text)])
        let trial = RuleTrial(rules) { $0 == "site" }
        #expect(trial.faults.isEmpty)
        #expect(trial.hits(line).count == 1)
    }

    @Test func aTextIsRead() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(
            "log",
            #"Jun 12 12:23:42 n containerd[1]: time="2026-01-01T00:00:00Z" level=error msg="frob 7 is lost""#
                + "\n")
        let command = try #require(
            try Crihealthd.parseAsRoot(["rules", "suggest", path]) as? RulesSuggestCommand)
        try command.run()
        #expect(throws: (any Error).self) {
            try Crihealthd.parseAsRoot(["rules", "suggest", path, "--limit", "0"])
        }
    }

    /// It is read on a terminal before it is a file.
    @Test func whatIsInvisibleIsEscaped() throws {
        let hostile =
            "a\u{1B}]52;c\u{7}\u{9B}31m\u{85}\u{200B}\u{202E}\u{2028}\u{2066}\u{FEFF}\u{E0041}\u{E000}é字"
        let written = TOMLText.string(hostile)
        #expect(!written.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
        #expect(!written.unicodeScalars.contains { $0.properties.isDefaultIgnorableCodePoint })
        #expect(written.hasSuffix("é字\""))
        let text =
            "[[rule]]\nid = \"x\"\nsignal = \"x\"\nemitter = \"containerd\"\nmeaning = \(written)\n"
            + "[rule.match]\nmsg = \"a whole sentence\"\n"
        let rules = try SignalRules(documents: [RuleDocument(name: "site", text: text)])
        #expect(rules.rules.first?.meaning == hostile)
    }
}
