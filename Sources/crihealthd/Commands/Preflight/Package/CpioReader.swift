// SPDX-License-Identifier: Apache-2.0

/// Reads a cpio archive of the new ASCII format (cpio(5), `070701` and `070702`) as it comes.
struct CpioReader {
    private enum State {
        case header
        case name(Entry)
        case content(isFile: Bool, left: Int, padding: Int)
        case padding(Int)
    }

    private struct Entry {
        var nameSize: Int
        var size: Int
        var isFile: Bool
    }

    private static let headerSize = 110
    private static let nameLimit = 4096

    private let path: String
    private var state = State.header
    private var buffer: [UInt8] = []
    /// Whether its last entry came.
    private(set) var isOver = false

    /// Of the file at `path`.
    init(_ path: String) { self.path = path }

    /// Takes in the next bytes.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ body: (TarReader.Event) throws -> Void) throws {
        var rest = bytes[...]
        while !rest.isEmpty, !isOver {
            switch state {
            case .header:
                guard collect(Self.headerSize, &rest) else { return }
                state = .name(try entry(buffer))
                buffer = []
            case .name(let entry):
                // Header, name and padding together end at a multiple of four.
                let padded = (Self.headerSize + entry.nameSize + 3) / 4 * 4 - Self.headerSize
                guard collect(padded, &rest) else { return }
                let name = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
                buffer = []
                try begin(name, entry, body)
            case .content(let isFile, let left, let padding):
                let part = rest.prefix(left)
                if isFile { try body(.data(UnsafeRawBufferPointer(rebasing: part))) }
                rest = rest[part.endIndex...]
                guard left == part.count else {
                    state = .content(isFile: isFile, left: left - part.count, padding: padding)
                    return
                }
                if isFile { try body(.end) }
                state = padding == 0 ? .header : .padding(padding)
            case .padding(let left):
                let part = rest.prefix(left)
                rest = rest[part.endIndex...]
                state = left == part.count ? .header : .padding(left - part.count)
            }
        }
    }

    private mutating func collect(_ size: Int, _ rest: inout Slice<UnsafeRawBufferPointer>) -> Bool {
        let part = rest.prefix(size - buffer.count)
        buffer.append(contentsOf: part)
        rest = rest[part.endIndex...]
        return buffer.count == size
    }

    private mutating func begin(
        _ name: String, _ entry: Entry, _ body: (TarReader.Event) throws -> Void
    ) throws {
        guard name != "TRAILER!!!" else {
            isOver = true
            return
        }
        if entry.isFile { try body(.file(name: name)) }
        guard entry.size > 0 else {
            if entry.isFile { try body(.end) }
            state = .header
            return
        }
        state = .content(isFile: entry.isFile, left: entry.size, padding: (4 - entry.size % 4) % 4)
    }

    private func entry(_ header: [UInt8]) throws -> Entry {
        func field(_ index: Int) -> Int? {
            let start = 6 + index * 8
            return Int(String(decoding: header[start..<(start + 8)], as: UTF8.self), radix: 16)
        }
        guard header.starts(with: "070701".utf8) || header.starts(with: "070702".utf8),
            let mode = field(1), let size = field(6), let nameSize = field(11), size >= 0,
            (1...Self.nameLimit).contains(nameSize)
        else { throw CommandProblem("\(path): its payload is no cpio archive that is known") }
        return Entry(nameSize: nameSize, size: size, isFile: mode & 0o170000 == 0o100000)
    }
}
