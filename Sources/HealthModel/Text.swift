// SPDX-License-Identifier: Apache-2.0

/// Text of strangers, made safe to keep.
public enum Text {
    /// At most `limit` bytes of UTF-8, cut between characters; control characters become blanks, runs of
    /// blanks one, and credentials are masked (``Secrets``).
    public static func excerpt(_ text: some StringProtocol, limit: Int = 512) -> String {
        plain(
            Secrets.mask(String(String.UnicodeScalarView(text.unicodeScalars.prefix(max(limit * 2, 4096))))),
            limit)
    }

    private static func plain(_ text: String, _ limit: Int) -> String {
        var result = ""
        var size = 0
        var pendingBlank = false
        for scalar in text.unicodeScalars {
            if isBlank(scalar) {
                pendingBlank = size > 0
                continue
            }
            let width = UTF8.width(scalar) + (pendingBlank ? 1 : 0)
            guard size + width <= limit else { break }
            if pendingBlank { result.unicodeScalars.append(" ") }
            pendingBlank = false
            result.unicodeScalars.append(scalar)
            size += width
        }
        return result
    }

    /// White space, C0, DEL, C1, and the marks that turn the direction of text.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x20, 0x7f...0xa0, 0x200b...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
        default: false
        }
    }
}
