// SPDX-License-Identifier: Apache-2.0

/// The parts of a cursor as libsystemd writes it: `s=…;i=…;b=…;m=…;t=…;x=…`, all hex.
///
/// man sd_journal_get_cursor calls it opaque, but it has kept this form in 38 to 262, and the sequence number
/// has no other way out of a library older than 254.
struct JournalCursor: Hashable, Sendable {
    /// A 128-bit id.
    typealias ID = JournalID

    /// `s=`: which journald numbered it; changes when /run is flushed to /var.
    var sequenceID: ID
    /// `i=`: its number.
    var sequence: UInt64
    /// `b=`: the boot.
    var bootID: ID
    /// `m=`: CLOCK_MONOTONIC, microseconds.
    var monotonic: UInt64
    /// `t=`: CLOCK_REALTIME, microseconds.
    var realtime: UInt64
    /// `x=`: exclusive or of the hashes of its fields.
    var hash: UInt64

    /// Reads a cursor, or nil when a part is missing or damaged.
    init?(_ text: String) {
        var s: ID?
        var b: ID?
        var i: UInt64?
        var m: UInt64?
        var t: UInt64?
        var x: UInt64?
        guard text.utf8.count <= 512 else { return nil }
        for part in text.utf8.split(separator: UInt8(ascii: ";")) {
            guard part.count > 2, part[part.index(after: part.startIndex)] == UInt8(ascii: "=") else {
                return nil
            }
            let value = part.dropFirst(2)
            switch part.first {
            case UInt8(ascii: "s"): s = ID(hex: value)
            case UInt8(ascii: "b"): b = ID(hex: value)
            case UInt8(ascii: "i"): i = UInt64(hexDigits: value)
            case UInt8(ascii: "m"): m = UInt64(hexDigits: value)
            case UInt8(ascii: "t"): t = UInt64(hexDigits: value)
            case UInt8(ascii: "x"): x = UInt64(hexDigits: value)
            default: break
            }
        }
        guard let s, let b, let i, let m, let t, let x else { return nil }
        sequenceID = s
        bootID = b
        sequence = i
        monotonic = m
        realtime = t
        hash = x
    }

    /// The same place on both clocks of the same boot: the same group of entries that journald stamped in one
    /// go.
    func sameInstant(as other: Self) -> Bool {
        bootID == other.bootID && monotonic == other.monotonic && realtime == other.realtime
    }

    /// Whether `self` comes after `other`, by the first scale that both share.
    func isAfter(_ other: Self) -> Bool {
        if sequenceID == other.sequenceID { return sequence > other.sequence }
        if bootID == other.bootID { return monotonic > other.monotonic }
        return realtime > other.realtime
    }
}

/// An id128 (`sd_id128_t`): a boot, a machine, a sequence.
struct JournalID: Hashable, Sendable {
    var high: UInt64
    var low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 32 hex digits, with or without dashes.
    init?(hex text: some Collection<UInt8>) {
        var digits = 0
        var high: UInt64 = 0
        var low: UInt64 = 0
        for byte in text where byte != UInt8(ascii: "-") {
            guard let digit = byte.hexDigit, digits < 32 else { return nil }
            if digits < 16 { high = high << 4 | digit } else { low = low << 4 | digit }
            digits += 1
        }
        guard digits == 32 else { return nil }
        self.init(high: high, low: low)
    }

    /// 32 lower-case hex digits.
    var hex: String { Self.pad(high) + Self.pad(low) }

    private static func pad(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}

extension UInt64 {
    /// Reads 1 to 16 hex digits.
    init?(hexDigits text: some Collection<UInt8>) {
        guard (1...16).contains(text.count) else { return nil }
        var value: UInt64 = 0
        for byte in text {
            guard let digit = byte.hexDigit else { return nil }
            value = value << 4 | digit
        }
        self = value
    }
}

extension UInt8 {
    var hexDigit: UInt64? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(self - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(self - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(self - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
