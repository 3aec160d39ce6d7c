// SPDX-License-Identifier: Apache-2.0

/// A name with `*` (any text) and `?` (one byte): `k3s*.service`. Linear but for the last `*`, over short
/// names.
struct Glob: Hashable, Sendable {
    let pattern: String
    private let bytes: [UInt8]
    private let isPlain: Bool

    init(_ pattern: String) {
        self.pattern = pattern
        bytes = Array(pattern.utf8)
        isPlain = !bytes.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    func matches(_ name: String) -> Bool {
        if isPlain { return name == pattern }
        let name = name.utf8.span
        var p = 0
        var n = 0
        var star: (pattern: Int, name: Int)?
        while n < name.count {
            if p < bytes.count, bytes[p] == UInt8(ascii: "*") {
                star = (p, n)
                p += 1
            } else if p < bytes.count, bytes[p] == UInt8(ascii: "?") || bytes[p] == name[n] {
                p += 1
                n += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                p = last.pattern + 1
                n = last.name + 1
            } else {
                return false
            }
        }
        return bytes[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
