// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Defends a loopback service against DNS rebinding: a hostile page may point its own name at 127.0.0.1, and the
/// browser then sends that name as `Host`. It cannot make the browser send an address or `localhost` instead.
enum HostCheck {
    /// Whether a `Host` value (`name`, `name:port`, `[v6]:port`) is an address, `localhost`, one of `names`, or the
    /// node's own.
    static func accepts(_ host: String, names: [String], isOwn: (String) -> Bool) -> Bool {
        guard host.utf8.count <= 255, let name = name(of: host), !name.isEmpty else { return false }
        var lower = name.lowercased()
        // A name that is complete may say so with a dot.
        if lower.hasSuffix("."), lower.utf8.count > 1 { lower.removeLast() }
        return lower == "localhost" || isAddress(lower) || names.contains { $0.lowercased() == lower }
            || isOwn(lower)
    }

    /// Whether this is an IPv4 or IPv6 literal as inet_pton(3) reads it.
    static func isAddress(_ text: String) -> Bool {
        var v4 = in_addr()
        var v6 = in6_addr()
        return inet_pton(AF_INET, text, &v4) == 1 || inet_pton(AF_INET6, text, &v6) == 1
    }

    /// The host without its port and brackets; nil when it is neither.
    private static func name(of host: String) -> String? {
        var rest = host[...]
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            let name = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
            return isPort(rest) ? String(name) : nil
        }
        let end = rest.firstIndex(of: ":") ?? rest.endIndex
        return isPort(rest[end...]) ? String(rest[..<end]) : nil
    }

    /// Empty, `:` or `:` with digits.
    private static func isPort(_ text: Substring) -> Bool {
        guard text.first == ":" else { return text.isEmpty }
        let digits = text.dropFirst()
        return digits.isEmpty || UInt16(digits) != nil
    }
}
