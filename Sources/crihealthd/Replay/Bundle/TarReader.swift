// SPDX-License-Identifier: Apache-2.0

/// Reads a tar archive from its first byte to its last, as it comes: nothing is unpacked to disk, so that no name in it can lead
/// anywhere.
///
/// ustar with pax' and GNU's long names (POSIX.1-2001 `pax`, GNU tar `tar.h`). Links, devices and everything else that is no
/// file is passed over.
struct TarReader {
    /// What comes out of it.
    enum Event {
        /// A regular file begins.
        case file(name: String)
        /// Some of its bytes, which are handed over beside.
        case data
        /// It is over.
        case end
    }

    /// Takes an event, and the bytes of one of data.
    typealias Body = (Event, Span<UInt8>) -> Void

    private enum State {
        case header
        /// The content of a file, of a long name, or of something that nobody wants.
        case content(Kind, left: Int, padding: Int)
        case padding(left: Int)
        case over
    }

    private enum Kind { case file, name, attributes, other }

    private static let block = 512
    /// A name is never longer (PATH_MAX); nor are the attributes that hold one.
    private static let textLimit = 64 << 10

    /// Whether a file begins as an archive.
    static func isArchive(_ head: [UInt8]) -> Bool {
        head.count >= block && head[257..<262].elementsEqual("ustar".utf8)
    }

    private var state = State.header
    private var buffer: [UInt8] = []
    private var longName: String?
    /// Whether its end came, where it has one: a block of zeros.
    private(set) var isWhole = false

    /// Takes in the next bytes. False at the end of the archive, or where it is none.
    mutating func feed(_ bytes: Span<UInt8>, _ body: Body) -> Bool {
        var done = 0
        while done < bytes.count {
            let rest = bytes.extracting(done..<bytes.count)
            switch state {
            case .over: return false
            case .header:
                let part = rest.extracting(first: Self.block - buffer.count)
                buffer.append(contentsOf: part)
                done += part.count
                guard buffer.count == Self.block else { continue }
                state = begin(buffer, body)
                buffer = []
            case .content(let kind, let left, let padding):
                let part = rest.extracting(first: left)
                take(part, kind, body)
                done += part.count
                state =
                    left == part.count
                    ? end(kind, padding, body) : .content(kind, left: left - part.count, padding: padding)
            case .padding(let left):
                let count = min(left, rest.count)
                done += count
                state = left == count ? .header : .padding(left: left - count)
            }
        }
        return true
    }

    private mutating func take(_ part: Span<UInt8>, _ kind: Kind, _ body: Body) {
        switch kind {
        case .file: body(.data, part)
        case .name, .attributes:
            buffer.append(contentsOf: part.extracting(first: max(0, Self.textLimit - buffer.count)))
        case .other: break
        }
    }

    private mutating func end(_ kind: Kind, _ padding: Int, _ body: Body) -> State {
        switch kind {
        case .file: body(.end, Span())
        case .name: longName = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        case .attributes: longName = Self.path(in: buffer) ?? longName
        case .other: break
        }
        buffer = []
        return padding > 0 ? .padding(left: padding) : .header
    }

    private mutating func begin(_ header: [UInt8], _ body: Body) -> State {
        guard header[257..<262].elementsEqual("ustar".utf8), let size = Self.number(header[124..<136]) else {
            isWhole = header.allSatisfy { $0 == 0 }
            return .over
        }
        let kind: Kind
        switch header[156] {
        case UInt8(ascii: "0"), 0, UInt8(ascii: "7"): kind = .file
        case UInt8(ascii: "L"): kind = .name
        case UInt8(ascii: "x"): kind = .attributes
        default: kind = .other
        }
        if kind == .file { body(.file(name: longName ?? Self.name(header)), Span()) }
        if kind == .file || kind == .other { longName = nil }
        let padding = (Self.block - size % Self.block) % Self.block
        guard size > 0 else { return end(kind, 0, body) }
        return .content(kind, left: size, padding: padding)
    }

    private static func name(_ header: [UInt8]) -> String {
        let name = String(decoding: header[0..<100].prefix { $0 != 0 }, as: UTF8.self)
        // GNU's own format has times where ustar has a prefix.
        guard header[262] == 0, header[345] != 0 else { return name }
        return String(decoding: header[345..<500].prefix { $0 != 0 }, as: UTF8.self) + "/" + name
    }

    /// Octal digits, or GNU's big-endian number behind a set bit.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        if field.first.map({ $0 & 0x80 != 0 }) == true {
            var value = 0
            for byte in field.dropFirst().suffix(8) { value = value << 8 | Int(byte) }
            return value >= 0 ? value : nil
        }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 >= 0x30 && $0 <= 0x37 }
        return digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    /// `LENGTH path=NAME\n` among pax' attributes.
    private static func path(in attributes: [UInt8]) -> String? {
        for line in attributes.split(separator: UInt8(ascii: "\n")) {
            let text = line.drop { $0 != 0x20 }.dropFirst()
            if text.starts(with: "path=".utf8) { return String(decoding: text.dropFirst(5), as: UTF8.self) }
        }
        return nil
    }
}
