// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// `crihealthd advisories`: what is known of versions.
struct AdvisoriesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "advisories",
        abstract: "List and check what is known of versions.",
        discussion: """
            Defects, vulnerabilities, ends of life, and what preflight holds a node against. A node's own are TOML \
            files in /etc/crihealthd/advisories.d, beside those that are built in.

            Example: crihealthd advisories list containerd
            """,
        subcommands: [AdvisoriesListCommand.self, AdvisoriesLintCommand.self])
}
