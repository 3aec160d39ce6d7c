// SPDX-License-Identifier: Apache-2.0

/// Why a question to the daemon got no answer.
struct HTTPClientError: Error, Equatable, CustomStringConvertible {
    /// Whom was asked: a socket path or `HOST:PORT`.
    var target: String
    /// What failed: `connect`, `read`, `parse`, …
    var operation: String
    /// errno; 0 where there is none.
    var errno: Int32
    /// For people.
    var reason: String

    /// Makes an error of a system call.
    init(_ operation: String, _ target: String, errno: Int32) {
        self.init(operation, target, errno: errno, reason: ErrnoText.describe(errno))
    }

    /// Makes an error.
    init(_ operation: String, _ target: String, errno: Int32 = 0, reason: String) {
        self.target = target
        self.operation = operation
        self.errno = errno
        self.reason = reason
    }

    /// `/run/crihealthd/http.sock: connect: No such file or directory`.
    var description: String { "\(target): \(operation): \(reason)" }
}
