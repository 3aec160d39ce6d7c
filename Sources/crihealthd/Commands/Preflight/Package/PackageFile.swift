// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Glibc

/// Reads a `.deb` or an `.rpm`. Nothing in it is run, and nothing of it is unpacked to a disk.
enum PackageFile {
    /// Largest file, and most bytes that its parts unpack to.
    static let (packedLimit, unpackedLimit) = (256 << 20, 2 << 30)
    /// What pads an archive behind its end, at most: tar fills 10 KiB.
    private static let paddingLimit = 1 << 20

    /// What the package brings.
    static func read(_ path: String) throws -> UpgradePackage {
        let bytes = try FileBytes.read(path, limit: packedLimit)
        if DebFile.isOne(bytes) { return try DebFile(path, bytes).package() }
        if RPMFile.isOne(bytes) { return try RPMFile(path, bytes).package() }
        throw CommandProblem("\(path): neither a .deb nor an .rpm")
    }

    /// Hands over the unpacked bytes of one part. False from `body`: the archive is over. What pads it is still unpacked: the
    /// checksum of the compressed data comes last.
    static func unpack(
        _ part: ArraySlice<UInt8>, of path: String, _ name: String,
        _ body: (Span<UInt8>) throws -> Bool
    ) throws {
        let what = "\(path): \(name)"
        guard let file = MemoryFile(), file.append(part.span, limit: packedLimit) else {
            throw CommandProblem("\(what): no memory to unpack it in")
        }
        let source = try ByteSource(file.path, name: what, isStrict: true)
        let most = min(unpackedLimit, max(64 << 20, part.count * 100))
        var problem: (any Error)?
        var end: Int?
        do throws(ReplayError) {
            try source.chunks { bytes throws(ReplayError) in
                // Ends the unpacking, and is told to nobody.
                let stop = ReplayError.notAnInput(path: what, hint: "")
                guard source.total <= most else { throw stop }
                if let end {
                    guard source.total - end > paddingLimit else { return }
                    problem = CommandProblem(
                        "\(what): more than \(paddingLimit >> 20) MiB follow behind the archive's end")
                    throw stop
                }
                do {
                    if try !body(bytes) { end = source.total }
                } catch {
                    problem = error
                    throw stop
                }
            }
        } catch {
            if let problem { throw problem }
            if case .unreadable(let error) = error { throw error }
            throw CommandProblem("\(what): \(part.count) bytes unpack to more than \(most >> 20) MiB")
        }
        guard !source.isDamaged else { throw CommandProblem("\(what): its compressed data is damaged") }
    }

    /// A path in an archive as it is on the node; nil where it leads out of the archive's root.
    static func path(_ name: String) -> String? {
        let parts = name.split(separator: "/").filter { $0 != "." }
        return parts.contains("..") ? nil : "/" + parts.joined(separator: "/")
    }

    /// Text of a small file.
    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// What of a package's files is kept, however they come.
struct PackageFiles {
    private let file: String
    private var open: (path: String, bytes: [UInt8], isKept: Bool)?
    private(set) var paths: [String] = []
    private(set) var texts: [String: String] = [:]
    /// Sizes of the files below /etc.
    private(set) var sizes: [String: Int] = [:]

    init(_ file: String) { self.file = file }

    /// A regular file begins.
    mutating func begin(_ name: String) throws {
        guard let path = PackageFile.path(name) else {
            throw CommandProblem(
                "\(file): it holds \(name.prefix(120)), a path that leads out of where it is unpacked")
        }
        let isWanted = UpgradePackage.wants(path) && paths.count < UpgradePackage.pathLimit
        if isWanted { paths.append(path) }
        if path.hasPrefix("/etc/"), sizes.count < UpgradePackage.pathLimit { sizes[path] = 0 }
        let isKept =
            isWanted && UpgradePackage.wantsText(of: path) && texts.count < UpgradePackage.textLimit
        open = (path, [], isKept)
    }

    /// Some of its bytes.
    mutating func take(_ bytes: Span<UInt8>) {
        guard let path = open?.path else { return }
        if let size = sizes[path] { sizes[path] = size + bytes.count }
        guard open?.isKept == true else { return }
        let space = max(0, UpgradePackage.textSize - (open?.bytes.count ?? 0))
        open?.bytes.append(contentsOf: bytes.extracting(first: space))
    }

    /// It is over.
    mutating func end() {
        if let open, open.isKept { texts[open.path] = PackageFile.text(open.bytes) }
        open = nil
    }
}
