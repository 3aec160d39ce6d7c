// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis

/// `crihealthd check-config`: would the daemon take its configuration and rules as they are?
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check the configuration and the rules.",
        usage: "crihealthd check-config [<option> ...]",
        discussion: """
            Prints every fault with its file and line, and touches nothing. Exits with 0 when there is none, else with \
            78. To be run before a reload or a restart.

            Example: crihealthd check-config --config new.toml
            """)

    @OptionGroup var options: ConfigurationOptions

    /// Checks, prints, and exits.
    func run() throws {
        let problems = Self.problems(of: options.resolve)
        guard problems.isEmpty else {
            Console.error(problems.joined(separator: "\n"))
            throw ExitCode(ExitStatus.configuration)
        }
        Output.write("the configuration and the rules are valid\n")
    }

    /// One line for each fault.
    static func problems(of resolve: () throws(ConfigurationError) -> Configuration) -> [String] {
        do throws(ConfigurationError) {
            let configuration = try resolve()
            return endpoints(configuration) + rules(configuration)
        } catch {
            return [error.description]
        }
    }

    private static func endpoints(_ configuration: Configuration) -> [String] {
        guard !configuration.cri.endpoints.isEmpty else { return [] }
        do throws(AskError) {
            _ = try LocalAsker(configuration).endpoints()
            return []
        } catch {
            return ["[cri] endpoints: \(error)"]
        }
    }

    private static func rules(_ configuration: Configuration) -> [String] {
        let directory = configuration.rulesDirectory
        var problems: [String] = []
        do throws(RuleError) {
            problems = try CurrentRules.load(directory: directory).refused.map(\.description)
        } catch {
            problems = [error.description]
        }
        do throws(RuleError) {
            _ = try AdvisoryTable.load(directory: CurrentRules.advisoriesDirectory(besideRules: directory))
        } catch {
            problems.append(error.description)
        }
        return problems
    }
}
