// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The prober's own listening socket, where none was passed.
enum UnixListener {
    /// Binds `path` (replacing a socket file that nobody listens on) for `owner` and root alone. A missing directory is
    /// made, for everybody to pass through.
    static func listen(_ path: String, owner: uid_t?) throws(ProberError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw ProberError("socket", path, errno: errno) }
        do throws(ProberError) {
            try bind(descriptor, path)
            if let owner, owner != geteuid(), chown(path, owner, gid_t.max) != 0 {
                throw ProberError("chown", path, errno: errno)
            }
            guard Glibc.listen(descriptor, 8) == 0 else { throw ProberError("listen", path, errno: errno) }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func bind(_ descriptor: Int32, _ path: String) throws(ProberError) {
        guard let address = try? SocketAddress.unix(path) else {
            throw ProberError("bind", path, reason: "not a path of a unix socket")
        }
        // unix(7), Linux: the file takes the mode of the socket's own inode, less the umask.
        guard fchmod(descriptor, 0o600) == 0 else { throw ProberError("fchmod", path, errno: errno) }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            mkdir(String(path[..<slash]), 0o755)
        }
        if address.bind(descriptor) == 0 { return }
        guard errno == EADDRINUSE else { throw ProberError("bind", path, errno: errno) }
        try removeStale(path, address)
        guard address.bind(descriptor) == 0 else { throw ProberError("bind", path, errno: errno) }
    }

    /// Removes a socket file that nobody listens on.
    private static func removeStale(_ path: String, _ address: SocketAddress) throws(ProberError) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            throw ProberError("bind", path, errno: EADDRINUSE)
        }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let probe = socket(AF_UNIX, type, 0)
        guard probe >= 0 else { throw ProberError("socket", path, errno: errno) }
        defer { close(probe) }
        guard address.connect(probe) != 0, errno == ECONNREFUSED else {
            throw ProberError("bind", path, reason: "another prober listens here")
        }
        unlink(path)
    }
}
