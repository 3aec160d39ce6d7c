// SPDX-License-Identifier: Apache-2.0

/// A whole HTTP/1.1 answer, read until the server closed.
struct HTTPAnswer: Equatable, Sendable {
    /// Why bytes are not an answer.
    struct Malformed: Error, Equatable, CustomStringConvertible {
        /// For people.
        var description: String
    }

    /// Status code.
    var status: Int
    /// Header fields by lower-case name; the last of a name counts.
    var headers: [String: String]
    /// Body, without its transfer coding.
    var body: [UInt8]

    /// Reads an answer.
    init(_ bytes: [UInt8]) throws(Malformed) {
        guard let split = Self.endOfHead(bytes) else { throw Malformed(description: "no end of the head") }
        let lines = String(decoding: bytes[..<split], as: UTF8.self).split(separator: "\r\n")
        let first = (lines.first ?? "").split(separator: " ", maxSplits: 2)
        guard first.count >= 2, first[0].hasPrefix("HTTP/1."), let code = Int(first[1]), code >= 100,
            code < 600
        else { throw Malformed(description: "no HTTP/1 status line") }
        status = code
        headers = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers[line[..<colon].lowercased()] = String(value)
        }
        body = []
        let rest = bytes[(split + 4)...]
        if headers["transfer-encoding"]?.lowercased() == "chunked" {
            body = try Self.unchunked(rest)
        } else if let text = headers["content-length"] {
            guard let length = Int(text), length >= 0, length <= rest.count else {
                throw Malformed(description: "the body is shorter than its Content-Length")
            }
            body = Array(rest.prefix(length))
        } else {
            body = Array(rest)
        }
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        let mark: [UInt8] = [13, 10, 13, 10]
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { bytes[$0] == 13 && bytes[$0..<($0 + 4)].elementsEqual(mark) }
    }

    private static func unchunked(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> [UInt8] {
        var rest = bytes
        var body: [UInt8] = []
        while let end = rest.firstIndex(of: 13) {
            let digits = rest[..<end].prefix { $0 != UInt8(ascii: ";") }
            guard digits.count <= 8, let size = Int(String(decoding: digits, as: UTF8.self), radix: 16),
                size >= 0
            else { break }
            rest = rest[end...].dropFirst(2)
            if size == 0 { return body }
            guard rest.count >= size + 2 else { break }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        throw Malformed(description: "a chunked body that does not end")
    }
}
