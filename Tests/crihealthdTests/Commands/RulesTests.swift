// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import Foundation
import HealthModel
import Testing

@testable import crihealthd

@Suite struct RegexTemplatesTests {
    @Test(arguments: [
        ("Killed process \\d+ (.+) total-vm:\\d+kB.*", ["Killed process {:int} {} total-vm:{:int}kB"]),
        ("disk gone", ["disk gone$"]),
        ("^start of (a|the) line$", ["^start of a line$", "^start of the line$"]),
        ("one|two (three )?four", ["one", "two three four$", "two four$"]),
        (".*in the middle.*", ["in the middle"]),
        ("brace {x} and \\{y\\}", ["brace {{x}} and {{y}}$"]),
        ("costs 5\\$", ["costs 5$$"]),
        ("id [0-9a-fA-F]+ of \\S+ here.*", ["id {:hex} of {:word} here"]),
        ("^\\d+ errors on disk.*", ["^{:int} errors on disk"]),
        ("(?:quiet|P) (?P<name>\\d+)x.*", ["quiet {:int}x", "P {:int}x"]),
        ("lazy .*? end.*", ["lazy {} end"]),
        ("many .*\\d+.* gaps.*", ["many {} gaps"]),
    ])
    func exact(_ expression: String, _ templates: [String]) throws {
        let regex = try RegexTemplates(expression, tiesEnd: true)
        #expect(regex.templates == templates)
        #expect(regex.notes == [])
        for template in regex.templates { _ = try Template(template) }
    }

    @Test(arguments: [
        ("task [\\S ]+:\\w+ blocked", ["task {}:{:word} blocked$"]),
        ("\\d+ errors on disk.*", [" errors on disk"]),
        ("kubelet.service started", ["kubelet.service started$"]),
        ("word\\b here", ["word here$"]), ("a\\s+b c d", ["a b c d$"]), ("x{3} files", [" files$"]),
        ("(ab)+ files", [" files$"]), ("[abc] files", [" files$"]), ("not [^]]+ end.*", ["not {} end"]),
    ])
    func withANote(_ expression: String, _ templates: [String]) throws {
        let regex = try RegexTemplates(expression, tiesEnd: true)
        #expect(regex.templates == templates)
        #expect(!regex.notes.isEmpty)
    }

    @Test(arguments: [
        ("(?i)any case", "flags"), ("two\\nlines", "several lines"), ("a(b", "( without"),
        ("a)b", ") without"),
        ("[a-z", "[ without"), ("id [[:digit:]]+ x", "by its name"), ("end$ middle", "in the middle"),
        ("*x", "behind nothing"),
        ("\\pL letters", "escape"),
        ("", "plain text"), (".*", "plain text"), ("trailing\\", "at the end"),
        ("(a|b)(a|b)(a|b)(a|b)(a|b)(a|b) x", "alternatives"),
        (String(repeating: "(", count: 40) + "x" + String(repeating: ")", count: 40), "too deep"),
    ])
    func notCarriedOver(_ expression: String, _ reason: String) {
        let error = #expect(throws: RegexTemplates.Problem.self) {
            try RegexTemplates(expression, tiesEnd: true)
        }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    /// Whatever is in a pattern, there is an answer, and what comes of it is a template.
    @Test func anythingEndsInATemplateOrAReason() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ab .*+?()[]{}|\\^$dwsSbnz:-<P5ä")
        for _ in 0..<3000 {
            let length = Int.random(in: 0...30, using: &generator)
            let expression = String(
                (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
            guard let regex = try? RegexTemplates(expression, tiesEnd: true) else { continue }
            for template in regex.templates { #expect((try? Template(template)) != nil, "\(expression)") }
        }
    }
}

@Suite struct RuleImportTests {
    private static let monitor = #"""
        {"plugin": "kmsg", "source": "site-monitor",
         "conditions": [{"type": "DiskDead", "reason": "DiskIsAlive", "message": "all disks answer"}],
         "rules": [
          {"type": "permanent", "condition": "DiskDead", "reason": "DiskResets", "pattern": "disk \\w+ resets itself.*"},
          {"type": "temporary", "reason": "FANSlow", "pattern": "fan \\d+ below \\d+ rpm"},
          {"type": "temporary", "reason": "FANSlow", "pattern": "fan \"left\" stands still"},
          {"type": "temporary", "reason": "Whatever", "pattern": "(?i)whatever"},
          {"type": "temporary", "reason": "TooShort", "pattern": "x.*"}]}
        """#

    private func imported(_ text: String = Self.monitor) throws -> RuleImport {
        RuleImport(try ProblemDetectorMonitor(Array(text.utf8), path: "site.json"), name: "site.json")
    }

    @Test func whatIsWrittenIsTakenAndKnowsItsLines() throws {
        let result = try imported()
        #expect((result.read, result.carried) == (5, 3))
        let rules = try SignalRules.shipped().adding([RuleDocument(name: "x", text: result.toml)])
        let own = rules.rules.filter { $0.file == "x" }
        #expect(own.map(\.id) == ["npd-site-monitor-disk-resets", "npd-site-monitor-fanslow"])
        #expect(own.map(\.incident?.kind.rawValue) == ["DiskDead", "FANSlow"])
        let trial = RuleTrial(rules) { $0 == "x" }
        for line in ["disk sda resets itself again", "fan 3 below 200 rpm", #"fan "left" stands still"#] {
            #expect(trial.hits(line).count == 1, "\(line)")
        }
        // node-problem-detector's patterns reach the end of the line.
        #expect(trial.hits("fan 3 below 200 rpm for an hour").isEmpty)
    }

    @Test func whatIsMissingIsSaid() throws {
        let remarks = try imported().remarks.joined(separator: "\n")
        #expect(remarks.contains("Whatever: not carried over: the flags (?i): (?i)whatever"))
        #expect(
            remarks.contains("TooShort: not carried over: needs a template with 4 plain characters in a row"))
        #expect(remarks.contains("its incident ends after 1d of quiet"))
    }

    @Test func aHostileNameStaysInItsPlace() throws {
        let text = Self.monitor.replacing("FANSlow", with: #"x\"]\n[[rule]]\nid = \"y"#)
        let result = try imported(text)
        let rules = try SignalRules(documents: [RuleDocument(name: "x", text: result.toml)])
        #expect(rules.rules.count == 2)
        #expect(!rules.rules.contains { $0.id == "y" })
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"plugin": "custom", "source": "x", "rules": []}"#,
        #"{"plugin": "journald", "source": "x", "rules": [{"type": "temporary", "reason": "r", "path": "/bin/x"}]}"#,
    ])
    func anotherFileIsRefused(_ text: String) {
        #expect(throws: ImportProblem.self) { try ProblemDetectorMonitor(Array(text.utf8), path: "x") }
    }
}

@Suite struct RuleTestReportTests {
    private static let toml = """
        [[rule]]
        id = "site-disk"
        signal = "site-disk"
        emitter = "kernel"
        template = "disk {name:word} is gone"
        [[rule]]
        id = "site-fan"
        signal = "site-fan"
        template = "fan stands still"
        """

    private func report(_ input: [UInt8], chunk: Int) throws -> (text: String, known: Int, total: Int) {
        let rules = try SignalRules.shipped().adding([RuleDocument(name: "x", text: Self.toml)])
        var text = ""
        var report = RuleTestReport(rules: rules, own: rules.rules.filter { $0.file == "x" }) { text += $0 }
        for start in stride(from: 0, to: input.count, by: chunk) {
            try report.take(Array(input[start..<min(start + chunk, input.count)]))
        }
        try report.finish()
        return (text + report.summary, report.known, report.total)
    }

    @Test(arguments: [1, 7, 4096]) func linesAreTriedHoweverTheyAreCut(_ chunk: Int) throws {
        let lines = "nothing\nkernel: disk sda\u{1B}[2J is gone\nno end: disk sdb is gone"
        let result = try report(Array(lines.utf8), chunk: chunk)
        #expect((result.known, result.total) == (2, 3))
        #expect(result.text.contains("    site-disk: site-disk name=\"sdb\"\n"))
        #expect(result.text.hasSuffix("2 of 3 known; no line for: site-fan\n"))
        #expect(!result.text.contains("\u{1B}"))
    }

    /// In an export stream the source counts: a line of the kernel's, said by a service, is none.
    @Test func anExportStreamHasSources() throws {
        func entry(_ transport: String) -> String {
            """
            __REALTIME_TIMESTAMP=1795311751000000
            __MONOTONIC_TIMESTAMP=1000
            _BOOT_ID=0123456789abcdef0123456789abcdef
            _TRANSPORT=\(transport)
            MESSAGE=disk sda is gone


            """
        }
        let result = try report(Array((entry("kernel") + entry("stdout")).utf8), chunk: 50)
        #expect((result.known, result.total) == (1, 2))
    }
}

@Suite struct RulesLintTests {
    private func lint(_ paths: [String]) throws {
        let command = try #require(
            try Crihealthd.parseAsRoot(["rules", "lint"] + paths) as? RulesLintCommand)
        try command.run()
    }

    @Test func goodFilesAndAMissingDirectoryOfTheNodePass() throws {
        let directory = try TemporaryDirectory()
        try directory.write("a.toml", "[[rule]]\nid = \"a\"\nsignal = \"a\"\ntemplate = \"plain text\"\n")
        // The second file's incident is cleared by a signal of the first.
        try directory.write(
            "b.toml",
            """
            [[rule]]
            id = "b"
            signal = "b"
            template = "other text"
            examples = ["some other text"]
            [rule.incident]
            kind = "SiteTrouble"
            sentence = "Trouble."
            clear = "a"
            """)
        try lint([directory.path])
        try lint([directory.path + "/a.toml"])
        if access(Configuration().rulesDirectory, F_OK) != 0 { try lint([]) }
    }

    @Test(arguments: [
        "nonsense", "[[rule]]\nid = \"A\"\n",
        "[[rule]]\nid = \"a\"\nsignal = \"a\"\ntemplate = \"plain text\"\nexamples = [\"other\"]\n",
    ])
    func badFilesDoNot(_ text: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a.toml", text)
        #expect(throws: ExitCode.failure) { try lint([path]) }
    }

    @Test func aFileThatIsNotThereIsAFault() {
        #expect(throws: ExitCode.failure) { try lint(["/nonexistent/site.toml"]) }
    }
}
