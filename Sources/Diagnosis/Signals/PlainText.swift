// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Text for people, made from bytes that anybody may have written, without credentials (``Secrets``).
enum PlainText {
    /// Without control characters (C0, DEL, C1; each becomes a blank) and at most `limit` bytes, cut between
    /// characters.
    static func clean(_ bytes: some Collection<UInt8>, limit: Int) -> String {
        let longest = max(limit * 2, 4096)
        if let masked = Secrets.mask(Array(bytes.prefix(longest))) {
            return cleaned(masked, limit: limit)
        }
        return cleaned(bytes, limit: limit)
    }

    private static func cleaned(_ bytes: some Collection<UInt8>, limit: Int) -> String {
        // Nearly all text is as short and as plain as it must be.
        if bytes.count <= limit, bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        var kept: [UInt8] = []
        kept.reserveCapacity(min(limit + 1, bytes.count))
        var isASCII = true
        for byte in bytes {
            if kept.count > limit { break }
            isASCII = isASCII && byte < 0x80
            kept.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte)
        }
        if isASCII { return String(decoding: kept.prefix(limit), as: UTF8.self) }
        return plain(String(decoding: kept, as: UTF8.self), limit: limit)
    }

    /// The same, but of a text that is too long the beginning and the end are kept: the end of a Go error is its cause.
    static func elided(_ bytes: some BidirectionalCollection<UInt8>, limit: Int) -> String {
        guard bytes.count > limit else { return clean(bytes, limit: limit) }
        let mark = " … "
        let head = limit / 3
        let tail = limit - head - mark.utf8.count
        let end = bytes.suffix(tail).drop { $0 & 0xC0 == 0x80 }
        // What is cut in two is masked as a whole.
        if bytes.count <= 1 << 14, let masked = Secrets.mask(Array(bytes)) {
            guard masked.count > limit else { return cleaned(masked, limit: limit) }
            let end = masked.suffix(tail).drop { $0 & 0xC0 == 0x80 }
            return cleaned(masked.prefix(head), limit: head) + mark + cleaned(end, limit: tail)
        }
        return cleaned(bytes.prefix(head), limit: head) + mark + cleaned(end, limit: tail)
    }

    /// ``clean(_:limit:)-(some Collection<UInt8>,Int)`` of a string.
    static func clean(_ text: String, limit: Int) -> String { plain(Secrets.mask(text), limit: limit) }

    private static func plain(_ text: String, limit: Int) -> String {
        var out = String.UnicodeScalarView()
        var size = 0
        for scalar in text.unicodeScalars {
            let plain: Unicode.Scalar =
                scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? " " : scalar
            size += UTF8.width(plain)
            if size > limit { break }
            out.append(plain)
        }
        return String(out)
    }
}
