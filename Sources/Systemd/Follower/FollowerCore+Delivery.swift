// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Synchronization

/// Handing over what a batch found.
extension FollowerCore {
    func deliver(_ batch: BatchReader) {
        if batch.read > 0 {
            failures = 0
            readSinceRelease += batch.read
            positionDue = true
            takeCursor()
        }
        counters.entriesRead.add(UInt64(batch.read), ordering: .relaxed)
        counters.entriesDelivered.add(UInt64(batch.entries.count), ordering: .relaxed)
        counters.duplicates.add(UInt64(batch.duplicates), ordering: .relaxed)
        if batch.damaged > 0 {
            counters.errors.add(UInt64(batch.damaged), ordering: .relaxed)
            declare(BlindWindow(reason: .damaged, from: nil, to: .now, entries: UInt64(batch.damaged)))
        }
        let now = MonotonicTime.now
        let entries = joined(batch.entries, at: now)
        for window in entries.compactMap(BlindWindow.init(notice:)) { declare(window) }
        // What is held back would be lost with a position behind it.
        let isDue = positionDue && blocks.isEmpty && (!entries.isEmpty || now >= nextPosition)
        let position = isDue ? position : nil
        if position != nil {
            positionDue = false
            nextPosition = now + .seconds(1)
        }
        if !entries.isEmpty || position != nil { tell(.entries(entries, upTo: position)) }
    }

    /// How long the rest of a message is waited for: its lines are written by one write(2).
    private static let blockPatience = Duration.seconds(1)

    /// The entries, those of one message as one.
    private func joined(_ entries: [JournalEntry], at now: MonotonicTime) -> [JournalEntry] {
        if !entries.isEmpty { blocksSince = now }
        if blocks.isEmpty, !entries.contains(where: { MessageBlocks.opens($0.message.utf8.span) }) {
            return entries
        }
        var joined = entries.flatMap { blocks.take($0) }
        if !blocks.isEmpty, now - blocksSince > Self.blockPatience { joined += blocks.flush() }
        return joined
    }

    private var position: JournalPosition? {
        guard let cursor, let at = JournalCursor(cursor) else { return nil }
        return JournalPosition(
            cursor: cursor, bootID: at.bootID.hex, handled: group.handled,
            hashes: group.hashes.suffix(JournalPosition.hashLimit),
            readUntil: behindSince == nil ? readUntil : nil,
            unexaminedSince: unexaminedSince)
    }

    /// Keeps the cursor of the last entry that was read: after the next look at the files it cannot be asked
    /// for, when its file is gone. A cursor of time alone still leads to its instant.
    private func takeCursor() {
        guard let journal else { return }
        if let text = try? journal.cursor() {
            cursor = text
        } else {
            cursor = "b=\(group.bootID.hex);m=\(String(group.monotonic, radix: 16))"
        }
    }
}
