// SPDX-License-Identifier: Apache-2.0

/// Reads a cpio archive of the new ASCII format (cpio(5), `070701` and `070702`) as it comes.
struct CpioReader {
    /// As a tar archive's reader hands its files over.
    typealias Body = (TarReader.Event, Span<UInt8>) throws -> Void

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
    mutating func feed(_ bytes: Span<UInt8>, _ body: Body) throws {
        var done = 0
        while done < bytes.count, !isOver {
            let rest = bytes.extracting(done..<bytes.count)
            switch state {
            case .header:
                guard collect(Self.headerSize, rest, &done) else { return }
                state = .name(try entry(buffer))
                buffer = []
            case .name(let entry):
                // Header, name and padding together end at a multiple of four.
                let padded = (Self.headerSize + entry.nameSize + 3) / 4 * 4 - Self.headerSize
                guard collect(padded, rest, &done) else { return }
                let name = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
                buffer = []
                try begin(name, entry, body)
            case .content(let isFile, let left, let padding):
                let part = rest.extracting(first: left)
                if isFile { try body(.data, part) }
                done += part.count
                guard left == part.count else {
                    state = .content(isFile: isFile, left: left - part.count, padding: padding)
                    return
                }
                if isFile { try body(.end, Span()) }
                state = padding == 0 ? .header : .padding(padding)
            case .padding(let left):
                let count = min(left, rest.count)
                done += count
                state = left == count ? .header : .padding(left - count)
            }
        }
    }

    private mutating func collect(_ size: Int, _ rest: Span<UInt8>, _ done: inout Int) -> Bool {
        let part = rest.extracting(first: size - buffer.count)
        buffer.append(contentsOf: part)
        done += part.count
        return buffer.count == size
    }

    private mutating func begin(_ name: String, _ entry: Entry, _ body: Body) throws {
        guard name != "TRAILER!!!" else {
            isOver = true
            return
        }
        if entry.isFile { try body(.file(name: name), Span()) }
        guard entry.size > 0 else {
            if entry.isFile { try body(.end, Span()) }
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
