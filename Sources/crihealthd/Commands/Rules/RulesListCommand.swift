// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import Glibc
import HealthEndpoint
import HealthModel

/// `crihealthd rules list`: every rule in force.
struct RulesListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the rules, built in and of this node.",
        usage: "crihealthd rules list [<text>] [--rules-directory <dir>] [-o text|json]",
        discussion: """
            Each with its emitter, its severity and what it means.

            Example: crihealthd rules list kubelet
            """)

    @Argument(help: "Only rules whose id, signal or emitter holds this.")
    var text: String?

    @Option(help: ArgumentHelp("Rules of this node.", valueName: "dir"))
    var rulesDirectory = Configuration().rulesDirectory

    @Option(name: .shortAndLong, help: "text or json.")
    var output: OutputFormat = .text

    private struct Row: Encodable {
        var id: String
        var signal: String
        var emitter: String
        var severity: String
        var meaning: String
        var clears: String?
        var reference: String?
        var versions: String?
        var incident: String?
        var file: String
        var line: Int
    }

    func run() throws {
        let (inForce, refused) = try CurrentRules.load(directory: rulesDirectory)
        for error in refused { Console.error("crihealthd: left out: \(error)") }
        let rules = inForce.rules.filter(isWanted)
        switch output {
        case .text:
            let width = Terminal.size(STDOUT_FILENO)?.columns
            Output.write(rules.map { Self.line($0, width: width) }.joined())
        case .json: Output.write(JSONText.encode(rules.map(Self.row), pretty: true))
        }
        if rules.isEmpty { throw ExitCode.failure }
    }

    private func isWanted(_ rule: SignalRule) -> Bool {
        guard let text = text?.lowercased() else { return true }
        return [rule.id, rule.signal.rawValue, rule.emitter].contains { $0.lowercased().contains(text) }
    }

    /// `ctd-bolt-wait  containerd  warning  another process holds meta.db`; cut on a terminal only.
    private static func line(_ rule: SignalRule, width: Int?) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.utf8.count))
        }
        let columns = [
            padded(rule.id, 30), padded(rule.emitter, 11), padded(rule.severity.rawValue, 8), rule.meaning,
        ]
        let line = TerminalText.page(columns.joined(separator: "  "))
        return String(line.prefix(width ?? .max)) + "\n"
    }

    private static func row(_ rule: SignalRule) -> Row {
        Row(
            id: rule.id, signal: rule.signal.rawValue, emitter: rule.emitter,
            severity: rule.severity.rawValue,
            meaning: rule.meaning, clears: rule.clears, reference: rule.reference, versions: rule.versions,
            incident: rule.incident?.kind.rawValue, file: rule.file, line: rule.line)
    }
}
