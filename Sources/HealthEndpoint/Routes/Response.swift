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

    struct Header: Hashable, Sendable {
        var name: String
        var value: String
    }

    static let plainText = "text/plain; charset=utf-8"
    static let json = "application/json"

    static func text(_ text: String, status: Int = 200) -> Response {
        Response(status: status, contentType: plainText, body: Array(text.utf8))
    }

    static func json(_ value: some Encodable, for request: Request) -> Response {
        Response(status: 200, contentType: json, body: JSONText.encode(value, pretty: request.flag("pretty")))
    }
}

/// An error as text, or as problem+json (RFC 9457) for those who ask for JSON.
struct Problem: Sendable {
    var status: Int
    var detail: String
    /// Where something can be found; only for 404.
    var paths: [String] = []
    var headers: [Response.Header] = []

    private struct JSON: Encodable {
        let type = "about:blank"
        let title: String
        let status: Int
        let detail: String
        let paths: [String]?
    }

    func response(accept: String) -> Response {
        let problem = "application/problem+json"
        let chosen = Accept.choose(["text/plain", problem, "application/json"], header: accept)
        guard chosen == "text/plain" else {
            let json = JSON(
                title: Self.title(status), status: status, detail: detail, paths: paths.isEmpty ? nil : paths)
            return Response(
                status: status, contentType: problem, body: JSONText.encode(json), headers: headers)
        }
        var text = "\(status) \(Self.title(status)): \(detail)\n"
        if !paths.isEmpty { text += "\n" + paths.map { "  \($0)\n" }.joined() }
        var response = Response.text(text, status: status)
        response.headers = headers
        return response
    }

    /// The reason phrases of RFC 9110 §15.
    static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 421: "Misdirected Request"
        case 431: "Request Header Fields Too Large"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }
}
