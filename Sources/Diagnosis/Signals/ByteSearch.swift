// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

// The one file of this target with unsafe pointers: borrowed bytes and memory for a moment, nothing decided here.

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

    /// The text that they are, with U+FFFD for what is none.
    var text: String { withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }
}

/// So many values, for as long as `body` takes: on the stack where they are few.
@inline(__always)
func withScratch<Value: BitwiseCopyable>(
    _ count: Int, of value: Value, _ body: (inout MutableSpan<Value>) -> Void
) {
    withUnsafeTemporaryAllocation(of: Value.self, capacity: count) { memory in
        memory.initialize(repeating: value)
        var span = memory.mutableSpan
        body(&span)
    }
}

/// A name in a folder, as readdir(3) has it.
func entryName(_ entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension String {
    /// Whether these bytes are in the text: the standard library compares characters, which takes 5 µs a log line.
    func contains(_ part: String) -> Bool {
        utf8.span.firstIndex(of: part.utf8.span, from: 0) != nil
    }
}
