// SPDX-License-Identifier: Apache-2.0

/// Where the server listens.
public enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A TCP port of an IP address (a literal: no name is ever resolved). Port 0 takes any free one.
    case tcp(host: String, port: UInt16)
    /// A unix stream socket.
    case unix(path: String)

    /// `127.0.0.1:10274`, the documented port.
    public static let loopback = ListenAddress.tcp(host: "127.0.0.1", port: 10274)
    /// `/run/crihealthd/http.sock`.
    public static let socket = ListenAddress.unix(path: "/run/crihealthd/http.sock")

    /// Reads `127.0.0.1:10274`, `[::1]:10274`, `localhost:10274` (which is 127.0.0.1), `unix:/path`, `unix:///path` or
    /// `/path`; nil for anything else, names included.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") || text.hasPrefix("/") {
            var path = Substring(text)
            if path.hasPrefix("unix:") { path = path.dropFirst(5) }
            if path.hasPrefix("//") { path = path.dropFirst(2) }
            guard path.hasPrefix("/"), path.utf8.count <= 107, !path.utf8.contains(0) else { return nil }
            self = .unix(path: String(path))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        let literal = host == "localhost" ? "127.0.0.1" : String(host)
        guard HostCheck.isAddress(literal) else { return nil }
        self = .tcp(host: literal, port: port)
    }

    /// As ``init(_:)`` reads it.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

/// A listening stream socket that somebody else made.
public struct PassedListener: Hashable, Sendable {
    /// Where it listens.
    public var address: ListenAddress
    /// Its descriptor.
    public var descriptor: Int32

    /// Makes one.
    public init(address: ListenAddress, descriptor: Int32) {
        self.address = address
        self.descriptor = descriptor
    }
}

/// What became of a listener: handed to `onListener` when that changes.
public struct ListenerReport: Hashable, Sendable {
    /// What happened.
    public enum Outcome: Hashable, Sendable {
        /// It listens; `port` is the actual one (nil for unix sockets).
        case listening(port: UInt16?)
        /// It could not; it is tried again after `retryAfter`.
        case failed(ListenerFailure, retryAfter: Duration)
    }

    /// The address as it was configured.
    public var address: ListenAddress
    /// What happened.
    public var outcome: Outcome

    /// Makes a report.
    public init(address: ListenAddress, outcome: Outcome) {
        self.address = address
        self.outcome = outcome
    }

    /// The failure as one line, with the address, the call and errno's text; nil when it listens.
    public var problem: String? {
        guard case .failed(let failure, _) = outcome else { return nil }
        return "cannot listen on \(address): \(failure)"
    }
}

/// Why an address could not be listened on.
public struct ListenerFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call that failed: `bind`, `listen`, …
    public var operation: String
    /// errno (EADDRINUSE, EACCES, EADDRNOTAVAIL, …); nil when the address itself is not usable.
    public var errno: Int32?
    /// errno's text as strerror(3) has it, or what is wrong with the address.
    public var text: String

    /// Makes a failure.
    public init(operation: String, errno: Int32?, text: String) {
        self.operation = operation
        self.errno = errno
        self.text = text
    }

    /// `bind: Address already in use (errno 98)`.
    public var description: String { "\(operation): \(text)" + (errno.map { " (errno \($0))" } ?? "") }
}
