// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// Puts a `JournalEntry` together from the fields of the journal, whichever way they come: enumerated by
/// libsystemd or read from an export stream.
///
/// Field names: systemd.journal-fields(7). Names that begin with `_` are trusted: journald sets them, no
/// client can. Where a client sent a field twice the first one counts.
public struct JournalEntryBuilder: Sendable {
    private var texts = Texts()
    private var cursor = ""
    private var boot: JournalID?
    private var wall = WallTime(microseconds: 0)
    private var monotonic = MonotonicTime(microseconds: 0)

    /// Makes an empty builder.
    public init() {}

    /// Takes in one field. Values are bytes from anybody: they are cut, and invalid UTF-8 is replaced.
    public mutating func add(name: Span<UInt8>, value: Span<UInt8>) {
        name.withUnsafeBytes { name in value.withUnsafeBytes { add(name: name, value: $0) } }
    }

    mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        guard let field = FieldName(name) else { return }
        add(field, value)
    }

    mutating func add(_ field: FieldName, _ value: UnsafeRawBufferPointer) {
        switch field {
        case .cursor: cursor = BoundedText.decode(value, limit: field.limit)
        case .realtime: wall = WallTime(microseconds: Self.number(value) ?? 0)
        case .monotonic: monotonic = MonotonicTime(microseconds: Self.number(value) ?? 0)
        case .bootID: boot = boot ?? JournalID(hex: value)
        default: if texts[field] == nil { texts[field] = BoundedText.decode(value, limit: field.limit) }
        }
    }

    /// Sets what the journal keeps beside the fields: identity and time.
    public mutating func set(cursor: String, at: Moment) {
        self.cursor = cursor
        wall = at.wall
        monotonic = at.monotonic
    }

    /// The entry.
    public func build() -> JournalEntry {
        let (source, unit) = Speaker.of(texts)
        var kept: [String: String] = [:]
        for (index, name) in FieldName.keptNames.enumerated() {
            if let text = texts[.kept(index)] { kept[name] = text }
        }
        if let boot, Self.boot(in: cursor) != boot { kept[JournalField.bootID] = boot.hex }
        return JournalEntry(
            cursor: cursor, at: Moment(wall: wall, monotonic: monotonic), source: source, unit: unit,
            identifier: texts[.identifier], pid: texts[.pid].flatMap { Int32($0) }, comm: texts[.comm],
            priority: texts[.priority].flatMap { Int($0) }.flatMap { (0...7).contains($0) ? $0 : nil },
            messageID: messageID, message: texts[.message] ?? "", fields: kept)
    }

    private static func boot(in cursor: String) -> JournalID? {
        var cursor = cursor
        return cursor.withUTF8 { text in
            var start = 0
            while start < text.count {
                let end = text[start...].firstIndex(of: UInt8(ascii: ";")) ?? text.count
                if end - start > 2, text[start] == UInt8(ascii: "b"), text[start + 1] == UInt8(ascii: "=") {
                    return JournalID(hex: text[(start + 2)..<end])
                }
                start = end + 1
            }
            return nil
        }
    }

    private var messageID: String? {
        guard let text = texts[.messageID], let id = JournalID(hex: text.utf8) else { return nil }
        return id.hex
    }

    /// The texts so far, each at its field's place.
    struct Texts {
        private var row = [String?](repeating: nil, count: FieldName.placeCount)

        subscript(field: FieldName) -> String? {
            get { row[field.place] }
            set { row[field.place] = newValue }
        }
    }

    private static func number(_ value: UnsafeRawBufferPointer) -> Int64? {
        guard (1...19).contains(value.count) else { return nil }
        var number: Int64 = 0
        for byte in value {
            guard (48...57).contains(byte) else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) = product.addingReportingOverflow(Int64(byte - 48))
            guard !overflow, !overflowed else { return nil }
            number = sum
        }
        return number
    }
}

/// Text of hostile bytes.
enum BoundedText {
    /// At most `limit` bytes of UTF-8: cut at a character's edge, invalid sequences replaced by U+FFFD.
    static func decode(_ bytes: UnsafeRawBufferPointer, limit: Int) -> String {
        var end = min(bytes.count, limit)
        if end < bytes.count {
            // Not through a character: back over at most three continuation bytes.
            var edge = end
            while edge > 0, end - edge < 3, bytes[edge] & 0xC0 == 0x80 { edge -= 1 }
            if bytes[edge] & 0xC0 == 0xC0 { end = edge }
        }
        let text = String(decoding: bytes[..<end], as: UTF8.self)
        guard text.utf8.count > limit else { return text }
        // Each replaced byte became three.
        var cut = text.utf8.index(text.startIndex, offsetBy: limit)
        while String.Index(cut, within: text.unicodeScalars) == nil { cut = text.utf8.index(before: cut) }
        return String(text.unicodeScalars[..<cut])
    }
}
