// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A sockaddr by value.
struct SocketAddress {
    /// AF_UNIX, AF_INET or AF_INET6.
    let family: Int32
    let bytes: [UInt8]

    /// The address of a unix socket.
    static func unix(_ path: String) throws(HTTPClientError) -> SocketAddress {
        guard let address = SocketAddress(path: path) else {
            throw HTTPClientError("connect", path, reason: "not a path of a unix socket")
        }
        return address
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
            return SocketAddress(v4)
        }
        var v6 = sockaddr_in6()
        if inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 {
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            return SocketAddress(v6)
        }
        throw HTTPClientError("connect", "\(host):\(port)", reason: "not a numeric address")
    }
}
