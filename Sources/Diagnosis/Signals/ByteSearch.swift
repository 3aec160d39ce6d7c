// SPDX-License-Identifier: Apache-2.0
import Glibc

extension Span<UInt8> {
    /// Where these bytes next are, from `start` on; at `start` for none. At most one look at each byte of the text for each of
    /// theirs.
    func firstIndex(of part: Span<UInt8>, from start: Int) -> Int? {
        guard start >= 0, start + part.count <= count else { return nil }
        guard !part.isEmpty else { return start }
        let first = Int32(part[0])
        let last = count - part.count
        return withUnsafeBufferPointer { text -> Int? in
            guard let base = text.baseAddress else { return nil }
            var place = start
            while place <= last, let found = memchr(base + place, first, last - place + 1) {
                place = UnsafeRawPointer(found) - UnsafeRawPointer(base)
                if has(part, at: place) { return place }
                place += 1
            }
            return nil
        }
    }

    /// Whether these bytes are there.
    func has(_ part: Span<UInt8>, at position: Int) -> Bool {
        guard position >= 0, position + part.count <= count else { return false }
        for index in 0..<part.count where self[unchecked: position + index] != part[unchecked: index] {
            return false
        }
        return true
    }
}

extension String {
    /// Whether these bytes are in the text: the standard library compares characters, which takes 5 µs a log line.
    func contains(_ part: String) -> Bool {
        utf8.span.firstIndex(of: part.utf8.span, from: 0) != nil
    }
}
