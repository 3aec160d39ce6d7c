// SPDX-License-Identifier: Apache-2.0

/// Finds lines that a pager cut off at the edge of its screen: `less -S`, which journalctl starts, puts `>` there.
struct PagerCuts {
    /// Lines of a message end in `>` by themselves; those that are cut all have the width of one screen.
    private var widths: [Int: Int] = [:]
    private static let widthLimit = 64

    /// Takes a line in.
    mutating func take(_ line: [UInt8]) {
        guard line.count >= 60, line.last == UInt8(ascii: ">") else { return }
        guard Self.hasOpenQuote(line) || !line[(line.count - 12)...].contains(UInt8(ascii: "<")) else {
            return
        }
        let width = String(decoding: line, as: UTF8.self).unicodeScalars.count
        guard widths[width] != nil || widths.count < Self.widthLimit else { return }
        widths[width, default: 0] += 1
        if Self.hasOpenQuote(line) { certain.insert(width) }
    }

    private var certain: Set<Int> = []

    /// How many lines were cut: those as wide as one whose last quote is open, or as each other.
    var count: Int { widths.reduce(0) { $0 + (certain.contains($1.key) || $1.value > 2 ? $1.value : 0) } }

    /// Whether a line was certainly cut off: it ends as the pager ends it, within a quoted value.
    static func isCut(_ line: [UInt8]) -> Bool {
        line.count >= 60 && line.last == UInt8(ascii: ">") && hasOpenQuote(line)
    }

    /// Whether a quoted value has no end.
    private static func hasOpenQuote(_ line: [UInt8]) -> Bool {
        var (isOpen, index) = (false, 0)
        while index < line.count {
            if line[index] == UInt8(ascii: "\\") {
                index += 1
            } else if line[index] == UInt8(ascii: "\"") {
                isOpen.toggle()
            }
            index += 1
        }
        return isOpen
    }
}
