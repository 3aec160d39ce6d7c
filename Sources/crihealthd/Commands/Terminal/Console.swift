// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthEndpoint

/// What a command says beside its output.
enum Console {
    /// To standard error, with a line break; what files and answers put into it moves no terminal.
    static func error(_ text: String) { raw(TerminalText.page(text) + "\n") }

    /// To standard error, as it is.
    static func raw(_ text: String) {
        try? FileBytes.write(text.utf8.span, to: STDERR_FILENO, path: "stderr")
    }
}
