// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis

/// `crihealthd rules import`: takes the rules of node-problem-detector over.
struct RulesImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turn a node-problem-detector log monitor into a rule file.",
        discussion: """
            Prints TOML for /etc/crihealthd/rules.d, and on standard error what differs and what could not be \
            carried over. Exits with 1 when a rule is missing.

            Example: crihealthd rules import kernel-monitor.json > npd-kernel.toml
            """)

    @Argument(help: "The monitor's configuration (JSON).", completion: .file(extensions: ["json"]))
    var file: String

    func run() throws {
        let monitor = try ProblemDetectorMonitor(try FileBytes.read(file, limit: 4 << 20), path: file)
        let name = file.split(separator: "/").last.map(String.init) ?? file
        let result = RuleImport(monitor, name: name)
        // What was written must be taken: a document is never given away that the daemon refuses.
        let document = RuleDocument(name: "the imported rules", text: result.toml)
        _ = try SignalRules.shipped().adding([document])
        Output.write(result.toml)
        for remark in result.remarks { Console.error("\(file): \(remark)") }
        Console.error("\(result.carried) of \(result.read) rules carried over")
        if result.carried < result.read { throw ExitCode.failure }
    }
}
