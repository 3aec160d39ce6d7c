// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis

/// `crihealthd rules test`: tries rules on lines.
struct RulesTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Try rules on lines from standard input.",
        usage: "crihealthd rules test [<file>] < <lines>",
        discussion: """
            Lines are messages as they are logged, or what journalctl prints in any of its formats: then who wrote a \
            line counts, too. Without a file the built-in rules are tried. Exits with 1 when no line is known.

            Example: journalctl -b -u kubelet -o cat | crihealthd rules test site.toml
            """)

    @Argument(help: "A rule file (TOML).", completion: .file(extensions: ["toml"]))
    var file: String?

    func run() throws {
        let shipped = try SignalRules.shipped()
        var rules = shipped
        var own = shipped.rules
        if let file {
            rules = try shipped.adding([try RuleFiles.document(file)])
            own = rules.rules.filter { $0.file == file }
            // A file of classes alone: what they make of the lines that the built-in rules frame.
            if own.isEmpty { own = rules.rules }
        }
        var report = RuleTestReport(rules: rules, own: own)
        try StandardInput.chunks { try report.take($0) }
        try report.finish()
        Output.write(report.summary)
        if report.known == 0 { throw ExitCode.failure }
    }
}
