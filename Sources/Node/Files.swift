// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// The one file of this target with unsafe pointers: bounded reads below a root directory, nothing decided
/// here.
struct Files: Sendable {
    private let root: String

    init(root: String) { self.root = root.hasSuffix("/") ? String(root.dropLast()) : root }

    /// The first `limit` bytes; a proc file is read to its end though its size says 0.
    func contents(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        let fd = open(root + path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard fd >= 0 else { throw Errno(errno) }
        defer { close(fd) }
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let wanted = min(65_536, limit - bytes.count)
            let result = withUnsafeTemporaryAllocation(byteCount: wanted, alignment: 16) { buffer -> Int in
                let count = read(fd, buffer.baseAddress, wanted)
                if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
                return count
            }
            if result == 0 { break }
            if result < 0 && errno != EINTR { throw Errno(errno) }
        }
        return bytes
    }

    /// As ``contents(_:limit:)``, as text; nil when it cannot be read.
    func text(_ path: String, limit: Int = 64 << 10) -> String? {
        guard let bytes = try? contents(path, limit: limit) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Calls `body` with each name of a directory but `.` and `..` until it returns false.
    func forEachName(_ path: String, _ body: (String) -> Bool) throws(Errno) {
        guard let directory = opendir(root + path) else { throw Errno(errno) }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name == "." || name == ".." || body(name) else { return }
        }
    }

    /// readlink(2); nil when it is no link, or longer than 512 bytes.
    func linkTarget(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let count = readlink(root + path, base, buffer.count)
            guard count >= 0, count < buffer.count else { return nil }
            return String(decoding: buffer[..<count].lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// What stat(2) says, as far as it is used.
    struct Status {
        let isRegular: Bool
        let modifiedAt: WallTime
        /// When the file came to be as and where it is: a package keeps `modifiedAt`, not this.
        let changedAt: WallTime
    }

    func status(_ path: String) throws(Errno) -> Status {
        var found = stat()
        guard stat(root + path, &found) == 0 else { throw Errno(errno) }
        return Status(
            isRegular: found.st_mode & S_IFMT == S_IFREG, modifiedAt: Self.wall(found.st_mtim),
            changedAt: Self.wall(found.st_ctim))
    }

    private static func wall(_ time: timespec) -> WallTime {
        WallTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// A regular file that nobody but root can write.
    struct Trusted {
        let size: UInt64
        let inode: UInt64
        let identity: Identity
        let modifiedAt: WallTime
        let changedAt: WallTime
    }

    /// Nil for what is not there, is no regular file, or can be written by others than root. Links are followed.
    func trusted(_ path: String) -> Trusted? {
        var found = stat()
        guard stat(root + path, &found) == 0, isTrusted(found) else { return nil }
        return Trusted(
            size: UInt64(max(0, found.st_size)), inode: UInt64(found.st_ino),
            identity: Identity(device: UInt64(found.st_dev), inode: UInt64(found.st_ino)),
            modifiedAt: Self.wall(found.st_mtim), changedAt: Self.wall(found.st_ctim))
    }

    private func isTrusted(_ found: stat) -> Bool {
        found.st_mode & S_IFMT == S_IFREG && found.st_uid == owner && found.st_mode & 0o022 == 0
    }

    /// Root; below another root directory, as in a test, whoever looks.
    private var owner: uid_t { root.isEmpty ? 0 : geteuid() }

    /// The last `limit` bytes of a ``trusted(_:)`` file, from the beginning of a line on. What is opened is what is judged: the
    /// name may lead elsewhere by now.
    func trustedTail(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        let fd = open(root + path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard fd >= 0 else { throw Errno(errno) }
        defer { close(fd) }
        var found = stat()
        guard fstat(fd, &found) == 0 else { throw Errno(errno) }
        guard isTrusted(found) else { throw Errno(EPERM) }
        let size = Int(found.st_size)
        let start = max(0, size - limit)
        var bytes = [UInt8](repeating: 0, count: max(0, size - start))
        var count = 0
        while count < bytes.count {
            let result = bytes.withUnsafeMutableBytes { buffer in
                pread(fd, buffer.baseAddress?.advanced(by: count), buffer.count - count, off_t(start + count))
            }
            if result == 0 { break }
            if result < 0 {
                if errno == EINTR { continue }
                throw Errno(errno)
            }
            count += result
        }
        bytes.removeLast(bytes.count - count)
        guard start > 0, let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return bytes }
        return Array(bytes[(end + 1)...])
    }

    /// Which file a path leads to.
    struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    /// Links are followed; `/proc/PID/exe` leads to the file that runs even when that has no name any more.
    func identity(_ path: String) throws(Errno) -> Identity {
        var found = stat()
        guard stat(root + path, &found) == 0 else { throw Errno(errno) }
        return Identity(device: UInt64(found.st_dev), inode: UInt64(found.st_ino))
    }

    /// Whether this process may execute the regular file.
    func isExecutable(_ path: String) -> Bool {
        access(root + path, X_OK) == 0 && (try? status(path))?.isRegular == true
    }

    /// statvfs(3), told of `asked`.
    func usage(_ path: String, as asked: String) throws(Errno) -> FileSystemUsage {
        var found = statvfs()
        guard statvfs(root + path, &found) == 0 else { throw Errno(errno) }
        func bytes(_ blocks: fsblkcnt_t) -> UInt64 {
            let (product, overflow) = UInt64(blocks).multipliedReportingOverflow(by: UInt64(found.f_frsize))
            return overflow ? .max : product
        }
        return FileSystemUsage(
            path: asked, totalBytes: bytes(found.f_blocks), availableBytes: bytes(found.f_bavail),
            availableInodes: found.f_files == 0 ? nil : UInt64(found.f_favail))
    }

    /// clock_gettime(2) in microseconds.
    static func microseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// CLOCK_REALTIME in microseconds.
    static var microsecondsNow: Int64 { microseconds(of: CLOCK_REALTIME) }

    /// gethostname(2).
    static func hostname() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, gethostname(base, buffer.count - 1) == 0 else { return "" }
            buffer[buffer.count - 1] = 0
            return String(cString: base)
        }
    }
}

/// An errno value.
struct Errno: Error, Hashable {
    let code: Int32

    init(_ code: Int32) { self.code = code }
}
