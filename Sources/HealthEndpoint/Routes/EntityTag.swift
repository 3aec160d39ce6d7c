/// Conditional requests (RFC 9110 §13.1): who has an answer already is told that it still holds.
///
/// Tags are weak: the same tag means that nothing but the clock, and what only counts with it, is different. They are
/// keyed hashes whose key is this process' own, so no log line can be made to collide, and a restart changes them all.
struct EntityTag: Hashable, Sendable, CustomStringConvertible {
    /// As in the `ETag` header: `W/"…"`.
    let description: String

    /// Of an answer: by its type and its body.
    init(of response: Response) {
        var hasher = Hasher()
        hasher.combine(response.contentType)
        response.body.withUnsafeBytes { hasher.combine(bytes: $0) }
        let digest = String(UInt(bitPattern: hasher.finalize()), radix: 16)
        description = "W/\"\(digest)\""
    }

    /// Whether an `If-None-Match` header (several are joined with commas) names this tag, or any. The comparison is the
    /// weak one, as RFC 9110 §13.1.2 demands.
    func isNamed(by header: String) -> Bool {
        header.split(separator: ",").contains { item in
            let item = item.trimmed
            return item == "*" || Self.opaque(item) == Self.opaque(description[...])
        }
    }

    private static func opaque(_ tag: Substring) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag }
}
