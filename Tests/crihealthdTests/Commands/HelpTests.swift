// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Testing

@testable import crihealthd

/// Each command's `--help` is read at 03:00 on a console of 80 columns and 24 rows.
@Suite struct HelpTests {
    struct Command: CustomStringConvertible, Sendable {
        let type: any ParsableCommand.Type
        let path: String
        var description: String { path }

        static let all = found(Crihealthd.self, "crihealthd")

        private static func found(_ type: any ParsableCommand.Type, _ path: String) -> [Command] {
            [Command(type: type, path: path)]
                + type.configuration.subcommands.flatMap {
                    found($0, path + " " + ($0.configuration.commandName ?? ""))
                }
        }

        var lines: [Substring] {
            var lines = Crihealthd.helpMessage(for: type, columns: 80).split(
                separator: "\n", omittingEmptySubsequences: false)
            while lines.last == "" { lines.removeLast() }
            return lines
        }
    }

    @Test func everyCommandIsLookedAt() {
        #expect(Command.all.count >= 14)
        #expect(Command.all.contains { $0.path == "crihealthd rules import" })
    }

    @Test(arguments: Command.all) func fitsAScreen(_ command: Command) {
        let lines = command.lines
        #expect(lines.count <= 24, "\(lines.count) lines")
        for line in lines { #expect(line.count <= 80, "\(line)") }
    }

    @Test(arguments: Command.all) func hasAnExample(_ command: Command) throws {
        let example = try #require(command.lines.first { $0.hasPrefix("Example: ") })
        // The root's example is one of another command.
        #expect(example.contains(command.path), "\(example)")
    }

    /// Its words after the program's name, up to a pipe, a redirection or another command.
    @Test(arguments: Command.all) func theExampleCanBeTyped(_ command: Command) throws {
        let example = try #require(command.lines.first { $0.hasPrefix("Example: ") })
        let start = try #require(example.firstRange(of: "crihealthd ")).upperBound
        let words = example[start...].prefix { !";|<>".contains($0) }.split(separator: " ").map(String.init)
        _ = try Crihealthd.parseAsRoot(words)
    }
}
