// SPDX-License-Identifier: Apache-2.0

/// The entries of one instant, and which of them were handled.
///
/// journald stamps every line that it reads in one go with the same realtime and monotonic time (up to 536
/// lines seen in a burst), so time does not tell entries apart. When /run is flushed to /var every entry gets
/// a new sequence number and libsystemd hands some of the current instant out again. Content decides then: of
/// each message, as many are handled as one sequence holds.
struct TimestampGroup {
    private struct Key: Hashable {
        var sequenceID: JournalID
        var hash: UInt64
    }

    private(set) var bootID = JournalID(high: 0, low: 0)
    private(set) var monotonic: UInt64 = 0
    /// How many entries of the instant were handled.
    private(set) var handled = 0
    /// Hashes of their messages, in order; the latest ones when there are too many.
    private(set) var hashes: [UInt64] = []
    /// Per sequence, how many entries of each content came by since ``suspect(sequenceID:rewound:)``.
    private var seen: [Key: Int] = [:]
    /// Entries to drop unseen: handled ones whose hashes were not kept.
    private var unknown = 0

    init() {}

    /// The group of a saved position.
    init(bootID: JournalID, monotonic: UInt64, handled: Int, hashes: [UInt64]) {
        self.bootID = bootID
        self.monotonic = monotonic
        self.handled = max(handled, hashes.count)
        self.hashes = hashes
    }

    func isSameInstant(_ bootID: JournalID, _ monotonic: UInt64) -> Bool {
        handled > 0 && monotonic == self.monotonic && bootID == self.bootID
    }

    /// Takes in an entry that cannot be a repetition.
    mutating func note(_ bootID: JournalID, _ monotonic: UInt64, _ hash: UInt64) {
        if isSameInstant(bootID, monotonic) {
            append(hash)
        } else {
            begin(bootID, monotonic, hash)
        }
    }

    /// From now on entries of this instant may be repetitions. `rewound`: all of them come again from the
    /// first on, else only those of other sequences than `sequenceID`.
    mutating func suspect(sequenceID: JournalID?, rewound: Bool) {
        seen.removeAll(keepingCapacity: true)
        unknown = rewound ? handled - hashes.count : 0
        guard !rewound, let sequenceID else { return }
        for hash in hashes { seen[Key(sequenceID: sequenceID, hash: hash), default: 0] += 1 }
    }

    /// Takes in an entry that may be a repetition; false when it is one.
    mutating func admit(
        _ bootID: JournalID, _ monotonic: UInt64, _ hash: UInt64, sequenceID: JournalID
    ) -> Bool {
        let key = Key(sequenceID: sequenceID, hash: hash)
        guard isSameInstant(bootID, monotonic) else {
            begin(bootID, monotonic, hash)
            seen = [key: 1]
            unknown = 0
            return true
        }
        if unknown > 0 {
            unknown -= 1
            return false
        }
        let count = seen[key, default: 0] + 1
        seen[key] = count
        var known = 0
        for other in hashes where other == hash { known += 1 }
        guard count > known else { return false }
        append(hash)
        return true
    }

    private mutating func begin(_ bootID: JournalID, _ monotonic: UInt64, _ hash: UInt64) {
        self.bootID = bootID
        self.monotonic = monotonic
        handled = 1
        hashes.removeAll(keepingCapacity: true)
        hashes.append(hash)
    }

    private mutating func append(_ hash: UInt64) {
        handled += 1
        hashes.append(hash)
        if hashes.count > 2 * JournalPosition.hashLimit {
            hashes.removeFirst(hashes.count - JournalPosition.hashLimit)
        }
    }
}

/// A stable hash of message bytes: it is stored in checkpoints. Not against an attacker: who forges a
/// collision within one microsecond hides only a line of his own.
enum MessageHash {
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
        var offset = 0
        while offset + 8 <= bytes.count {
            mix(&hash, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian)
            offset += 8
        }
        var tail: UInt64 = 0
        while offset < bytes.count {
            tail = tail << 8 | UInt64(bytes[offset])
            offset += 1
        }
        mix(&hash, tail)
        return hash
    }

    private static func mix(_ hash: inout UInt64, _ word: UInt64) {
        let (high, low) = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        hash = high ^ low &+ 0x2545_F491_4F6C_DD1D
    }
}
