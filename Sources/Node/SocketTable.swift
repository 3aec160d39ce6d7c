// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Listening sockets of this network namespace by `/proc/net/{tcp,tcp6,unix}` (proc(5)).
struct SocketTable: Sendable {
    let files: Files

    /// Bytes read of one table: about 50,000 sockets.
    private static let tableLimit = 8 << 20
    /// TCP_LISTEN of `include/net/tcp_states.h`.
    private static let listening = "0A"
    /// `__SO_ACCEPTCON` of `include/uapi/linux/net.h`: the socket listens.
    private static let acceptsConnections: UInt32 = 1 << 16

    /// Inodes of the sockets that keep this address from being bound: the same address, or a wildcard on
    /// either side.
    func listeners(on address: SocketAddress) -> Set<UInt64> {
        var inodes: Set<UInt64> = []
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            // An IPv6-only or IPv4-only node lacks one of them.
            for line in lines(table) {
                let fields = line.split(separator: " ", maxSplits: 10, omittingEmptySubsequences: true)
                guard fields.count >= 10, fields[3] == Self.listening,
                    let local = SocketAddress(procNet: fields[1]), local.conflicts(with: address),
                    let inode = UInt64(fields[9])
                else { continue }
                inodes.insert(inode)
            }
        }
        return inodes
    }

    /// Everything that listens on TCP, as `ss` writes it, in the order of the tables.
    func listening() -> [(address: String, inode: UInt64)] {
        ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { table in
            lines(table).compactMap { line in
                let fields = line.split(separator: " ", maxSplits: 10, omittingEmptySubsequences: true)
                guard fields.count >= 10, fields[3] == Self.listening,
                    let local = SocketAddress(procNet: fields[1]), let inode = UInt64(fields[9])
                else { return nil }
                return (local.text, inode)
            }
        }
    }

    /// Inodes of the sockets that listen under this name; more than one when a listener was unlinked and
    /// replaced.
    func listeners(onPath path: String) -> Set<UInt64> {
        let wanted = Self.normalised(path)
        var inodes: Set<UInt64> = []
        for line in lines("/proc/net/unix") {
            let fields = line.split(separator: " ", maxSplits: 7, omittingEmptySubsequences: true)
            guard fields.count == 8, let flags = UInt32(fields[3], radix: 16),
                flags & Self.acceptsConnections != 0, Self.normalised(String(fields[7])) == wanted,
                let inode = UInt64(fields[6])
            else { continue }
            inodes.insert(inode)
        }
        return inodes
    }

    /// A socket keeps the spelling of its bind(2); `/var/run` is a link to `/run` on systemd nodes.
    private static func normalised(_ path: String) -> String {
        path.hasPrefix("/var/run/") ? String(path.dropFirst(4)) : path
    }

    private func lines(_ table: String) -> [Substring] {
        (files.text(table, limit: Self.tableLimit) ?? "").split(separator: "\n").dropFirst().map(\.self)
    }
}

/// An IP address and a TCP port.
struct SocketAddress: Hashable {
    /// 4 or 16 bytes, network order, IPv4-mapped ones as 4; nil is the wildcard.
    let host: [UInt8]?
    let port: UInt16

    /// Reads `127.0.0.1:1338`, `[::1]:10010`, `0.0.0.0:80`, `[::]:80`, `*:80`, `:80`, `localhost:80`.
    init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        self.port = port
        switch text[..<colon] {
        case "", "*": host = nil
        case "localhost": host = [127, 0, 0, 1]
        case let name where name.hasPrefix("[") && name.hasSuffix("]"):
            guard let bytes = IPAddress.v6(name.dropFirst().dropLast()) else { return nil }
            host = Self.canonical(bytes)
        case let name:
            guard let bytes = IPAddress.v4(name) ?? IPAddress.v6(name) else { return nil }
            host = Self.canonical(bytes)
        }
    }

    /// Reads `0100007F:053A`: 32-bit words, each in the machine's own byte order, then the port.
    init?(procNet text: some StringProtocol) {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { return nil }
        let digits = Array(parts[0].utf8)
        guard digits.count == 8 || digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for word in stride(from: 0, to: digits.count, by: 8) {
            let hex = String(decoding: digits[word..<word + 8], as: UTF8.self)
            guard let value = UInt32(hex, radix: 16) else { return nil }
            let order = [value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, value >> 24]
            #if _endian(big)
                bytes += order.reversed().map { UInt8($0) }
            #else
                bytes += order.map { UInt8($0) }
            #endif
        }
        self.port = port
        host = Self.canonical(bytes)
    }

    /// `127.0.0.1:9099`, `[fe80:0:…]:80`, `*:18080`.
    var text: String {
        guard let host else { return "*:\(port)" }
        if host.count == 4 { return host.map { String($0) }.joined(separator: ".") + ":\(port)" }
        let groups = stride(from: 0, to: host.count - 1, by: 2).map {
            String(UInt16(host[$0]) << 8 | UInt16(host[$0 + 1]), radix: 16)
        }
        return "[" + groups.joined(separator: ":") + "]:\(port)"
    }

    /// Whether bind(2) to one fails while the other listens (without SO_REUSEPORT).
    func conflicts(with other: SocketAddress) -> Bool {
        port == other.port && (host == nil || other.host == nil || host == other.host)
    }

    private static func canonical(_ bytes: [UInt8]) -> [UInt8]? {
        if bytes.allSatisfy({ $0 == 0 }) { return nil }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        return bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    }
}
