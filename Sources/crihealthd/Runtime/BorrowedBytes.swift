// SPDX-License-Identifier: Apache-2.0
import Glibc

// All of this target that hands bytes to the C library by pointer: lent for the time of a call, nothing decided here.

extension Span<UInt8> {
    /// Where this byte next is, from `start` on.
    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        guard start < count else { return nil }
        return withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = memchr(base + start, Int32(byte), bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// The text that they are, with U+FFFD for what is none.
    var text: String { withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }

    /// write(2).
    func write(to descriptor: Int32) -> Int {
        withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    /// send(2).
    func send(to descriptor: Int32, _ flags: Int32) -> Int {
        withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
    }
}

extension [UInt8] {
    /// Adds these bytes.
    mutating func append(contentsOf bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}

extension SocketAddress {
    /// The address of a unix socket; nil for a name that is none, or too long for one (unix(7)).
    init?(path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard !name.isEmpty, name.count < MemoryLayout.size(ofValue: address.sun_path), !name.contains(0)
        else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        self.init(family: AF_UNIX, bytes: withUnsafeBytes(of: &address) { Array($0) })
    }

    /// Of IPv4.
    init(_ address: sockaddr_in) {
        self.init(family: AF_INET, bytes: withUnsafeBytes(of: address) { Array($0) })
    }

    /// Of IPv6.
    init(_ address: sockaddr_in6) {
        self.init(family: AF_INET6, bytes: withUnsafeBytes(of: address) { Array($0) })
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

/// A name in a folder, as readdir(3) has it.
func entryName(_ entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
