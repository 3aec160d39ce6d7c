// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A log in an archive while it comes by. One that is compressed in itself is held in memory until it is whole.
struct ArchiveMember {
    /// Of a compressed log.
    private static let packedLimit = 256 << 20

    private let member: BundleMember
    private let name: String
    private var journal: TextJournal?
    private var held: MemoryFile?
    private var isPassedOver = false

    init(_ member: BundleMember, _ name: String) {
        self.member = member
        self.name = name
    }

    /// Takes in its next bytes.
    mutating func take(_ bytes: UnsafeRawBufferPointer, _ bundle: inout Bundle) {
        guard !isPassedOver else { return }
        if journal == nil, held == nil { begin(bytes, bundle) }
        if journal != nil {
            guard var reader = journal.take() else { return }
            bundle.feed(bytes, &reader, member)
            journal = reader
        } else if held?.append(bytes, limit: Self.packedLimit) != true {
            bundle.passOver("\(name): compressed, and larger than \(Self.packedLimit >> 20) MiB")
            isPassedOver = true
        }
    }

    /// It is whole, or as whole as it will be.
    mutating func end(_ bundle: inout Bundle) {
        guard !isPassedOver else { return }
        if var reader = journal.take() {
            bundle.finish(&reader, member)
        } else if let held {
            bundle.read(held.path, as: name, member)
        }
    }

    private mutating func begin(_ bytes: UnsafeRawBufferPointer, _ bundle: Bundle) {
        if Compression(head: bytes) != nil {
            held = MemoryFile()
        } else if Sniffer.problem(Array(bytes.prefix(ByteSource.headSize))) == nil {
            journal = bundle.begin(member)
        } else {
            isPassedOver = true
        }
    }
}

/// A file that is in no file system (memfd_create(2)).
private final class MemoryFile {
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
    func append(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Bool {
        guard size + bytes.count <= limit else { return false }
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            let written = write(descriptor, base + done, bytes.count - done)
            guard written > 0 else { return false }
            done += written
        }
        size += bytes.count
        return true
    }
}
