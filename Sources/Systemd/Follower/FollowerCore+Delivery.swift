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
        for window in batch.entries.compactMap(BlindWindow.init(notice:)) { declare(window) }
        let now = MonotonicTime.now
        let isDue = positionDue && (!batch.entries.isEmpty || now >= nextPosition)
        let position = isDue ? position : nil
        if position != nil {
            positionDue = false
            nextPosition = now + .seconds(1)
        }
        if !batch.entries.isEmpty || position != nil { tell(.entries(batch.entries, upTo: position)) }
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
