// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Standard input, piece by piece.
enum StandardInput {
    /// Calls `body` with what comes, until its end.
    static func chunks(_ body: ([UInt8]) throws -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let size = read(STDIN_FILENO, &buffer, buffer.count)
            if size < 0, errno == EINTR { continue }
            guard size >= 0 else { throw FileError("read", "standard input", errno: errno) }
            if size == 0 { return }
            try body(Array(buffer[..<size]))
        }
    }
}
