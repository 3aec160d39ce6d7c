// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import HealthEndpoint
import HealthModel

/// `crihealthd rules suggest`: beginnings of rules for what a log says and nobody knows.
struct RulesSuggestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suggest",
        abstract: "Draft rules for error lines that no rule knows.",
        usage: "crihealthd rules suggest [--limit <n>] <path>",
        discussion: """
            <path> is what `replay` takes (- is standard input). For each kind of error line that no rule knows a \
            skeleton is written: what stays the same in the lines as templates, one of them as the example, with its \
            numbers, ids and paths masked. What the line means is yours to say; look the example over for names before \
            it leaves the node.

            Example: journalctl -b -u containerd -o export | crihealthd rules suggest -
            """)

    @Argument(help: "What to read.", completion: .file())
    var path: String

    @Option(help: ArgumentHelp("Most rules that are suggested.", valueName: "n"))
    var limit = 10

    func validate() throws {
        guard (1...64).contains(limit) else { throw ValidationError("--limit: 1 to 64") }
    }

    func run() throws {
        let observations = try ReplaySource.observations(try ReplayInput.detect(path))
        let replayer = Replayer.replay(observations, rules: try SignalRules.shipped())
        guard let last = replayer.last else { throw ReplayError.empty(path: path) }
        let groups = replayer.engine.snapshot(at: last).unexplained.groups
        guard !groups.isEmpty else {
            Console.error("every error line in it is known")
            return
        }
        var ids: Set<String> = []
        for group in groups.prefix(limit) {
            guard let suggestion = RuleSuggestion(group) else { continue }
            Output.write(Self.toml(suggestion, group, id: Self.unique(suggestion.id, &ids)) + "\n")
        }
    }

    private static func unique(_ id: String, _ ids: inout Set<String>) -> String {
        if ids.insert(id).inserted { return id }
        var number = 2
        while !ids.insert("\(id)-\(number)").inserted { number += 1 }
        return "\(id)-\(number)"
    }

    static func toml(_ suggestion: RuleSuggestion, _ group: UnexplainedLines.Group, id: String) -> String {
        var lines = [
            "# \(group.count) lines of \(TerminalText.line(group.unit)), \(group.first) to \(group.last)",
            "[[rule]]", "id = \(TOMLText.string(id))", "signal = \(TOMLText.string(id))",
        ]
        if let emitter = suggestion.emitter {
            lines.append("emitter = \(TOMLText.string(emitter))")
        } else {
            lines.append("units = [\(TOMLText.string(suggestion.unit))]")
        }
        if let level = suggestion.level { lines.append("level = [\(TOMLText.string(level))]") }
        lines.append("severity = \"warning\"")
        lines.append("meaning = \"what it means, in one line\"")
        if let example = suggestion.example { lines.append(TOMLText.list("examples", [example])) }
        lines.append("[rule.match]")
        lines += suggestion.conditions.map { "\($0.field) = \(TOMLText.string($0.template))" }
        return lines.joined(separator: "\n") + "\n"
    }
}
