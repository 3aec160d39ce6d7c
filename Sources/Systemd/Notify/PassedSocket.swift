// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A listening socket that the service manager made and passed (socket activation, sd_listen_fds(3)): it keeps its own
/// copy, so that connections wait in the queue while the service restarts.
public struct PassedSocket: Hashable, Sendable {
    /// Where it listens.
    public enum Address: Hashable, Sendable {
        /// A unix stream socket; an abstract one begins with `@`.
        case unix(path: String)
        /// A TCP socket, by its numeric address.
        case tcp(host: String, port: UInt16)

        /// Whether it is a TCP socket.
        public var isTCP: Bool {
            switch self {
            case .tcp: true
            case .unix: false
            }
        }
    }

    /// `FileDescriptorName=` of the socket unit; `unknown` without one.
    public let name: String
    /// Open, close-on-exec, listening; whoever takes the value closes it.
    public let descriptor: Int32
    /// Where it listens.
    public let address: Address

    /// Takes over what was passed to this process, and forgets the environment variables, so that neither a second call
    /// nor a child takes it again. To be called before there is a second thread: unsetenv(3) is not safe beside one.
    ///
    /// What is no listening stream socket is closed and left out.
    public static func take() -> [PassedSocket] {
        let passed = descriptors(
            environment: { name in getenv(name).map { String(cString: $0) } }, pid: getpid())
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"] { unsetenv(name) }
        return passed.compactMap { name, descriptor in
            guard fcntl(descriptor, F_GETFD) >= 0 else { return nil }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            guard isListening(descriptor), let address = address(of: descriptor) else {
                close(descriptor)
                return nil
            }
            return PassedSocket(name: name, descriptor: descriptor, address: address)
        }
    }

    /// Names and numbers of what the environment says was passed to the process `pid`: descriptors from 3 on.
    static func descriptors(environment: (String) -> String?, pid: Int32) -> [(
        name: String, descriptor: Int32
    )] {
        guard let owner = environment("LISTEN_PID"), Int32(owner) == pid,
            let count = environment("LISTEN_FDS").flatMap({ Int32($0) }), (1...mostPassed).contains(count)
        else { return [] }
        let names = (environment("LISTEN_FDNAMES") ?? "").split(
            separator: ":", omittingEmptySubsequences: false)
        return (0..<Int(count)).map { index in
            let name = index < names.count && !names[index].isEmpty ? String(names[index]) : "unknown"
            return (name, firstDescriptor + Int32(index))
        }
    }

    /// `SD_LISTEN_FDS_START`.
    private static let firstDescriptor: Int32 = 3
    private static let mostPassed: Int32 = 64

    private static func isListening(_ descriptor: Int32) -> Bool {
        option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue)
            && option(SO_ACCEPTCONN, of: descriptor) == 1
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }

    private static func address(of descriptor: Int32) -> Address? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard result == 0 else { return nil }
        let bytes = withUnsafeBytes(of: &storage) { Array($0.prefix(Int(size))) }
        return switch Int32(storage.ss_family) {
        case AF_UNIX: unix(bytes)
        case AF_INET: tcp(bytes, AF_INET, address: 4..<8)
        case AF_INET6: tcp(bytes, AF_INET6, address: 8..<24)
        default: nil
        }
    }

    /// The bytes of a `sockaddr_un` after its family: a path up to NUL, or an abstract name after one.
    private static func unix(_ bytes: [UInt8]) -> Address? {
        let name = bytes.dropFirst(MemoryLayout<sa_family_t>.size)
        guard let first = name.first else { return nil }
        if first == 0 { return .unix(path: "@" + String(decoding: name.dropFirst(), as: UTF8.self)) }
        return .unix(path: String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
    }

    /// `sockaddr_in` and `sockaddr_in6` both have the port, in network order, after the family.
    private static func tcp(_ bytes: [UInt8], _ family: Int32, address: Range<Int>) -> Address? {
        guard bytes.count >= address.upperBound else { return nil }
        let port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let raw = Array(bytes[address])
        guard inet_ntop(family, raw, &text, socklen_t(text.count)) != nil else { return nil }
        let host = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return .tcp(host: host, port: port)
    }
}
