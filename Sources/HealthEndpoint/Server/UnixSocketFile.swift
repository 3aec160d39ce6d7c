// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A bound unix stream socket and its file. The only place of this target that touches unsafe memory, for
/// `sockaddr_un`.
struct UnixSocketFile {
    private let path: String
    private let device: dev_t
    private let inode: ino_t
    private let descriptor: Int32

    /// Binds `path` with exactly `mode` (the umask does not count), never wider in between.
    ///
    /// A socket file that nobody listens on (connect(2) says ECONNREFUSED) is replaced. One that somebody listens on,
    /// and anything that is not a socket, stays: EADDRINUSE. A missing directory is made (0755).
    init(path: String, mode: mode_t) throws(ListenerFailure) {
        let address = try Self.address(path)
        let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Self.closeOnExec, 0)
        guard fd >= 0 else { throw Self.failure("socket") }
        do {
            // unix(7), Linux: the file takes the mode of the socket's own inode, less the umask.
            guard fchmod(fd, mode) == 0 else { throw Self.failure("fchmod") }
            if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
                mkdir(String(path[..<slash]), 0o755)
            }
            if Self.call(Glibc.bind, fd, address) != 0 {
                guard errno == EADDRINUSE else { throw Self.failure("bind") }
                try Self.removeStale(path, address)
                guard Self.call(Glibc.bind, fd, address) == 0 else { throw Self.failure("bind") }
            }
            guard chmod(path, mode) == 0 else { throw Self.failure("chmod") }
            var status = stat()
            guard lstat(path, &status) == 0 else { throw Self.failure("lstat") }
            (self.path, device, inode, descriptor) = (path, status.st_dev, status.st_ino, fd)
        } catch let failure as ListenerFailure {
            Glibc.close(fd)
            throw failure
        } catch {
            Glibc.close(fd)
            throw Self.failure("bind")
        }
    }

    /// The bound descriptor; whoever takes it closes it.
    func takeDescriptor() -> Int32 { descriptor }

    /// Removes the file, unless another one has taken its place.
    func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else { return }
        unlink(path)
    }

    private static func removeStale(_ path: String, _ address: sockaddr_un) throws(ListenerFailure) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw failure("lstat")
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ListenerFailure(operation: "bind", errno: EADDRINUSE, text: "the file is not a socket")
        }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | closeOnExec | nonBlocking, 0)
        guard probe >= 0 else { throw failure("socket") }
        defer { Glibc.close(probe) }
        let result = call(connect, probe, address)
        guard result != 0, errno == ECONNREFUSED else {
            throw ListenerFailure(
                operation: "bind", errno: EADDRINUSE, text: "another process listens on this socket")
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("unlink") }
    }

    private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)
    private static let nonBlocking = Int32(SOCK_NONBLOCK.rawValue)

    private static func address(_ path: String) throws(ListenerFailure) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < capacity, !bytes.contains(0) else {
            throw ListenerFailure(operation: "bind", errno: ENAMETOOLONG, text: errnoText(ENAMETOOLONG))
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }

    /// bind(2) or connect(2).
    private static func call(
        _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ fd: Int32, _ address: sockaddr_un
    ) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                function(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ operation: String) -> ListenerFailure {
        let code = errno
        return ListenerFailure(operation: operation, errno: code, text: errnoText(code))
    }
}

/// errno's text; strerror_r(3) in its XSI form, as Swift imports it.
func errnoText(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
