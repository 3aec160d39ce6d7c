// SPDX-License-Identifier: Apache-2.0

/// Conditional requests (RFC 9110 §13.1): who has an answer already is told that it still holds.
///
/// Tags are weak: the same tag means that nothing but the clock, and what only counts with it, is different. They are
/// keyed hashes whose key is this process' own, so no log line can be made to collide, and a restart changes them all.
struct EntityTag: Hashable, Sendable, CustomStringConvertible {
    /// As in the `ETag` header: `W/"…"`.
    let description: String

    /// Of the answer to a request: by its type, and by all of `basis`, which it is made of.
    init(_ request: Request, contentType: String, basis: some Hashable) {
        var hasher = Hasher()
        hasher.combine(request.path)
        hasher.combine(request.query)
        hasher.combine(contentType)
        hasher.combine(basis)
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

extension Response {
    /// An answer with a tag. `basis` is what it shows, but for the clock; the body is only made for who has it not yet.
    static func tagged(
        _ request: Request, contentType: String, basis: some Hashable, body: () -> [UInt8]
    ) -> Response {
        let tag = EntityTag(request, contentType: contentType, basis: basis)
        let headers = [Header("ETag", tag.description), Header("Cache-Control", "no-cache")]
        guard request.ifNoneMatch.isEmpty || !tag.isNamed(by: request.ifNoneMatch) else {
            return Response(status: 304, contentType: contentType, body: [], headers: headers)
        }
        return Response(status: 200, contentType: contentType, body: body(), headers: headers)
    }

    /// What never changes while this process runs.
    func tagged(_ request: Request) -> Response {
        .tagged(request, contentType: contentType, basis: body) { body }
    }
}
