// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The one file of this target with unsafe pointers: thin calls of the kernel, nothing decided here.
enum System {
    /// pipe2(2), both ends close-on-exec, the reading end non-blocking.
    static func pipe() throws(Errno) -> Pipe {
        var reading: Int32 = -1
        var writing: Int32 = -1
        let code = cri_pipe(&reading, &writing)
        guard code == 0 else { throw Errno(code) }
        return Pipe(reading: Descriptor(reading), writing: Descriptor(writing))
    }

    /// `cri_spawn`; strings with a NUL inside are refused with EINVAL.
    static func spawn(
        _ path: String, arguments: [String], environment: [String], out: borrowing Descriptor,
        err: borrowing Descriptor
    ) throws(Errno) -> pid_t {
        let strings = [path] + arguments + environment
        guard strings.allSatisfy({ !$0.utf8.contains(0) }) else { throw Errno(EINVAL) }
        var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        guard !copies.contains(where: { $0 == nil }) else { throw Errno(ENOMEM) }
        copies.append(nil)
        let argv = Array(copies[1...arguments.count]) + [nil]
        let envp = Array(copies[(arguments.count + 1)...])
        var pid: pid_t = 0
        let code = cri_spawn(copies[0], argv, envp, out.raw, err.raw, &pid)
        guard code == 0 else { throw Errno(code) }
        return pid
    }

    /// Whose a file is.
    struct Ownership {
        let user: uid_t
        let isRegular: Bool
        let isDirectory: Bool
        let isSticky: Bool
        /// Its group or everybody may write.
        let othersWrite: Bool
        private let device: dev_t
        private let inode: ino_t

        fileprivate init(_ found: stat) {
            user = found.st_uid
            isRegular = found.st_mode & S_IFMT == S_IFREG
            isDirectory = found.st_mode & S_IFMT == S_IFDIR
            isSticky = found.st_mode & S_ISVTX != 0
            othersWrite = found.st_mode & 0o022 != 0
            device = found.st_dev
            inode = found.st_ino
        }

        func isSame(as other: Self) -> Bool { device == other.device && inode == other.inode }
    }

    /// Links are followed. Nil when it is not there.
    static func ownership(_ path: String) -> Ownership? {
        var found = stat()
        return stat(path, &found) == 0 ? Ownership(found) : nil
    }

    /// Of an open file.
    static func ownership(of file: borrowing Descriptor) -> Ownership? {
        var found = stat()
        return fstat(file.raw, &found) == 0 ? Ownership(found) : nil
    }

    /// realpath(3), or nil.
    static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// open(2) with O_PATH: neither reads nor runs anything. Nil when it is not there.
    static func open(_ path: String) -> Descriptor? {
        let fd = cri_open_path(path)
        return fd < 0 ? nil : Descriptor(fd)
    }

    /// Whether a script's interpreter will open the file by its path.
    static func isScript(_ path: String) -> Bool {
        (try? contents(path, limit: 2)) == Array("#!".utf8)
    }

    /// pidfd_open(2), or nil where the kernel (before 5.3) or the descriptor table refuses.
    static func pidfd(_ pid: pid_t) -> Descriptor? {
        let fd = cri_pidfd_open(pid)
        return fd < 0 ? nil : Descriptor(fd)
    }

    /// poll(2) for reading; negative descriptors are skipped. An interruption ends the wait early.
    static func wait(readable descriptors: [Int32], atMost timeout: Duration) {
        var polls = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let milliseconds = max(1, min(timeout.milliseconds, 60_000))
        _ = poll(&polls, nfds_t(polls.count), Int32(milliseconds))
    }

    /// What one read(2) gave.
    enum ReadResult { case bytes, nothingNow, end }

    /// One read(2) of at most 64 KiB, appended to `bytes`. Any error but EAGAIN and EINTR is the end.
    static func read(_ descriptor: borrowing Descriptor, into bytes: inout [UInt8]) -> ReadResult {
        let fd = descriptor.raw
        return withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
            let count = Glibc.read(fd, buffer.baseAddress, buffer.count)
            if count > 0 {
                bytes.append(contentsOf: buffer[..<count])
                return .bytes
            }
            return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothingNow : .end
        }
    }

    /// Whether the child has ended, without reaping it; nil when it is not ours (any more).
    static func hasEnded(_ pid: pid_t) -> Bool? {
        var info = siginfo_t()
        guard waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 else {
            return errno == EINTR ? false : nil
        }
        return info.si_signo != 0
    }

    /// wait4(2) without blocking: wait status and CPU time (user and system, of its reaped children too).
    static func reap(_ pid: pid_t) -> (status: Int32, cpu: Duration)? {
        var status: Int32 = 0
        var usage = rusage()
        guard wait4(pid, &status, WNOHANG, &usage) == pid else { return nil }
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        return (status, .seconds(seconds) + .microseconds(microseconds))
    }

    /// Whether the process holds a socket: for crictl, whether it got as far as connecting. Looks at 256
    /// descriptors.
    static func holdsSocket(_ pid: pid_t) -> Bool {
        (0..<256).contains { isSocket(path: "/proc/\(pid)/fd/\($0)") }
    }

    private static func isSocket(path: String) -> Bool {
        var found = stat()
        return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFSOCK
    }

    /// One connect(2) to a unix stream socket, closed at once. EAGAIN: the backlog is full.
    static func connect(_ path: String) throws(Errno) {
        let fd = cri_connect_unix(path)
        guard fd >= 0 else { throw Errno(-fd) }
        _ = Descriptor(fd)
    }

    /// Type bits (`S_IFMT`) of what a path leads to.
    static func fileType(_ path: String) throws(Errno) -> mode_t {
        var found = stat()
        guard stat(path, &found) == 0 else { throw Errno(errno) }
        return found.st_mode & S_IFMT
    }

    /// Whether this process may execute the file; EACCES also for a directory.
    static func checkExecutable(_ path: String) throws(Errno) {
        guard access(path, X_OK) == 0 else { throw Errno(errno) }
        guard try fileType(path) == S_IFREG else { throw Errno(EACCES) }
    }

    /// The first `limit` bytes of a regular file.
    static func contents(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        guard try fileType(path) == S_IFREG else { throw Errno(EINVAL) }
        let fd = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard fd >= 0 else { throw Errno(errno) }
        let file = Descriptor(fd)
        var bytes: [UInt8] = []
        while bytes.count < limit, case .bytes = read(file, into: &bytes) {}
        return Array(bytes.prefix(limit))
    }
}

/// An errno value.
struct Errno: Error, Hashable {
    let code: Int32

    init(_ code: Int32) { self.code = code }

    /// strerror(3): `No such file or directory`.
    var text: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            guard let base = buffer.baseAddress, strerror_r(code, base, buffer.count) == 0 else {
                return "errno \(code)"
            }
            return String(cString: base)
        }
    }
}

/// Both ends of a pipe.
struct Pipe: ~Copyable {
    let reading: Descriptor
    let writing: Descriptor

    /// Closes the writing end.
    consuming func readingEnd() -> Descriptor { reading }
}

/// An open descriptor; closed with its owner.
struct Descriptor: ~Copyable {
    let raw: Int32

    init(_ raw: Int32) { self.raw = raw }

    deinit { close(raw) }
}

extension Duration {
    /// Whole milliseconds, rounded up.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
