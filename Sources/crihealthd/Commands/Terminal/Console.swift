import Glibc

/// What a command says beside its output.
enum Console {
    /// To standard error, with a line break.
    static func error(_ text: String) { raw(text + "\n") }

    /// To standard error, as it is.
    static func raw(_ text: String) {
        try? FileBytes.write(Array(text.utf8), to: STDERR_FILENO, path: "stderr")
    }
}
