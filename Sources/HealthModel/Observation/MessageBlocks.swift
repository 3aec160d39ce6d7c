// SPDX-License-Identifier: Apache-2.0

/// Joins messages that a program writes over several lines, which the journal keeps as several entries: klog's values with
/// line ends (`err=<`, lines that begin with a tab, ` >`; k8s.io/klog `internal/serialize/keyvalues.go`).
///
/// A value, bounded: of so many units, so many lines of each. What is not finished comes as it is: when its speaker says
/// something else, when too much has come, or at ``flush()``.
public struct MessageBlocks: Sendable {
    private static let unitLimit = 16
    private static let lineLimit = 128

    private struct Block {
        var entry: JournalEntry
        var lines: Int
    }

    private var open: [String: Block] = [:]

    /// Nothing is open.
    public init() {}

    /// Whether nothing is held back.
    public var isEmpty: Bool { open.isEmpty }

    /// Whether a message ends where klog begins a block.
    public static func opens(_ message: Span<UInt8>) -> Bool {
        let count = message.count
        return count >= 2 && message[count - 1] == UInt8(ascii: "<")
            && message[count - 2] == UInt8(ascii: "=")
    }

    /// Whether a message looks like a line within a block: it begins with a tab, or with what ends one.
    public static func mayGoOn(_ message: Span<UInt8>) -> Bool {
        guard !message.isEmpty else { return false }
        return message[0] == 0x09 || message[0] == 0x20 || message[0] == UInt8(ascii: ">")
    }

    /// Takes an entry in; those that are complete come out, in their order.
    public mutating func take(_ entry: JournalEntry) -> [JournalEntry] {
        guard entry.source == .unit, let unit = entry.unit ?? entry.identifier else { return [entry] }
        guard var block = open[unit] else {
            guard Self.opens(entry.message.utf8.span) else { return [entry] }
            var out: [JournalEntry] = []
            if open.count >= Self.unitLimit { out = flush() }
            open[unit] = Block(entry: entry, lines: 1)
            return out
        }
        guard Self.goesOn(entry.message.utf8), block.entry.pid == entry.pid else {
            open[unit] = nil
            return [block.entry] + take(entry)
        }
        block.entry.message += "\n" + entry.message
        block.lines += 1
        let isDone = Self.closes(entry.message.utf8) && !Self.opens(entry.message.utf8.span)
        if isDone || block.lines >= Self.lineLimit
            || block.entry.message.utf8.count >= JournalEntry.messageLimit
        {
            open[unit] = nil
            return [block.entry]
        }
        open[unit] = block
        return []
    }

    /// Everything that is held back, unfinished as it is.
    public mutating func flush() -> [JournalEntry] {
        let entries = open.values.map(\.entry).sorted { $0.at.monotonic < $1.at.monotonic }
        open = [:]
        return entries
    }

    /// klog begins anew with a severity letter and four digits, logrus with its time.
    private static func goesOn(_ message: some Collection<UInt8>) -> Bool {
        if message.starts(with: "time=".utf8) { return false }
        var head = message.prefix(5).makeIterator()
        guard let letter = head.next(), "IWEF".utf8.contains(letter) else { return true }
        for _ in 0..<4 {
            guard let digit = head.next(), (0x30...0x39).contains(digit) else { return true }
        }
        return false
    }

    /// ` >` ends it, and more pairs may follow.
    private static func closes(_ message: some Collection<UInt8>) -> Bool {
        var rest = message[...]
        while rest.first == 0x20 { rest = rest.dropFirst() }
        guard rest.first == UInt8(ascii: ">") else { return false }
        return rest.dropFirst().first.map { $0 == 0x20 } ?? true
    }
}
