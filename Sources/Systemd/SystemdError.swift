// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A call to systemd that failed: which, why, and about what.
public struct SystemdError: Error, Hashable, Sendable {
    /// The call, as its man page names it (`sd_journal_next`, `sd_bus_call`, `connect`).
    public let operation: String
    /// The errno, positive (libsystemd returns it negated).
    public let errno: Int32
    /// The unit or path it was about; nil when there is none.
    public let subject: String?
    /// What the other side said (a D-Bus error's name and message); nil when it said nothing.
    public let detail: String?

    /// Makes an error. `errno` may have either sign.
    public init(operation: String, errno: Int32, subject: String? = nil, detail: String? = nil) {
        self.operation = operation
        self.errno = errno == .min ? .max : abs(errno)
        self.subject = subject
        self.detail = detail
    }

    /// Returns `result` of a call that reports failure as a negative errno, or throws.
    @discardableResult
    static func check(
        _ result: Int32, _ operation: StaticString, _ subject: @autoclosure () -> String? = nil
    ) throws(SystemdError) -> Int32 {
        guard result < 0 else { return result }
        throw SystemdError(operation: "\(operation)", errno: result, subject: subject())
    }
}

extension SystemdError: CustomStringConvertible {
    /// `sd_journal_open_directory /var/log/journal: No such file or directory`.
    public var description: String {
        let about = subject.map { " " + $0 } ?? ""
        let said = detail.map { " (\($0))" } ?? ""
        return "\(operation)\(about): \(reason)\(said)"
    }

    /// strerror(3) of ``errno``.
    public var reason: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, strerror_r(errno, base, buffer.count) == 0 else {
                return "errno \(errno)"
            }
            return String(cString: base)
        }
    }
}
