// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// `crihealthd rules`: the rules that name journal lines.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "List, check, try, import and draft rules.",
        discussion: """
            Rules of a node are TOML files in /etc/crihealthd/rules.d, beside those that are built in.

            Example: journalctl -b -o export | crihealthd rules test site.toml
            """,
        subcommands: [
            RulesListCommand.self, RulesLintCommand.self, RulesTestCommand.self, RulesImportCommand.self,
            RulesSuggestCommand.self,
        ])
}
