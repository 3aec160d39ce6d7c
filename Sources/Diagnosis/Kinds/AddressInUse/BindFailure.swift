// SPDX-License-Identifier: Apache-2.0

/// The line of a program that could not listen (EADDRINUSE), and the address in it, if it says one.
struct BindFailure: Hashable, Sendable {
    var line: String
    /// As it is written: `127.0.0.1:9099`, `:::3000`.
    var address: String?
    var port: UInt16?

    /// strerror(EADDRINUSE) of glibc, musl and Go, and the constant's own name (node, Python's errno).
    private static let phrases = ["address already in use", "eaddrinuse", "address in use"]

    /// The last such line.
    static func find(in lines: [String]) -> BindFailure? {
        for line in lines.suffix(40).reversed() {
            let lower = line.lowercased()
            guard phrases.contains(where: { lower.contains($0) }) else { continue }
            return BindFailure(line: line.bounded(240), from: lower)
        }
        return nil
    }

    private init(line: String, from lower: String) {
        self.line = line
        let separators = " \t,;()\"'<>="
        let words = lower.split { separators.contains($0) }.prefix(64)
        for word in words {
            let word = word.last == ":" ? word.dropLast() : word
            if let found = Self.address(word) {
                (address, port) = found
                return
            }
        }
        // `port 8080`: words without an address.
        for (word, next) in zip(words, words.dropFirst()) where word == "port" || word == "port:" {
            port = UInt16(next.prefix { $0.isNumber })
            if port != nil { return }
        }
    }

    /// `HOST:PORT` with a host that is one; not a time, not a file and its line.
    private static func address(_ word: Substring) -> (String, UInt16)? {
        guard let colon = word.lastIndex(of: ":"), let port = UInt16(word[word.index(after: colon)...]),
            port > 0
        else { return nil }
        let host = word[..<colon]
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        let isV4 = octets.count == 4 && octets.allSatisfy { UInt8($0) != nil }
        let isV6 =
            host.hasPrefix("[") && host.hasSuffix("]")
            || host.contains("::") && host.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        guard host.isEmpty || host == "*" || host == "localhost" || isV4 || isV6 else { return nil }
        return (String(word), port)
    }
}
