// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

/// Rule files of a site: what they may say, and what they are told when they are wrong.
@Suite("Rule files") struct RuleFileTests {
    static let minimal =
        "[[rule]]\nid = \"site-a\"\nsignal = \"site-trouble\"\ntemplate = \"trouble with {what:word}\"\n"

    private func entry(_ message: String, unit: String = "site.service") -> JournalEntry {
        JournalEntry(cursor: "c", at: .zero, source: .unit, unit: unit, message: message)
    }

    @Test func aSmallRuleWorks() throws {
        let rules = try SignalRules(documents: [RuleDocument(name: "a.toml", text: Self.minimal)])
        let signal = try #require(rules.recognize(entry("big trouble with disks today")).first)
        #expect(signal.rule == "site-a" && signal.name.rawValue == "site-trouble")
        #expect(signal.captures == ["what": "disks"])
        #expect(signal.unit == "site.service" && signal.cursor == "c")
        #expect(signal.excerpt == "big trouble with disks today")
        #expect(rules.recognize(entry("no worry")).isEmpty)
        let rule = try #require(rules.rules.first)
        #expect(rule.file == "a.toml" && rule.line == 1 && rule.emitter == "application")
    }

    @Test func everyKeyIsRead() throws {
        let text = """
            # a comment
            [[rule]]
            id = "site-full"
            signal = "site-full"
            emitter = "containerd"
            source = ["unit", "manager"]
            units = ["app-?.service", "k3s*.service"]
            identifiers = ["app*"]
            fields = { UNIT_RESULT = "exit-code" }
            template = "beginning"
            match = { msg = ["^one {a}$", "^two {a}$"], error = "because {b}" }
            unless = { error = "because of tea" }
            level = ["error", "fatal"]
            needs = ["plugin"]
            set = { what = "full" }
            severity = "critical"
            benign = false
            meaning = "m"
            clears = "c"
            examples = ["e"]
            counter-examples = ["x"]
            reference = "r"
            versions = "v"
            [rule.incident]
            kind = "SiteFull"
            severity = "critical"
            sentence = "{b} is {what}"
            count = 3
            within = "1h30m"
            clear = "site-fine"
            quiet = "1500ms"

            [[rule]]
            id = "site-fine"
            signal = "site-fine"
            template = "all is fine"
            """
        let rules = try SignalRules(documents: [RuleDocument(name: "full.toml", text: text)])
        let rule = try #require(rules.rules.first)
        #expect(rule.line == 2)
        #expect(rule.captureNames == ["a", "b", "what"])
        #expect(
            rule.incident
                == RuleIncident(
                    kind: IncidentKind(rawValue: "SiteFull"), severity: .critical, sentence: "{b} is {what}",
                    count: 3, within: .seconds(5400), clear: SignalName(rawValue: "site-fine"),
                    quiet: .milliseconds(1500)))
        var good = entry(
            #"time=beginning level=error msg="two x" error="because of coffee" plugin=p"#,
            unit: "app-1.service")
        good.identifier = "app"
        good.fields = ["UNIT_RESULT": "exit-code"]
        #expect(rules.recognize(good).first?.captures == ["a": "x", "b": "of coffee", "what": "full"])
        let spoilers: [(inout JournalEntry) -> Void] = [
            { $0.unit = "app-12.service" }, { $0.identifier = "bap" }, { $0.source = .kernel },
            { $0.fields = [:] },
            { $0.message = $0.message.replacingOccurrences(of: "coffee", with: "tea") },
            { $0.message = $0.message.replacingOccurrences(of: "level=error", with: "level=info") },
            { $0.message = $0.message.replacingOccurrences(of: " plugin=p", with: "") },
            { $0.message = $0.message.replacingOccurrences(of: "beginning", with: "end") },
        ]
        for (index, spoil) in spoilers.enumerated() {
            var bad = good
            spoil(&bad)
            #expect(rules.recognize(bad).isEmpty, "spoiler \(index)")
        }
    }

    static let refusals: [(String, String)] = [
        ("[[rule]]\nid = ", "a.toml:2: "),
        ("x = 1", #"a.toml:1: key "x": unknown key"#),
        ("[rule]\nid = \"a\"", #"must be written [[rule]]"#),
        (
            minimal + "templat = \"x\"",
            #"a.toml:5: rule "site-a": key "templat": unknown key; did you mean "template"?"#
        ),
        ("[[rule]]\nsignal = \"a\"", #"a.toml:1: key "id" is missing"#),
        ("\n\n[[rule]]\nid = \"A B\"", #"a.toml:4: rule "A B": key "id": must be small letters"#),
        ("[[rule]]\nid = \"a\"\nsignal = \"b\"", #"needs "template", "match" or "message-id""#),
        (minimal + "emitter = \"containred\"", #"did you mean "containerd"?"#),
        (minimal + "source = \"kernal\"", #"a.toml:5: rule "site-a": key "source": "kernal" is none of"#),
        (minimal + "severity = \"critcal\"", #"did you mean "critical"?"#),
        (minimal + "benign = 1", #"key "benign": must be true or false"#),
        (minimal + "units = 3", #"key "units": must be a string or a list of strings"#),
        (minimal + "units = [3]", #"key "units": must hold strings only"#),
        (minimal + "set = 3", #"key "set": must be a table"#),
        (minimal + "message-id = \"abc\"", #"key "message-id": must be 32 small hex digits"#),
        (
            minimal + "match = { error = \"{a}{b}x\" }",
            #"a.toml:5: rule "site-a": key "match.error": template"#
        ),
        (minimal + "unless = []", #"key "unless": holds no template"#),
        (minimal + minimal, #"a.toml:6: rule "site-a": key "id": this id is used twice"#),
        ("[[rule]]\nid = \"a\"\nsignal = \"b\"\ntemplate = \"a{x}b\"", "4 plain characters"),
        (minimal + "[rule.incident]\nkind = \"X\"\nsentence = \"s\"", #"needs "clear" or "quiet""#),
        (
            minimal + "[rule.incident]\nkind = \"X\"\nsentence = \"s\"\nquiet = \"5 minutes\"",
            #"a.toml:8: rule "site-a": key "incident.quiet": "5 minutes" is no duration"#
        ),
        (
            minimal + "[rule.incident]\nkind = \"X\"\nsentence = \"{wat}\"\nquiet = \"1m\"",
            #"did you mean "what"?"#
        ),
        (minimal + "[rule.incident]\nkind = \"x y\"\nsentence = \"s\"\nquiet = \"1m\"", "must be CamelCase"),
        (
            minimal + "[rule.incident]\nkind = \"X\"\nsentence = \"s\"\nquiet = \"1m\"\ncount = 0",
            "must be 1 to"
        ),
        (minimal + "[rule.incident]\nkind = \"X\"\nsentence = \"s\"\nquiet = \"0s\"", "must be 1s or more"),
        (
            minimal + "[rule.incident]\nkind = \"X\"\nsentence = \"s\"\nquiet = \"999ms\"",
            "must be 1s or more"
        ),
        (
            minimal + "[rule.incident]\nkind = \"X\"\nsentence = \"s\"\nquit = \"1m\"",
            #"did you mean "quiet"?"#
        ),
        (
            minimal + "[rule.incident]\nkind = \"X\"\nsentence = \"s\"\nclear = \"site-troubl\"",
            #"key "incident.clear": no rule says "site-troubl"; did you mean "site-trouble"?"#
        ),
        ("a = \"\u{0}\"", "holds a NUL byte"),
    ]

    @Test(arguments: refusals) func isRefused(_ text: String, _ complaint: String) throws {
        let error = try #require(throws: RuleError.self) {
            try SignalRules(documents: [RuleDocument(name: "a.toml", text: text)])
        }
        #expect(error.description.contains(complaint), "\(error)")
        #expect(error.file == "a.toml")
    }

    @Test func aHugeFileIsRefused() throws {
        let text = String(repeating: "#", count: RuleReader.sizeLimit + 1)
        let error = #expect(throws: RuleError.self) {
            try SignalRules(documents: [RuleDocument(name: "a.toml", text: text)])
        }
        #expect(error?.description.contains("larger than") == true)
    }

    static let durations: [(String, Duration?)] = [
        ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("1h30m", .seconds(5400)),
        ("2d", .seconds(172_800)),
        ("", nil), ("5", nil), ("m", nil), ("5x", nil), ("-5s", nil), ("5m ", nil),
        ("99999999999999999999s", nil),
    ]

    @Test(arguments: durations) func durationsAreRead(_ text: String, _ meant: Duration?) {
        #expect(RuleTable.duration(text) == meant)
    }

    @Test func aSiteReplacesAndDisables() throws {
        let base = try SignalRules(documents: [RuleDocument(name: "a.toml", text: Self.minimal)])
        let other = Self.minimal.replacingOccurrences(of: "site-trouble", with: "site-calm")
        let replaced = try base.adding([RuleDocument(name: "b.toml", text: other)])
        #expect(replaced.rules.map(\.signal.rawValue) == ["site-calm"])
        #expect(replaced.rules.map(\.file) == ["b.toml"])
        let off = try base.adding([
            RuleDocument(name: "c.toml", text: "[[rule]]\nid = \"site-a\"\nenabled = false\n")
        ])
        #expect(off.rules.isEmpty)
        #expect(!off.mightMatch(entry("big trouble with disks")))
    }

    @Test func aDirectoryIsReadByName() throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("crihealthd-rules-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        func write(_ name: String, _ signal: String) throws {
            let text = Self.minimal.replacingOccurrences(of: "site-trouble", with: signal)
            try Data(text.utf8).write(to: directory.appendingPathComponent(name))
        }
        try write("20-b.toml", "second")
        try write("10-a.toml", "first")
        try write(".hidden.toml", "hidden")
        try write("README", "not-toml")
        let none = try SignalRules(documents: [])
        let rules = try SignalRules.load(directory: directory.path, over: none)
        #expect(rules.rules.map(\.signal.rawValue) == ["second"])
        #expect(try SignalRules.load(directory: directory.path + "/absent", over: none).rules.isEmpty)
        let error = #expect(throws: RuleError.self) {
            try SignalRules.load(directory: directory.path + "/10-a.toml", over: none)
        }
        #expect(error?.errno == ENOTDIR)
        try Data([0xFF, 0xFE]).write(to: directory.appendingPathComponent("30.toml"))
        let broken = #expect(throws: RuleError.self) {
            try SignalRules.load(directory: directory.path, over: none)
        }
        #expect(broken?.description.contains("30.toml: is not UTF-8") == true)

        try Data("[[rule]]\nid = 3\n".utf8).write(to: directory.appendingPathComponent("15.toml"))
        let usable = SignalRules.loadUsable(directory: directory.path, over: none)
        #expect(usable.rules.rules.map(\.signal.rawValue) == ["second"])
        #expect(usable.refused.map { $0.file.suffix(7) } == ["30.toml", "15.toml"])
        #expect(usable.refused.last?.line == 2)
        let nowhere = SignalRules.loadUsable(directory: directory.path + "/10-a.toml", over: none)
        #expect(nowhere.rules.rules.isEmpty && nowhere.refused.map(\.errno) == [ENOTDIR])
        #expect(SignalRules.loadUsable(directory: directory.path + "/absent", over: none).refused.isEmpty)
    }
}
