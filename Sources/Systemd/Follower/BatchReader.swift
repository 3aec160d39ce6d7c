// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// Reads the journal for one batch: looks at every entry in place, and copies only those that matter.
struct BatchReader {
    enum Outcome {
        case end
        case more
        case failed(SystemdError)
    }

    /// What one pass over an entry's fields finds out.
    private struct Scan {
        var hash: UInt64 = 0
        var hasMessage = false
        var passed = false
        /// Begins a message that goes on in the entries behind it.
        var opensBlock = false
        var hasMessageID = false
        var isCoredump = false
        var isShutdown = false
        var isManager = false
        var isDriver = false
        var isRoot = false

        var matters: Bool {
            passed || opensBlock
                || hasMessageID && (isManager || isDriver || isRoot && (isCoredump || isShutdown))
        }
    }

    private let core: FollowerCore
    private let journal: Journal
    private(set) var read = 0
    private(set) var duplicates = 0
    /// Entries whose fields could not be read.
    private(set) var damaged = 0
    private(set) var entries: [JournalEntry] = []
    /// Whether lines are awaited that go on with a message.
    private var isWithinBlock: Bool
    /// How many more entries without MESSAGE are worth a second look.
    private var secondLooks = 8

    init(core: FollowerCore, journal: Journal) {
        self.core = core
        self.journal = journal
        isWithinBlock = !core.blocks.isEmpty
    }

    mutating func run() -> Outcome {
        let limit = core.configuration.batchEntries
        let deadline = MonotonicTime.now + core.configuration.batchDuration
        do throws(SystemdError) {
            while read < limit {
                if read % 32 == 31, MonotonicTime.now > deadline { return .more }
                if core.entryPending {
                    core.entryPending = false
                } else if try !journal.next() {
                    return .end
                }
                read += 1
                try take()
            }
            return .more
        } catch {
            return .failed(error)
        }
    }

    private mutating func take() throws(SystemdError) {
        let (monotonic, bootID) = try journal.monotonic()
        if let wanted = core.bootFilter, bootID != wanted { return }
        let scan = lookOrGiveUp()
        if core.suspectUntil != nil, let at = JournalCursor(try journal.cursor()) {
            guard admit(at, scan.hash) else {
                duplicates += 1
                return
            }
        } else {
            core.group.note(bootID, monotonic, scan.hash)
        }
        if scan.opensBlock { isWithinBlock = true }
        if scan.matters { entries.append(try build(monotonic, isCoredump: scan.isCoredump)) }
    }

    private func admit(_ at: JournalCursor, _ hash: UInt64) -> Bool {
        if let anchor = core.anchor, !core.group.isSameInstant(at.bootID, at.monotonic),
            at.sequenceID == anchor.sequenceID || at.bootID == anchor.bootID, !at.isAfter(anchor)
        {
            return false
        }
        return core.group.admit(at.bootID, at.monotonic, hash, sequenceID: at.sequenceID)
    }

    // MARK: One entry

    /// An entry whose fields cannot be read is lost, but those behind it are not.
    private mutating func lookOrGiveUp() -> Scan {
        do throws(SystemdError) {
            return try look()
        } catch {
            damaged += 1
            return Scan()
        }
    }

    /// An entry that was just appended can lack its MESSAGE for a moment: journald raises the counters before
    /// it links the data (about 1 in 100,000 under load, gone at the second look; systemd 252 and 262,
    /// journal_file_link_entry). Old entries without one are without one.
    private mutating func look() throws(SystemdError) -> Scan {
        var scan = try scan()
        guard !scan.hasMessage, secondLooks > 0 else { return scan }
        secondLooks -= 1
        guard WallTime.now - (try journal.wallTime()) < .seconds(5) else { return scan }
        for _ in 0..<3 where !scan.hasMessage {
            usleep(1000)
            scan = try self.scan()
        }
        return scan
    }

    private func scan() throws(SystemdError) -> Scan {
        var scan = Scan()
        let prefilter = core.prefilter
        try journal.forEachRawField { name, value in
            switch name.count {
            case 4:
                if Self.equal(name, "_PID") { scan.isManager = Self.equal(value, "1") }
                if Self.equal(name, "_UID") { scan.isRoot = Self.equal(value, "0") }
            case 7:
                if !scan.hasMessage, Self.equal(name, "MESSAGE") {
                    let part = UnsafeRawBufferPointer(rebasing: value.prefix(JournalEntry.messageLimit))
                    let bytes = part.assumingMemoryBound(to: UInt8.self).span
                    scan.hasMessage = true
                    scan.hash = MessageHash.of(part)
                    scan.passed = prefilter(bytes) || isWithinBlock && MessageBlocks.mayGoOn(bytes)
                    scan.opensBlock = MessageBlocks.opens(bytes)
                }
            case 10:
                if Self.equal(name, "_TRANSPORT") {
                    scan.isDriver = Self.equal(value, "driver")
                } else if Self.equal(name, "MESSAGE_ID") {
                    scan.hasMessageID = true
                    scan.isCoredump = Self.equal(value, "fc2e22bc6ee647b6b90729ab34a250b1")
                    if scan.isCoredump { return false }
                    scan.isShutdown = Self.equal(value, "98268866d1d54a499c4e98921d93bc40")
                }
            default: break
            }
            return true
        }
        if scan.isCoredump { try lookUp(&scan) }
        return scan
    }

    /// Reads the fields of an entry that can hold the core itself, hundreds of megabytes: libsystemd
    /// decompresses each field that is enumerated, but of those that are merely looked for by name only the
    /// beginning. Fields lie in the order in which they were first written, and systemd-coredump sends
    /// MESSAGE_ID first and COREDUMP last.
    private func lookUp(_ scan: inout Scan) throws(SystemdError) {
        var hash: UInt64 = 0
        var passed = false
        let prefilter = core.prefilter
        scan.hasMessage = try journal.withField("MESSAGE") {
            let part = UnsafeRawBufferPointer(rebasing: $0.prefix(JournalEntry.messageLimit))
            hash = MessageHash.of(part)
            passed = prefilter(part.assumingMemoryBound(to: UInt8.self).span)
        }
        scan.hash = hash
        scan.passed = passed
        scan.isManager = try has("_PID", "1")
        scan.isRoot = try has("_UID", "0")
        scan.isDriver = try has("_TRANSPORT", "driver")
    }

    private func has(_ name: String, _ text: StaticString) throws(SystemdError) -> Bool {
        var isEqual = false
        return try journal.withField(name) { isEqual = Self.equal($0, text) } && isEqual
    }

    private func build(_ monotonic: UInt64, isCoredump: Bool) throws(SystemdError) -> JournalEntry {
        var builder = JournalEntryBuilder()
        let at = Moment(
            wall: try journal.wallTime(), monotonic: MonotonicTime(microseconds: Int64(clamping: monotonic)))
        builder.set(cursor: try journal.cursor(), at: at)
        if isCoredump {
            for (name, field) in FieldName.stored {
                _ = try journal.withField(name) { builder.add(field, $0) }
            }
            return builder.build()
        }
        try journal.forEachRawField { name, value in
            builder.add(name: name, value: value)
            return true
        }
        return builder.build()
    }

    private static func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount, let base = bytes.baseAddress else { return false }
        return memcmp(base, text.utf8Start, bytes.count) == 0
    }
}
