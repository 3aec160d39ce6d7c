// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// A regular file that is open for reading; closed with its owner.
final class LogFileHandle {
    let device: UInt64
    let inode: UInt64
    let size: UInt64
    let modifiedAt: WallTime
    private let descriptor: Int32

    /// Nil when it is not there, no regular file, or a link: whoever could make one could have any file read. Nil also when
    /// others than root (or who runs this) could have written it.
    init?(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_mode & 0o022 == 0, status.st_uid == 0 || status.st_uid == geteuid()
        else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = UInt64(max(0, status.st_size))
        modifiedAt = WallTime(
            microseconds: Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1000)
    }

    deinit { close(descriptor) }

    /// Whether it bears the same number.
    func isSame(as position: LogFilePosition) -> Bool { device == position.device && inode == position.inode }

    /// Whether it still begins as it did, and still has what was read.
    func hasHead(of position: LogFilePosition) -> Bool {
        size >= position.offset && head(upTo: position.offset) == position.head
    }

    /// At most `limit` bytes from `offset` on; nil when it cannot be read.
    func bytes(from offset: UInt64, limit: Int) -> [UInt8]? {
        guard offset < UInt64(Int64.max) else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(min(UInt64(limit), size > offset ? size - offset : 0)))
        var count = 0
        while count < bytes.count {
            let wanted = bytes.count - count
            let result = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + count }, wanted, off_t(offset) + off_t(count))
            }
            if result == 0 { break }
            if result > 0 {
                count += result
            } else if errno != EINTR {
                return nil
            }
        }
        return Array(bytes[..<count])
    }

    /// FNV-1a of the first bytes.
    func head(upTo offset: UInt64) -> UInt64? {
        let limit = Int(min(offset, UInt64(LogFilePosition.headLimit)))
        guard let bytes = bytes(from: 0, limit: limit), bytes.count == limit else { return nil }
        var hash = FNV1a()
        hash.add(bytes.span)
        return hash.value
    }

    /// Where the first line begins at or behind `offset`.
    func lineStart(after offset: UInt64, within limit: Int) -> UInt64 {
        guard offset > 0, let bytes = bytes(from: offset - 1, limit: limit),
            let end = bytes.firstIndex(of: 0x0A)
        else { return offset }
        return offset + UInt64(end)
    }
}

/// Directories that nobody but root, or who runs this, can change.
enum TrustedFolder {
    /// Whether that holds for the directory and for all on the way to it; links are followed first. Others may add names in
    /// a directory with the sticky bit, and replace none.
    static func isTrusted(_ path: String, below root: String) -> Bool {
        guard let real = realPath(path) else { return false }
        let top = root.isEmpty ? "" : realPath(root) ?? ""
        var place = real
        while place.hasPrefix("/"), place != top {
            guard isOwn(place) else { return false }
            place = String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)])
        }
        return place == top || isOwn("/")
    }

    private static func isOwn(_ directory: String) -> Bool {
        var status = stat()
        guard lstat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return false }
        let isClosed = status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0
        return isClosed && (status.st_uid == 0 || status.st_uid == geteuid())
    }

    private static func realPath(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }
}
