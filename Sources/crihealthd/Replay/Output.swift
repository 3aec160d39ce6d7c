// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Standard output, unbuffered: whole texts only.
///
/// A reader that went away ends it silently, as `head` does: the answer is false. Where it cannot be written for another
/// reason (a full disk), that is told, and the process ends with EX_IOERR: half an answer is none.
enum Output {
    /// EX_IOERR of sysexits.h.
    static let failed: Int32 = 74

    /// Writes all of `text`.
    @discardableResult
    static func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// Writes all of `bytes`.
    @discardableResult
    static func write(_ bytes: [UInt8]) -> Bool {
        do throws(FileError) {
            try FileBytes.write(bytes.span, to: STDOUT_FILENO, path: "standard output")
            return true
        } catch {
            guard error.errno != EPIPE else { return false }
            Console.error("crihealthd: standard output: \(ErrnoText.describe(error.errno))")
            exit(failed)
        }
    }
}
