// SPDX-License-Identifier: Apache-2.0

/// An answer, before it is put on the wire.
struct Response: Hashable, Sendable {
    /// HTTP status code.
    var status: Int
    /// `Content-Type`.
    var contentType: String
    /// UTF-8.
    var body: [UInt8]
    /// Headers of this answer alone, beside those that every answer has.
    var headers: [Header] = []
    /// What follows the head for as long as the peer stays; ``body`` is empty then.
    var feed: Feed?

    struct Header: Hashable, Sendable {
        var name: String
        var value: String

        init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    static let plainText = "text/plain; charset=utf-8"
    static let html = "text/html; charset=utf-8"
    static let json = "application/json"
    static let jsonLines = "application/x-ndjson"
    static let eventStream = "text/event-stream; charset=utf-8"

    static func text(_ text: String, status: Int = 200) -> Response {
        Response(status: status, contentType: plainText, body: Array(text.utf8))
    }

    static func feed(_ feed: Feed, contentType: String) -> Response {
        Response(status: 200, contentType: contentType, body: [], feed: feed)
    }

    /// The value of a header of its own.
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// An answer that is not there as a whole when it begins.
enum Feed: Hashable, Sendable {
    /// The flight recorder, one observation a line; it ends.
    case recording
    /// Server-sent events; `lastEventID` is the latest that the reader has, nil for one who begins.
    case events(lastEventID: String?)
    /// The text page, drawn again and again.
    case page(width: Int, height: Int?)
}
