// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file that is run.
struct Executable: ~Copyable {
    /// Where it is, for people.
    let path: String
    /// What is run.
    let target: String
    private let file: Descriptor?

    /// Any that this process may execute.
    init(anybodys path: String) {
        self.path = path
        target = path
        file = nil
    }

    /// Root's own and nobody else's; held open until the child runs, and run by its descriptor: what was looked at is what
    /// runs. Only a script is run by its path, which its interpreter opens anew, through directories that were looked at.
    /// Nil where it is not there.
    init?(roots path: String) throws(TrustedPath.Refusal) {
        guard let opened = try TrustedPath.open(path) else { return nil }
        self.path = path
        let isScript = System.isScript(opened.path)
        // By the parent's descriptor: the child has closed its own copy when it runs.
        target = isScript ? opened.path : "/proc/\(getpid())/fd/\(opened.file.raw)"
        file = opened.takeFile()
    }
}
