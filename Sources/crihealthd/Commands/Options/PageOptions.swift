// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc

/// How a text page is printed, in every command that prints one.
struct PageOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Columns, 40 to 200; else 80 or the terminal's.", valueName: "n"))
    var width: Int?

    func validate() throws {
        guard width.map({ (40...200).contains($0) }) ?? true else {
            throw ValidationError("--width: 40 to 200")
        }
    }

    /// What was asked for; else 80, or fewer where the terminal has fewer.
    var columns: Int { width ?? min(max(Terminal.size(STDOUT_FILENO)?.columns ?? 80, 40), 80) }

    /// Prints, with colours where somebody sees them.
    func write(_ text: String) { Output.write(Paint.page(text, isOn: Terminal.takesColour(STDOUT_FILENO))) }
}
