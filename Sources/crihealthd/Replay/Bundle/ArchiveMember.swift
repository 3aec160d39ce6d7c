// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A log in an archive while it comes by. One that is compressed in itself, one in the journal's export format, and one of
/// packages, is held in memory until it is whole.
struct ArchiveMember {
    /// Of a log that is held.
    private static let heldLimit = 256 << 20

    private enum Kind {
        case log(BundleMember)
        /// Of packages, and of which node.
        case packages(String)
    }

    private let kind: Kind
    private let name: String
    private var journal: TextJournal?
    private var held: MemoryFile?
    private var isPassedOver = false

    /// Nil for a file that is no log of a node's.
    init?(_ name: String) {
        if let node = PackageLogs.node(name) {
            kind = .packages(node)
        } else if let member = BundleMember(name) {
            kind = .log(member)
        } else {
            return nil
        }
        self.name = name
    }

    /// Takes in its next bytes.
    mutating func take(_ bytes: Span<UInt8>, _ bundle: inout Bundle) {
        guard !isPassedOver else { return }
        if journal == nil, held == nil { begin(bytes, &bundle) }
        if case .log(let member) = kind, var reader = journal.take() {
            bundle.feed(bytes, &reader, member)
            journal = reader
        } else if !isPassedOver, held?.append(bytes, limit: Self.heldLimit) != true {
            bundle.passOver("\(name): larger than \(Self.heldLimit >> 20) MiB, and not read as it comes")
            isPassedOver = true
        }
    }

    /// It is whole, or as whole as it will be.
    mutating func end(_ bundle: inout Bundle) {
        guard !isPassedOver else { return }
        switch kind {
        case .log(let member):
            if var reader = journal.take() {
                bundle.finish(&reader, member)
            } else if let held {
                bundle.read(held.path, as: name, member)
            }
        case .packages(let node):
            if let held { bundle.packages(held.path, as: name, of: node) }
        }
    }

    private mutating func begin(_ bytes: Span<UInt8>, _ bundle: inout Bundle) {
        var head: [UInt8] = []
        head.append(contentsOf: bytes.extracting(first: ByteSource.headSize))
        guard case .log(let member) = kind, Compression(head: head) == nil, !ReplayInput.isExport(head)
        else {
            held = MemoryFile()
            return
        }
        if TarReader.isArchive(head) {
            bundle.passOverArchive(name)
            isPassedOver = true
        } else if Sniffer.problem(head) == nil {
            journal = bundle.begin(member)
        } else {
            isPassedOver = true
        }
    }
}

/// A file that is in no file system (memfd_create(2)).
final class MemoryFile {
    private let descriptor: Int32
    private var size = 0

    /// Nil where the kernel has none to give.
    init?() {
        descriptor = clinux_memory_file()
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Where it can be opened again, by this process alone.
    var path: String { "/proc/self/fd/\(descriptor)" }

    /// False where it is full.
    func append(_ bytes: Span<UInt8>, limit: Int) -> Bool {
        guard size + bytes.count <= limit else { return false }
        do throws(FileError) { try FileBytes.write(bytes, to: descriptor, path: path) } catch { return false }
        size += bytes.count
        return true
    }
}
