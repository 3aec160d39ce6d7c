// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis

/// `crihealthd advisories lint`: whether advisory files would be taken, and say something of use.
struct AdvisoriesLintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Check advisory files.",
        discussion: """
            What is wrong is told with file, line and row. Exits with 0 when all is well, 1 when not. While one file \
            is wrong, the daemon takes none of them.

            Example: crihealthd advisories lint /etc/crihealthd/advisories.d/site.toml
            """)

    @Argument(help: "Files, or directories of *.toml; else this node's.", completion: .file())
    var paths: [String] = []

    func run() throws {
        let own = CurrentRules.advisoriesDirectory(besideRules: Configuration().rulesDirectory)
        var documents: [RuleDocument] = []
        var faults: [String] = []
        for path in paths.isEmpty ? [own] : paths {
            do throws(FileError) {
                documents += try RuleFiles.documents(path)
            } catch {
                // A node need not have advisories of its own.
                if error.isMissing, path == own { continue }
                faults.append(error.description)
            }
        }
        var table = try AdvisoryTable.shipped()
        for document in documents {
            let found = table.faults(document)
            faults += found.map(\.description)
            if found.isEmpty { table = try table.adding([document]) }
        }
        if !faults.isEmpty {
            Console.error(faults.joined(separator: "\n"))
            throw ExitCode.failure
        }
        let names = Set(documents.map(\.name))
        let count = table.rows.count { names.contains($0.file) }
        Output.write("files: \(documents.count), rows: \(count); no errors\n")
    }
}
