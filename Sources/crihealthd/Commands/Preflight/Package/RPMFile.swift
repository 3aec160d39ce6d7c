// SPDX-License-Identifier: Apache-2.0
import Diagnosis

/// An RPM package, format 3 and 4 (rpm.org, "RPM V4 Package format"): lead, signature header, header, payload.
struct RPMFile {
    private static let magic: [UInt8] = [0xED, 0xAB, 0xEE, 0xDB]
    private static let leadSize = 96
    private static let fileLimit = 100_000
    /// A path is never longer (PATH_MAX).
    private static let pathSize = 4096

    private let path: String
    private let header: RPMHeader
    private let payload: ArraySlice<UInt8>

    static func isOne(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

    /// Finds its parts.
    init(_ path: String, _ bytes: [UInt8]) throws {
        self.path = path
        guard let signature = RPMHeader(bytes.dropFirst(Self.leadSize)) else { throw Self.broken(path) }
        // The signature's header is padded to eight bytes.
        let start = Self.leadSize + (signature.size + 7) / 8 * 8
        guard let header = RPMHeader(bytes.dropFirst(start)) else { throw Self.broken(path) }
        self.header = header
        payload = bytes.dropFirst(start + header.size)
    }

    private static func broken(_ path: String) -> CommandProblem {
        CommandProblem("\(path): not an RPM package, or it ends early: a header is broken")
    }

    /// What it brings.
    func package() throws -> UpgradePackage {
        guard let name = header.strings(1000)?.first, let version = header.strings(1001)?.first,
            !name.isEmpty, !version.isEmpty
        else { throw CommandProblem("\(path): its header names no package and version") }
        var package = UpgradePackage(
            file: path, manager: .rpm, name: String(name.prefix(100)), version: String(version.prefix(100)))
        var found = PackageFiles(path)
        var reader = CpioReader(path)
        var isOver = false
        try PackageFile.unpack(payload, of: path, "its payload") { bytes in
            try reader.feed(bytes) { event, bytes in
                switch event {
                case .file(let name): try found.begin(name)
                case .data: found.take(bytes)
                case .end: found.end()
                }
            }
            isOver = reader.isOver
            return !isOver
        }
        guard isOver else {
            throw CommandProblem("\(path): its payload ends in the middle, or is no cpio archive")
        }
        package.paths = found.paths
        package.texts = found.texts
        package.configurations = configurations(found.sizes)
        return package
    }

    /// `%config` files: RPMFILE_CONFIG is 1, RPMFILE_NOREPLACE 16 (rpmfiles.h).
    private func configurations(_ sizes: [String: Int]) -> [UpgradePackage.Configuration] {
        guard let bases = header.strings(1117), let folders = header.strings(1118),
            let places = header.numbers(1116), let flags = header.numbers(1037),
            bases.count == places.count, bases.count == flags.count, bases.count <= Self.fileLimit
        else { return [] }
        var found: [UpgradePackage.Configuration] = []
        for index in bases.indices where flags[index] & 1 != 0 && folders.indices.contains(places[index]) {
            let (folder, base) = (folders[places[index]], bases[index])
            guard found.count < UpgradePackage.pathLimit,
                folder.utf8.count + base.utf8.count <= Self.pathSize
            else { continue }
            let path = folder + base
            guard let size = sizes[path] else { continue }
            found.append(.init(path: path, size: size, isKept: flags[index] & 16 != 0))
        }
        return found
    }
}

/// A header: an index of tags, and the store of their values.
struct RPMHeader {
    private static let magic: [UInt8] = [0x8E, 0xAD, 0xE8, 0x01]
    private static let (tagLimit, storeLimit) = (1 << 16, 64 << 20)
    private static let valueLimit = 1 << 18

    /// Of the whole header, in bytes.
    let size: Int
    private var entries: [Int: (type: Int, offset: Int, count: Int)] = [:]
    private let store: ArraySlice<UInt8>

    /// Nil where there is none, or not all of it.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= 16, bytes.starts(with: Self.magic) else { return nil }
        func number(_ offset: Int) -> Int {
            bytes.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int($1) }
        }
        let (tags, length) = (number(8), number(12))
        guard tags <= Self.tagLimit, length <= Self.storeLimit, bytes.count >= 16 + tags * 16 + length else {
            return nil
        }
        size = 16 + tags * 16 + length
        store = bytes.dropFirst(16 + tags * 16).prefix(length)
        for index in 0..<tags {
            let at = 16 + index * 16
            entries[number(at)] = (number(at + 4), number(at + 8), number(at + 12))
        }
    }

    /// A tag's texts (types 6, 8 and 9); nil: it has none.
    func strings(_ tag: Int) -> [String]? {
        guard let entry = entries[tag], [6, 8, 9].contains(entry.type), entry.count <= Self.valueLimit,
            entry.offset < store.count
        else { return nil }
        var rest = store.dropFirst(entry.offset)
        var texts: [String] = []
        for _ in 0..<entry.count {
            guard let end = rest.firstIndex(of: 0) else { return nil }
            texts.append(String(decoding: rest[..<end], as: UTF8.self))
            rest = rest[(end + 1)...]
        }
        return texts
    }

    /// A tag's 32-bit numbers (type 4); nil: it has none.
    func numbers(_ tag: Int) -> [Int]? {
        guard let entry = entries[tag], entry.type == 4, entry.count <= Self.valueLimit,
            entry.offset <= store.count, entry.count * 4 <= store.count - entry.offset
        else { return nil }
        let first = store.startIndex + entry.offset
        return (0..<entry.count).map { index in
            store[(first + index * 4)..<(first + index * 4 + 4)].reduce(0) { $0 << 8 | Int($1) }
        }
    }
}
