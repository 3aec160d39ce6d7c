// SPDX-License-Identifier: Apache-2.0
import CSystemd
import Glibc

/// `sd_journal_enumerate_available_data`, which libsystemd has since 246, looked up when the process runs: the binary
/// also starts where libsystemd is older (EL 8 has 239).
enum FieldEnumeration {
    private typealias Function =
        @convention(c) (
            OpaquePointer, UnsafeMutablePointer<UnsafeRawPointer?>, UnsafeMutablePointer<Int>
        ) -> Int32

    static let name = "sd_journal_enumerate_available_data"

    private static let available: Function? = dlsym(nil, name).map {
        unsafeBitCast($0, to: Function.self)
    }

    /// The next field of the current entry: 1, 0 at the end, or a negative errno.
    static func next(
        _ journal: OpaquePointer, _ data: inout UnsafeRawPointer?, _ length: inout Int
    ) -> Int32 {
        if let available { return available(journal, &data, &length) }
        return older(journal, &data, &length)
    }

    /// As ``next(_:_:_:)`` with what libsystemd 239 has. A field that it cannot decompress ends the entry, because the
    /// older function does not step over it.
    static func older(
        _ journal: OpaquePointer, _ data: inout UnsafeRawPointer?, _ length: inout Int
    ) -> Int32 {
        let result = sd_journal_enumerate_data(journal, &data, &length)
        return switch result {
        case -E2BIG, -ENOBUFS, -EPROTONOSUPPORT: 0
        default: result
        }
    }
}
