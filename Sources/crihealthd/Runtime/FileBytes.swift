// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why a file could not be read or written.
struct FileError: Error, Equatable, CustomStringConvertible {
    /// What was tried: `open`, `rename`, …
    var operation: String
    /// On what.
    var path: String
    /// errno; 0 where the file itself is at fault (too large).
    var errno: Int32
    /// What is wrong, without the path.
    var reason: String

    /// Makes an error of a system call.
    init(_ operation: String, _ path: String, errno: Int32) {
        self.operation = operation
        self.path = path
        self.errno = errno
        reason = "\(operation): \(ErrnoText.describe(errno))"
    }

    /// Makes an error of the file itself.
    init(path: String, reason: String) {
        operation = "read"
        self.path = path
        errno = 0
        self.reason = reason
    }

    /// Whether there is no such file.
    var isMissing: Bool { errno == ENOENT || errno == ENOTDIR }

    /// Whether another process holds the lock that was tried.
    var isHeldElsewhere: Bool { operation == "flock" && errno == EWOULDBLOCK }

    /// `PATH: open: Permission denied`.
    var description: String { "\(path): \(reason)" }
}

/// Text for errno.
enum ErrnoText {
    /// strerror(3), without its shared buffer.
    static func describe(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "errno \(code)" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? "errno \(code)" : String(decoding: bytes, as: UTF8.self)
    }
}

/// Whole files, bounded.
enum FileBytes {
    /// Reads a regular file of at most `limit` bytes.
    static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError("open", path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("fstat", path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(path: path, reason: "it is not a regular file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError("read", path, errno: errno)
            }
            guard bytes.count + count <= limit else {
                throw FileError(path: path, reason: "it is larger than \(limit) bytes")
            }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// unlink(2); a file that is not there is as good.
    static func remove(_ path: String) { unlink(path) }

    /// Where a symbolic link leads, or nil.
    static func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 && count < buffer.count
            ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    /// Replaces a file whole: a reader sees the old one or the new one.
    ///
    /// - Parameters:
    ///   - beside: Where the new one is written first, in the same directory.
    ///   - mode: The new one's, whatever the umask.
    ///   - synced: Whether its content is on the disk before it takes its place.
    static func replace(
        _ path: String, with bytes: [UInt8], beside: String, mode: mode_t, synced: Bool
    ) throws(FileError) {
        do throws(FileError) {
            try writeNew(beside, bytes, mode, synced)
            guard rename(beside, path) == 0 else { throw FileError("rename", path, errno: errno) }
        } catch {
            unlink(beside)
            throw error
        }
    }

    /// Writes a file that people name. A regular one that is there is replaced whole; anything else that is there is
    /// refused, and no other file is overwritten.
    static func save(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(FileError) {
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw FileError(path: path, reason: "it is there already, and is not a regular file")
            }
        } else if errno != ENOENT {
            throw FileError("lstat", path, errno: errno)
        }
        let beside = "\(path).\(getpid()).new"
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError("open", beside, errno: errno) }
        close(descriptor)
        try replace(path, with: bytes, beside: beside, mode: mode, synced: true)
    }

    private static func writeNew(
        _ path: String, _ bytes: [UInt8], _ mode: mode_t, _ synced: Bool
    ) throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw FileError("open", path, errno: errno) }
        defer { close(descriptor) }
        guard fchmod(descriptor, mode) == 0 else { throw FileError("fchmod", path, errno: errno) }
        try write(bytes.span, to: descriptor, path: path)
        guard !synced || fsync(descriptor) == 0 else { throw FileError("fsync", path, errno: errno) }
    }

    /// Writes all bytes, however the kernel cuts them.
    static func write(_ bytes: Span<UInt8>, to descriptor: Int32, path: String) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.extracting(done..<bytes.count).write(to: descriptor)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError("write", path, errno: errno)
            }
            done += count
        }
    }
}
