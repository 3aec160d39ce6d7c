// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis

/// `crihealthd rules lint`: whether rule files would be taken, and do as their examples say.
struct RulesLintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Check rule files, and the rules by their own examples.",
        discussion: """
            What is wrong is told with file and line. Exits with 0 when all is well, 1 when not. A daemon leaves \
            a wrong file out as a whole, and goes on with the others.

            Example: crihealthd rules lint /etc/crihealthd/rules.d/site.toml
            """)

    @Argument(help: "Files, or directories of *.toml; else this node's.", completion: .file())
    var paths: [String] = [Configuration().rulesDirectory]

    func run() throws {
        var documents: [RuleDocument] = []
        var faults: [String] = []
        for path in paths {
            do throws(FileError) {
                documents += try RuleFiles.documents(path)
            } catch {
                // A node need not have rules of its own: the daemon starts without them, too.
                if error.isMissing, path == Configuration().rulesDirectory { continue }
                faults.append(error.description)
            }
        }
        let shipped = try SignalRules.shipped()
        var rules = shipped
        for document in documents {
            do throws(RuleError) {
                let more = try rules.adding([document])
                faults += RuleTrial(more) { $0 == document.name }.faults.map(\.description)
                rules = more
            } catch {
                faults.append(error.description)
            }
        }
        if !faults.isEmpty {
            Console.error(faults.joined(separator: "\n"))
            throw ExitCode.failure
        }
        let names = Set(documents.map(\.name))
        let count = rules.rules.count { names.contains($0.file) }
        let silent = rules.rules.count { names.contains($0.file) && $0.examples.isEmpty }
        let untried = silent == 0 ? "" : "; \(silent) of them have no example to be tried with"
        Output.write("files: \(documents.count), rules: \(count); no errors\(untried)\n")
    }
}
