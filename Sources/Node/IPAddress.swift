// SPDX-License-Identifier: Apache-2.0

/// Literal IP addresses in network order; inet_pton(3) without its pointers.
public enum IPAddress {
    /// The 4 bytes of `127.0.0.1`; nil for what is no address.
    public static func v4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { UInt8($0) }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }

    /// `::1`, `fe80::1%eth0`, `::ffff:10.0.0.1` (RFC 4291 §2.2); the zone is dropped. The 16
    /// bytes; nil for what is no address.
    public static func v6(_ text: some StringProtocol) -> [UInt8]? {
        let address = text.prefix { $0 != "%" }
        guard let gap = doubleColon(address) else {
            return groups(address).flatMap { $0.count == 16 ? $0 : nil }
        }
        let tail = address[address.index(gap, offsetBy: 2)...]
        guard let before = groups(address[..<gap]), let after = groups(tail),
            before.count + after.count <= 14
        else { return nil }
        return before + [UInt8](repeating: 0, count: 16 - before.count - after.count) + after
    }

    private static func doubleColon<T: StringProtocol>(_ text: T) -> T.Index? {
        text.indices.first { text[$0...].hasPrefix("::") }
    }

    private static func groups(_ text: some StringProtocol) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, let v4 = v4(part) {
                bytes += v4
            } else if part.utf8.count <= 4, let group = UInt16(part, radix: 16) {
                bytes += [UInt8(group >> 8), UInt8(group & 0xff)]
            } else {
                return nil
            }
        }
        return bytes
    }
}
