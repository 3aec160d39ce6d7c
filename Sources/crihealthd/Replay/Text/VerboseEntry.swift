// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Systemd

/// An entry as `journalctl -o verbose` prints it: a line of time and cursor, then indented `NAME=value`.
struct VerboseEntry {
    private var builder = JournalEntryBuilder()
    private var at: Moment
    private var cursor: String
    /// The field that lines go on with, and how far those are indented.
    private var field: (name: [UInt8], value: [UInt8], indent: Int)?
    private var kept = 0

    /// Begins with a line such as `Wed 2024-06-12 12:23:42.123456 UTC [s=…;i=…;b=…;m=…;t=…;x=…]`.
    init?(_ line: [UInt8]) {
        guard line.last == UInt8(ascii: "]"), let open = line.place(of: " [s=") else { return nil }
        var scanner = ByteCursor(line)
        guard let time = scanner.fullTime() else { return nil }
        let wall: WallTime
        switch time {
        case .exact(let exact), .local(let exact): wall = exact
        case .yearless, .boot: return nil
        }
        cursor = line.text((open + 2)..<(line.count - 1))
        let parts = cursor.split(separator: ";")
        func hex(_ name: String) -> Int64? {
            parts.first { $0.hasPrefix(name) }.flatMap { Int64($0.dropFirst(name.count), radix: 16) }
        }
        at = Moment(
            wall: hex("t=").map { WallTime(microseconds: $0) } ?? wall,
            monotonic: MonotonicTime(microseconds: hex("m=") ?? wall.microseconds))
    }

    /// Takes a line of it; false for one that is not.
    mutating func take(_ line: [UInt8]) -> Bool {
        guard line.first == 0x20 else { return false }
        let indent = line.prefix { $0 == 0x20 }.count
        if let field, indent >= field.indent {
            if field.value.count < JournalEntry.messageLimit {
                self.field?.value.append(0x0A)
                self.field?.value.append(contentsOf: line.dropFirst(field.indent))
            }
            return true
        }
        guard let equals = line.firstIndex(of: UInt8(ascii: "=")), equals - indent <= 64,
            line[indent..<equals].allSatisfy({
                $0 == UInt8(ascii: "_") || $0.isASCIIDigit || (0x41...0x5A).contains($0)
            })
        else { return !line[indent...].isEmpty }
        endField()
        field = (Array(line[indent..<equals]), Array(line[(equals + 1)...]), equals + 1)
        return true
    }

    /// The entry.
    var entry: JournalEntry {
        mutating get {
            endField()
            builder.set(cursor: cursor, at: at)
            return builder.build()
        }
    }

    private mutating func endField() {
        guard let field, kept < 1024 else { return }
        kept += 1
        builder.add(name: field.name.span, value: field.value.span)
        self.field = nil
    }
}
