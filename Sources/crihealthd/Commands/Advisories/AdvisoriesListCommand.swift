// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import Glibc
import HealthEndpoint

/// `crihealthd advisories list`: every row in force.
struct AdvisoriesListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the advisories, built in and of this node.",
        usage: "crihealthd advisories list [<text>] [<option> ...]",
        discussion: """
            Each with its component, its versions and what it says; JSON has the source, the date and the file, too. \
            `crihealthd explain ID` has one of them.

            Example: crihealthd advisories list vulnerability -o json
            """)

    @Argument(help: "Only rows whose id, component or category holds this.")
    var text: String?

    @Option(help: ArgumentHelp("Advisories of this node.", valueName: "dir"))
    var advisoriesDirectory = CurrentRules.advisoriesDirectory(besideRules: Configuration().rulesDirectory)

    @Option(name: .shortAndLong, help: "text or json.")
    var output: OutputFormat = .text

    func run() throws {
        let rows = Self.table(directory: advisoriesDirectory).rows.filter(isWanted)
        switch output {
        case .text:
            let width = Terminal.size(STDOUT_FILENO)?.columns
            Output.write(rows.map { Self.line($0, width: width) }.joined())
        case .json: Output.write(JSONText.encode(rows, pretty: true))
        }
        if rows.isEmpty { throw ExitCode.failure }
    }

    /// As the daemon takes it: a file that is wrong leaves the shipped table as it is, and is told.
    static func table(directory: String) -> AdvisoryTable {
        do throws(RuleError) {
            return try AdvisoryTable.load(directory: directory)
        } catch {
            Console.error("crihealthd: left out, as all of \(directory) is by the daemon: \(error)")
            return .embedded
        }
    }

    private func isWanted(_ row: AdvisoryRow) -> Bool {
        guard let text = text?.lowercased() else { return true }
        return [row.id, row.component, row.category].contains { $0.lowercased().contains(text) }
    }

    /// `CVE-2024-21626  runc  vulnerability  fixed in 1.1.12  …`; cut on a terminal only.
    private static func line(_ row: AdvisoryRow, width: Int?) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.utf8.count))
        }
        let versions = row.versions.isEmpty ? "" : " (\(row.versions))"
        let columns = [
            padded(row.id, 32), padded(row.component, 10), padded(row.category, 13), row.sentence + versions,
        ]
        let line = TerminalText.page(columns.joined(separator: "  "))
        return String(line.prefix(width ?? .max)) + "\n"
    }
}
