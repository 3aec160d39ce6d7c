// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Text for people, made from bytes that anybody may have written, without credentials (``Secrets``).
enum PlainText {
    /// Without control characters (C0, DEL, C1; each becomes a blank) and at most `limit` bytes, cut between
    /// characters.
    static func clean(_ bytes: Span<UInt8>, limit: Int) -> String {
        let longest = max(limit * 2, 4096)
        if let masked = Secrets.mask(bytes.extracting(first: longest)) {
            return cleaned(masked.span, limit: limit)
        }
        return cleaned(bytes, limit: limit)
    }

    /// The same.
    static func clean(_ bytes: some Sequence<UInt8>, limit: Int) -> String {
        clean(Array(bytes).span, limit: limit)
    }

    /// The same, but of a text that is too long the beginning and the end are kept: the end of a Go error is its cause.
    static func elided(_ bytes: Span<UInt8>, limit: Int) -> String {
        guard bytes.count > limit else { return clean(bytes, limit: limit) }
        // What is cut in two is masked as a whole.
        if bytes.count <= 1 << 14, let masked = Secrets.mask(bytes) {
            return masked.count > limit
                ? cut(masked.span, limit: limit) : cleaned(masked.span, limit: limit)
        }
        return cut(bytes, limit: limit)
    }

    /// ``clean(_:limit:)-(Span<UInt8>,Int)`` of a string.
    static func clean(_ text: String, limit: Int) -> String { plain(Secrets.mask(text), limit: limit) }

    private static func cut(_ bytes: Span<UInt8>, limit: Int) -> String {
        let mark = " … "
        let head = limit / 3
        let tail = limit - head - mark.utf8.count
        var start = bytes.count - tail
        while start < bytes.count, bytes[start] & 0xC0 == 0x80 { start += 1 }
        return cleaned(bytes.extracting(first: head), limit: head) + mark
            + cleaned(bytes.extracting(droppingFirst: start), limit: tail)
    }

    private static func cleaned(_ bytes: Span<UInt8>, limit: Int) -> String {
        // Nearly all text is as short and as plain as it must be.
        if bytes.count <= limit, isPlain(bytes) {
            let text = bytes.text
            // Each invalid byte became three.
            if text.utf8.count <= limit { return text }
        }
        var kept: [UInt8] = []
        kept.reserveCapacity(min(limit + 1, bytes.count))
        var isASCII = true
        for index in bytes.indices {
            if kept.count > limit { break }
            let byte = bytes[index]
            isASCII = isASCII && byte < 0x80
            kept.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte)
        }
        if isASCII { return String(decoding: kept.prefix(limit), as: UTF8.self) }
        return plain(String(decoding: kept, as: UTF8.self), limit: limit)
    }

    /// Whether no control character is in the text; those of C1 are 0xC2 and a byte below 0xA0.
    static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        var before: UInt8 = 0
        for index in 0..<bytes.count {
            let byte = bytes[unchecked: index]
            if byte < 0x20 || byte == 0x7F || before == 0xC2 && byte < 0xA0 { return false }
            before = byte
        }
        return true
    }

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
