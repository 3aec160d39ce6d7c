// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// A command that does not exist, and the one that was meant.
enum Misspelling {
    /// What people type for something that has another name.
    private static let otherNames = [
        "version": "crihealthd --version", "watch": "crihealthd status --watch",
        "log": "crihealthd incidents", "logs": "crihealthd incidents", "history": "crihealthd incidents",
        "start": "systemctl start crihealthd", "stop": "systemctl stop crihealthd",
        "restart": "systemctl restart crihealthd", "reload": "systemctl reload crihealthd",
    ]

    /// Of the words after the program's name; nil where they begin with a command, a flag or nothing.
    static func hint(_ words: some Sequence<String>, of command: any ParsableCommand.Type) -> String? {
        let subcommands = command.configuration.subcommands
        let words = Array(words)
        guard !subcommands.isEmpty, let word = words.first, !word.hasPrefix("-"), word != "help" else {
            return nil
        }
        let name = { (type: any ParsableCommand.Type) in type.configuration.commandName ?? "" }
        if let found = subcommands.first(where: { name($0) == word }) {
            return hint(words.dropFirst(), of: found)
        }
        let names = subcommands.map(name)
        let said = "there is no command \(word.prefix(40))"
        if let other = otherNames[word] { return "\(said); did you mean `\(other)`?" }
        if let near = Suggestion.nearest(to: word, in: names) { return "\(said); did you mean \(near)?" }
        return "\(said); there are: " + names.joined(separator: ", ")
    }
}
