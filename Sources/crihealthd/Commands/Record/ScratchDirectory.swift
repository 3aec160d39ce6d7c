// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A directory that is there for one command.
struct ScratchDirectory {
    let path: String

    init() throws(FileError) {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((base + "/crihealthd.XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError("mkdtemp", base, errno: errno) }
        path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes it and the files in it.
    func remove() {
        for name in (try? Directory.names(path)) ?? [] { unlink(path + "/" + name) }
        rmdir(path)
    }
}
