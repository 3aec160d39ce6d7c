// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Reads journal entries from text as people have it: syslog files, journalctl's formats, logs without heads, mixed.
///
/// Incremental, and bounded by the longest message that an entry keeps. What it cannot know it does not invent: a line
/// without a head goes on with the entry before it, or is what that speaker said next.
struct TextJournal {
    /// The longest line that is looked at, in bytes.
    static let lineLimit = 64 << 10

    private var line: [UInt8] = []
    private var assembler: TextAssembler
    private var pager = PagerCuts()
    /// Lines that a pager cut off.
    var cutLines: Int { pager.count }

    /// When the latest line was logged, wanted or not.
    var latest: WallTime? { assembler.latest }

    /// Whether hardly a line begins as a log's do, none tells a time, and none is of a table of the cluster's: prose, a
    /// configuration, a program.
    var isProse: Bool {
        latest == nil && assembler.count.rows == 0 && assembler.count.plain > 8
            && assembler.count.plain > 4 * assembler.count.headed
    }

    /// A reader; `file` is the unit whose log it is, where its name tells, and `wants` says which messages of units are worth
    /// an entry beside the first of each unit.
    init(now: WallTime, file: String? = nil, wants: ((Span<UInt8>) -> Bool)? = nil) {
        assembler = TextAssembler(now: now, file: file, wants: wants)
    }

    /// Takes in the next bytes, however they are cut, and hands each entry to `body`.
    mutating func feed(_ bytes: Span<UInt8>, _ body: (JournalEntry) -> Void) {
        feed(bytes, hosts: { entry, _ in body(entry) })
    }

    /// Says that the text is over.
    mutating func finish(_ body: (JournalEntry) -> Void) { finish(hosts: { entry, _ in body(entry) }) }

    /// Takes in the next bytes, and hands over with each entry the name of its machine.
    mutating func feed(_ bytes: Span<UInt8>, hosts body: TextAssembler.Body) {
        var start = 0
        while start < bytes.count {
            let end = bytes.firstIndex(of: 0x0A, from: start)
            let part = bytes.extracting(start..<(end ?? bytes.count))
            line.append(contentsOf: part.extracting(first: max(0, Self.lineLimit - line.count)))
            guard let end else { return }
            endLine(body)
            start = end + 1
        }
    }

    /// Says that the text is over.
    mutating func finish(hosts body: TextAssembler.Body) {
        if !line.isEmpty { endLine(body) }
        assembler.finish(body)
    }

    private mutating func endLine(_ body: TextAssembler.Body) {
        TextCleaning.clean(&line)
        pager.take(line)
        assembler.take(line, body)
        line.removeAll(keepingCapacity: true)
    }
}

/// What is not the log's own, taken off a line.
enum TextCleaning {
    /// Without a carriage return at its end, without terminal colours, and without the runs of NUL that a crash leaves.
    static func clean(_ line: inout [UInt8]) {
        while line.last == 0x0D { line.removeLast() }
        if line.span.firstIndex(of: 0, from: 0) != nil { line.removeAll { $0 == 0 } }
        if line.span.firstIndex(of: 0x1B, from: 0) != nil { line = withoutEscapes(line) }
    }

    /// Without ECMA-48 control sequences.
    private static func withoutEscapes(_ line: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        kept.reserveCapacity(line.count)
        var index = 0
        while index < line.count {
            guard line[index] == 0x1B else {
                kept.append(line[index])
                index += 1
                continue
            }
            index += 1
            guard index < line.count, line[index] == UInt8(ascii: "[") else { continue }
            index += 1
            while index < line.count, !(0x40...0x7E).contains(line[index]) { index += 1 }
            index += 1
        }
        return kept
    }

    /// Where a line goes on behind what mail, Markdown, grep and kubectl put in front; nil where they did not.
    static func prefixEnd(_ line: [UInt8]) -> Int? {
        var cursor = ByteCursor(line)
        cursor.blanks()
        while cursor.take(">") || cursor.take("|") { cursor.blanks() }
        if cursor.take("[pod/") || cursor.take("[node/") {
            while let byte = cursor.byte, byte != UInt8(ascii: "]") { cursor.move(to: cursor.at + 1) }
            _ = cursor.take("]")
            cursor.blanks()
        }
        cursor.tai()
        let start = cursor.at
        if cursor.number(1...9) != nil, cursor.take(":") || cursor.take("-") || cursor.blanks() > 0 {
            cursor.blanks()
        } else {
            cursor.move(to: start)
        }
        return cursor.at > 0 && !cursor.isAtEnd ? cursor.at : nil
    }
}
