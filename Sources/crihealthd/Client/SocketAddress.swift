// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A sockaddr by value: the one file of this target that holds unsafe pointers.
struct SocketAddress {
    /// AF_UNIX, AF_INET or AF_INET6.
    let family: Int32
    private let bytes: [UInt8]

    /// The address of a unix socket.
    static func unix(_ path: String) throws(HTTPClientError) -> SocketAddress {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard !name.isEmpty, name.count < MemoryLayout.size(ofValue: address.sun_path), !name.contains(0)
        else {
            throw HTTPClientError("connect", path, reason: "not a path of a unix socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        return SocketAddress(family: AF_UNIX, bytes: withUnsafeBytes(of: &address) { Array($0) })
    }

    /// The address of a TCP listener; an unspecified host (`0.0.0.0`, `::`) is asked on loopback.
    static func tcp(host: String, port: UInt16) throws(HTTPClientError) -> SocketAddress {
        var host = host
        if host == "0.0.0.0" { host = "127.0.0.1" }
        if host == "::" { host = "::1" }
        var v4 = sockaddr_in()
        if inet_pton(AF_INET, host, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            return SocketAddress(family: AF_INET, bytes: withUnsafeBytes(of: &v4) { Array($0) })
        }
        var v6 = sockaddr_in6()
        if inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 {
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            return SocketAddress(family: AF_INET6, bytes: withUnsafeBytes(of: &v6) { Array($0) })
        }
        throw HTTPClientError("connect", "\(host):\(port)", reason: "not a numeric address")
    }

    /// bind(2).
    func bind(_ descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: sockaddr.self) { pointer in
                Glibc.bind(descriptor, pointer.baseAddress, socklen_t(bytes.count))
            }
        }
    }

    /// connect(2).
    func connect(_ descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: sockaddr.self) { pointer in
                Glibc.connect(descriptor, pointer.baseAddress, socklen_t(bytes.count))
            }
        }
    }
}
