// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// What is wrong with an export stream, and where.
public struct JournalExportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: String, Hashable, Sendable {
        /// A line is neither `NAME=value` nor the name of a binary field.
        case invalidName = "not a field name"
        /// A field says it is longer than journald ever writes (768 MiB, systemd
        /// `src/shared/journal-importer.h`).
        case fieldTooLong = "field too long"
        /// More than 1024 fields, journald's limit.
        case tooManyFields = "too many fields"
        /// No newline behind a binary field.
        case missingNewline = "no newline behind a binary field"
        /// The stream ends within an entry.
        case truncated = "stream ends within an entry"
    }

    /// What is wrong.
    public var reason: Reason
    /// Offset of the byte in the stream.
    public var offset: UInt64

    /// Makes an error.
    public init(reason: Reason, offset: UInt64) {
        self.reason = reason
        self.offset = offset
    }

    /// `stream ends within an entry, at byte 4711`.
    public var description: String { "\(reason.rawValue), at byte \(offset)" }
}

/// An incremental parser of the journal export format, `journalctl -o export`
/// (https://systemd.io/JOURNAL_EXPORT_FORMATS): entries of lines `NAME=value`, or of a name, a 64-bit
/// little-endian length, bytes and a newline; an empty line ends an entry.
///
/// Memory is bounded by what an entry keeps: the rest of a field is passed over, however long it says it is.
/// After an error the parser stays at it: what follows cannot be trusted.
public struct JournalExport: Sendable {
    private enum State: Sendable {
        /// Within a line.
        case line
        /// Within the text value of a field; nil when nobody reads it.
        case text(FieldName?)
        /// Within the length of a binary value: bytes seen, value so far.
        case length(FieldName?, seen: Int, value: UInt64)
        /// Within a binary value, so many bytes before its end.
        case binary(FieldName?, rest: UInt64)
        /// Behind a binary value.
        case newline(FieldName?)
        case failed(JournalExportError)
    }

    /// journald's limits: `DATA_SIZE_MAX`, `ENTRY_FIELD_COUNT_MAX`, and the longest name.
    private static let longestField: UInt64 = 768 << 20
    private static let mostFields = 1024
    private static let longestName = 64

    private var state = State.line
    private var offset: UInt64 = 0
    private var fields = 0
    /// A name, or the kept part of a value.
    private var buffer: [UInt8] = []
    private var builder = JournalEntryBuilder()

    /// Makes a parser at the beginning of a stream.
    public init() {}

    /// Takes in the next bytes of the stream and hands each complete entry to `body`.
    public mutating func feed(
        _ bytes: Span<UInt8>, _ body: (JournalEntry) -> Void
    ) throws(JournalExportError) {
        try bytes.withUnsafeBytes { bytes throws(JournalExportError) in try feed(bytes, body) }
    }

    private mutating func feed(
        _ bytes: UnsafeRawBufferPointer, _ body: (JournalEntry) -> Void
    ) throws(JournalExportError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let before = rest.count
            switch state {
            case .line: try takeLine(&rest, body)
            case .text(let field): takeText(&rest, field)
            case .length(let field, let seen, let value): try takeLength(&rest, field, seen, value)
            case .binary(let field, let length): takeBinary(&rest, field, length)
            case .newline(let field): try takeNewline(&rest, field)
            case .failed(let error): throw error
            }
            offset += UInt64(before - rest.count)
        }
    }

    /// Says that the stream is over.
    public mutating func finish() throws(JournalExportError) {
        if case .failed(let error) = state { throw error }
        if case .line = state, buffer.isEmpty, fields == 0 { return }
        throw fail(.truncated)
    }

    /// Parses a whole stream.
    public static func entries(in stream: [UInt8]) throws(JournalExportError) -> [JournalEntry] {
        var parser = JournalExport()
        var entries: [JournalEntry] = []
        try parser.feed(stream.span) { entries.append($0) }
        try parser.finish()
        return entries
    }

    // MARK: Pieces

    private typealias Bytes = Slice<UnsafeRawBufferPointer>

    private mutating func fail(_ reason: JournalExportError.Reason, _ ahead: Int = 0) -> JournalExportError {
        let error = JournalExportError(reason: reason, offset: offset + UInt64(ahead))
        state = .failed(error)
        return error
    }

    private mutating func takeLine(
        _ rest: inout Bytes, _ body: (JournalEntry) -> Void
    ) throws(JournalExportError) {
        var used = 0
        while let byte = rest.first {
            if byte == UInt8(ascii: "\n") {
                rest.removeFirst()
                if buffer.isEmpty {
                    endEntry(body)
                } else {
                    state = .length(try field(used), seen: 0, value: 0)
                }
                return
            }
            if byte == UInt8(ascii: "=") {
                rest.removeFirst()
                state = .text(try field(used))
                return
            }
            guard Self.isNameByte(byte), buffer.count < Self.longestName else {
                throw fail(.invalidName, used)
            }
            buffer.append(byte)
            rest.removeFirst()
            used += 1
        }
    }

    /// The field whose name is in the buffer.
    private mutating func field(_ ahead: Int) throws(JournalExportError) -> FieldName? {
        guard !buffer.isEmpty else { throw fail(.invalidName, ahead) }
        fields += 1
        guard fields <= Self.mostFields else { throw fail(.tooManyFields, ahead) }
        let name = buffer.withUnsafeBytes { FieldName($0) }
        buffer.removeAll(keepingCapacity: true)
        return name
    }

    private mutating func takeText(_ rest: inout Bytes, _ field: FieldName?) {
        let end = rest.firstIndex(of: UInt8(ascii: "\n"))
        keep(rest[..<(end ?? rest.endIndex)], field)
        guard let end else {
            rest = rest[rest.endIndex...]
            return
        }
        rest = rest[(end + 1)...]
        endField(field)
    }

    private mutating func takeLength(
        _ rest: inout Bytes, _ field: FieldName?, _ seen: Int, _ value: UInt64
    ) throws(JournalExportError) {
        guard let byte = rest.first else { return }
        let value = value | UInt64(byte) << (8 * UInt64(seen))
        rest.removeFirst()
        if seen < 7 {
            state = .length(field, seen: seen + 1, value: value)
            return
        }
        guard value <= Self.longestField else { throw fail(.fieldTooLong) }
        state = value == 0 ? .newline(field) : .binary(field, rest: value)
    }

    private mutating func takeBinary(_ rest: inout Bytes, _ field: FieldName?, _ length: UInt64) {
        let part = rest.prefix(Int(min(length, UInt64(rest.count))))
        keep(part, field)
        rest = rest[part.endIndex...]
        let left = length - UInt64(part.count)
        state = left == 0 ? .newline(field) : .binary(field, rest: left)
    }

    private mutating func takeNewline(_ rest: inout Bytes, _ field: FieldName?) throws(JournalExportError) {
        guard rest.first == UInt8(ascii: "\n") else { throw fail(.missingNewline) }
        rest.removeFirst()
        endField(field)
    }

    /// One byte more than the limit is kept, so that the builder sees that it has to cut.
    private mutating func keep(_ part: Bytes, _ field: FieldName?) {
        guard let field else { return }
        buffer.append(contentsOf: part.prefix(max(0, field.limit + 4 - buffer.count)))
    }

    private mutating func endField(_ field: FieldName?) {
        if let field { buffer.withUnsafeBytes { builder.add(field, $0) } }
        buffer.removeAll(keepingCapacity: true)
        state = .line
    }

    private mutating func endEntry(_ body: (JournalEntry) -> Void) {
        guard fields > 0 else { return }
        body(builder.build())
        builder = JournalEntryBuilder()
        fields = 0
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
