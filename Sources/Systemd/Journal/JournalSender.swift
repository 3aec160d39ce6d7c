// SPDX-License-Identifier: Apache-2.0
import CSystemd
import Glibc

/// Writes entries with fields of their own to the node's journal (sd_journal_sendv(3)).
public enum JournalSender {
    /// A field of an entry.
    public struct Field: Hashable, Sendable {
        /// Upper case, digits and `_`, no `_` in front, at most 64 bytes: what journald takes from a client.
        public var name: String
        /// Anything; journald keeps it as it is.
        public var value: String

        /// Makes a field.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        var isValid: Bool {
            guard let first = name.utf8.first, first != UInt8(ascii: "_"), name.utf8.count <= 64 else {
                return false
            }
            let isDigit = first >= UInt8(ascii: "0") && first <= UInt8(ascii: "9")
            return !isDigit
                && name.utf8.allSatisfy {
                    switch $0 {
                    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
        }
    }

    /// Writes one entry. Waits while journald's socket is full, which it is for as long as journald is stopped: not
    /// for a queue that has other work. Any thread.
    ///
    /// Throws EINVAL for a field that journald would not take, and what sendmsg(2) says. Where no journald is, the
    /// entry is lost without an error, as the man page has it.
    public static func send(_ fields: [Field]) throws(SystemdError) {
        for field in fields where !field.isValid {
            throw SystemdError(operation: "sd_journal_sendv", errno: EINVAL, subject: field.name)
        }
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for field in fields {
            bytes.append(contentsOf: field.name.utf8)
            bytes.append(UInt8(ascii: "="))
            bytes.append(contentsOf: field.value.utf8)
            ends.append(bytes.count)
        }
        let result = bytes.withUnsafeMutableBytes { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return 0 }
            var parts: [iovec] = []
            var start = 0
            for end in ends {
                parts.append(iovec(iov_base: base + start, iov_len: end - start))
                start = end
            }
            return sd_journal_sendv(parts, Int32(parts.count))
        }
        try SystemdError.check(result, "sd_journal_sendv")
    }
}

/// The journal at the other end of standard error.
public enum JournalStream {
    /// Whether standard error of this process is the stream that the service manager connected to the journal.
    public static func isConnected() -> Bool {
        isConnected(STDERR_FILENO) { name in getenv(name).map { String(cString: $0) } }
    }

    /// Whether `descriptor` is the stream that the service manager connected to the journal: `JOURNAL_STREAM` names its
    /// device and inode (systemd.exec(5)).
    public static func isConnected(_ descriptor: Int32, environment: (String) -> String?) -> Bool {
        let parts = (environment("JOURNAL_STREAM") ?? "").split(separator: ":")
        guard parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1]) else {
            return false
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }
}
