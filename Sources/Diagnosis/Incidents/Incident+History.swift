// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Incident {
    /// Adds a line of history; the first line and the latest are kept.
    mutating func note(_ at: WallTime, _ text: String) {
        if timeline.last?.text == text { return }
        timeline.append(TimelineItem(at: at, text: text.bounded(400)))
        if timeline.count > Self.timelineLimit { timeline.remove(at: 1) }
    }

    /// Puts fresh evidence in front of what is known already; the same fact is kept once, and of what was said of it
    /// with other numbers only the latest.
    mutating func merge(_ fresh: [Evidence]) {
        var merged: [Evidence] = []
        for item in fresh where !merged.contains(where: { $0.isSameFact(as: item) }) { merged.append(item) }
        for item in evidence where !merged.contains(where: { $0.isSameFact(as: item) || $0.updates(item) }) {
            merged.append(item)
        }
        evidence = Array(merged.prefix(Self.evidenceLimit))
    }

    /// Within this time several of a node's parts tell of one failure.
    private static let oneFailure = Duration.seconds(2)

    /// Counts a symptom under the one of its name; what is told of the same within a moment is one.
    mutating func fold(_ symptom: Symptom) {
        if let index = symptoms.firstIndex(where: { $0.name == symptom.name }) {
            let gap = symptom.lastSeen - symptoms[index].lastSeen
            let isNear = max(gap, .zero - gap) < Self.oneFailure
            if isNear, symptoms[index].summary == symptom.summary, symptom.count == 1,
                symptom.name == SignalName.createFailed.rawValue
            {
                symptoms[index].lastSeen = max(symptoms[index].lastSeen, symptom.lastSeen)
                return
            }
            symptoms[index].lastSeen = max(symptoms[index].lastSeen, symptom.lastSeen)
            symptoms[index].summary = symptom.summary
            symptoms[index].count = symptoms[index].count.addingClamped(symptom.count)
        } else if symptoms.count < 16 {
            symptoms.append(symptom)
        }
    }
}

extension Evidence {
    /// Whether both tell the same: the same journal entry, or the same words (the bus and the journal often agree).
    fileprivate func isSameFact(as other: Evidence) -> Bool {
        if let cursor, !cursor.isEmpty, cursor == other.cursor { return true }
        return summary == other.summary
    }

    /// Whether it says the same as an earlier one, but for numbers (how often, how long, which pid).
    fileprivate func updates(_ other: Evidence) -> Bool {
        guard source == other.source else { return false }
        let (one, another) = (summary.utf8.span, other.summary.utf8.span)
        var (i, j) = (0, 0)
        while true {
            while i < one.count, one[i].isOfNumber { i += 1 }
            while j < another.count, another[j].isOfNumber { j += 1 }
            guard i < one.count, j < another.count else { return i == one.count && j == another.count }
            guard one[i] == another[j] else { return false }
            (i, j) = (i + 1, j + 1)
        }
    }

    /// An entry of the journal.
    static func journal(_ signal: Signal, _ summary: String? = nil) -> Evidence {
        if let path = logFile(signal.cursor) {
            return Evidence(
                at: signal.at.wall, source: .node, summary: (summary ?? signal.words).bounded(512),
                command: "tail -n 100 \(path)")
        }
        let unit = signal.unit ?? ""
        return Evidence(
            at: signal.at.wall, source: .journal, summary: (summary ?? signal.words).bounded(512),
            cursor: signal.cursor.isEmpty ? nil : signal.cursor,
            command: unit.isEmpty
                ? nil : "journalctl -u \(unit) --since '\(signal.at.wall.date) \(signal.at.wall.clock) UTC'")
    }
}

extension Evidence {
    /// The file of a line that was not in the journal: `file:INODE:OFFSET:LINE:PATH`.
    private static func logFile(_ cursor: String) -> String? {
        guard cursor.hasPrefix("file:") else { return nil }
        let parts = cursor.split(separator: ":", maxSplits: 4)
        return parts.count == 5 ? String(parts[4]) : nil
    }
}

extension String {
    /// ``bounded(_:)``, as the end of a sentence: with a full stop, unless it ends in one or was cut.
    func clause(_ limit: Int) -> String {
        let text = bounded(limit)
        return text.hasSuffix("…") || text.hasSuffix(".") ? text : text + "."
    }

    /// At most `limit` bytes, cut at a character, no control characters.
    func bounded(_ limit: Int) -> String {
        let bytes = utf8.span
        var end = bytes.count
        if end > limit {
            end = max(limit, 0)
            while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        }
        // Nearly all text is plain.
        if PlainText.isPlain(bytes.extracting(first: end)) {
            return end == bytes.count ? self : String(self[..<utf8.index(startIndex, offsetBy: end)]) + "…"
        }
        var out = ""
        var size = 0
        for scalar in unicodeScalars {
            let width = UTF8.width(scalar)
            if size + width > limit {
                out += "…"
                break
            }
            size += width
            if scalar.value < 0x20 || scalar.value == 0x7F || (0x80...0x9F).contains(scalar.value) {
                out.unicodeScalars.append(" ")
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

extension UInt8 {
    /// A digit or a decimal point.
    fileprivate var isOfNumber: Bool { isDigit || self == UInt8(ascii: ".") }
}

extension Signal {
    private static let failuresOfPods: Set<SignalName> = [
        .createFailed, .sandboxNetworkFailed, SignalName(rawValue: "kubelet-create-failed"),
    ]

    /// `pod shop/web-1 could not be created`, where the line says so of a pod that it names.
    var failedPod: String? {
        guard Self.failuresOfPods.contains(name), let pod = captures["pod"] else { return nil }
        return
            "pod \([captures["namespace"], pod].compactMap { $0 }.joined(separator: "/")) could not be created"
    }

    /// The line's message, and the error beside it where the message alone does not tell.
    var words: String {
        // How a runtime prints its request says nothing to people; whose it was does.
        if let failed = failedPod, let detail = captures["detail"], !detail.isEmpty {
            return failed + ": " + detail
        }
        if let detail = captures["detail"], !detail.isEmpty, !excerpt.contains(detail) {
            return excerpt + ": " + detail
        }
        if let address = captures["address"], !excerpt.contains(address) { return excerpt + ": " + address }
        return excerpt
    }
}
