// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The bytes of a file or of standard input, unpacked where they are compressed, piece by piece.
final class ByteSource {
    /// So much of the beginning is looked at before anything is read.
    static let headSize = 64 << 10
    /// What unpacks to more than this, and to so many times its size, is no log.
    static let unpackedLimit = (bytes: 64 << 20, factor: 300)

    /// For errors.
    let name: String
    /// The beginning: at most ``headSize`` bytes.
    private(set) var head: [UInt8] = []
    /// What the file is compressed as.
    let compression: Compression?
    private let isStrict: Bool
    private var descriptor: Int32
    private var unpacker: Unpacker?
    /// Of the file, as it is; 0 for a pipe.
    private(set) var packedSize = 0
    /// How many bytes were handed over.
    private(set) var total = 0
    private var isHeadDone = false
    private var atEnd = false
    /// Whether it was compressed, and the end of that was not well.
    private(set) var isDamaged = false

    /// Opens `path`; nil is standard input. `name` is what it is called to people, where that is another.
    /// Of a `strict` one damage is for the caller to tell.
    init(_ path: String?, name: String? = nil, isStrict: Bool = false) throws(ReplayError) {
        self.isStrict = isStrict
        let name = name ?? path ?? "standard input"
        self.name = name
        descriptor = path.map { open($0, O_RDONLY | O_CLOEXEC) } ?? dup(STDIN_FILENO)
        guard descriptor >= 0 else { throw .unreadable(FileError("open", name, errno: errno)) }
        var status = stat()
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        packedSize = isRegular ? Int(status.st_size) : 0
        do throws(FileError) {
            compression = Compression(head: try Self.fill(descriptor, name, 8, &head))
            guard let compression else {
                _ = try Self.fill(descriptor, name, Self.headSize, &head)
                return
            }
            guard let path, isRegular else {
                throw FileError(
                    path: name,
                    reason: "it is compressed; write `\(compression.reader) … | crihealthd replay -`")
            }
            close(descriptor)
            descriptor = -1
            unpacker = try Unpacker(compression, path)
            head = []
            guard let inner = unpacker?.descriptor else { return }
            _ = try Self.fill(inner, name, Self.headSize, &head)
        } catch {
            throw .unreadable(error)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if let unpacker = unpacker.take() { _ = unpacker.finish(atEnd: atEnd) }
    }

    /// Hands over all bytes.
    func chunks(_ body: (Span<UInt8>) throws(ReplayError) -> Void) throws(ReplayError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let size = try next(&buffer)
            if size == 0 { break }
            try body(buffer.span.extracting(..<size))
        }
        if let unpacker = unpacker.take(), let status = unpacker.finish(atEnd: true), status != 0 {
            // zstd and gzip tell of trailing bytes by a status of 2; what came is good.
            if status != 2 {
                isDamaged = true
                if !isStrict {
                    Console.error("\(name): its compressed data is damaged; this is what could be read")
                }
            }
        }
    }

    /// Hands over all lines without their ends; of a longer one the first `limit` bytes.
    func lines(limit: Int, _ body: ([UInt8]) throws(ReplayError) -> Void) throws(ReplayError) {
        var line: [UInt8] = []
        try chunks { bytes throws(ReplayError) in
            var start = 0
            while start < bytes.count {
                let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start)
                let part = bytes.extracting(start..<(end ?? bytes.count))
                line.append(contentsOf: part.extracting(first: max(0, limit - line.count)))
                guard let end else { return }
                try body(line)
                line.removeAll(keepingCapacity: true)
                start = end + 1
            }
        }
        if !line.isEmpty { try body(line) }
    }

    private func next(_ buffer: inout [UInt8]) throws(ReplayError) -> Int {
        if !isHeadDone {
            isHeadDone = true
            if !head.isEmpty {
                buffer.replaceSubrange(0..<head.count, with: head)
                total = head.count
                return head.count
            }
        }
        let size: Int
        do throws(FileError) { size = try Self.read(unpacker?.descriptor ?? descriptor, name, &buffer) } catch
        {
            throw .unreadable(error)
        }
        atEnd = size == 0
        total += size
        if compression != nil, total > Self.unpackedLimit.bytes,
            total / Self.unpackedLimit.factor > packedSize
        {
            throw .notAnInput(
                path: name,
                hint: "\(packedSize) bytes unpack to more than \(total >> 20) MiB; that is no log"
            )
        }
        return size
    }

    /// Reads until `bytes` has `count`, or the end.
    private static func fill(
        _ descriptor: Int32, _ name: String, _ count: Int, _ bytes: inout [UInt8]
    ) throws(FileError) -> [UInt8] {
        while bytes.count < count {
            var buffer = [UInt8](repeating: 0, count: count - bytes.count)
            let size = try read(descriptor, name, &buffer)
            if size == 0 { break }
            bytes += buffer[..<size]
        }
        return bytes
    }

    private static func read(_ descriptor: Int32, _ name: String, _ buffer: inout [UInt8]) throws(FileError)
        -> Int
    {
        while true {
            let size = Glibc.read(descriptor, &buffer, buffer.count)
            if size >= 0 { return size }
            guard errno == EINTR else { throw FileError("read", name, errno: errno) }
        }
    }
}
