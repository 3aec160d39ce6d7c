// SPDX-License-Identifier: Apache-2.0

/// An error answer: problem details (RFC 9457) below `/v1`, one line of text elsewhere.
struct Problem: Error, Sendable {
    var status: Int
    var detail: String
    /// Where something can be found; only for 404.
    var paths: [String] = []
    var headers: [Response.Header] = []

    /// `type` is left at `about:blank`: the status says it all, and `title` is its phrase (RFC 9457 §4.2.1).
    private struct JSON: Encodable {
        let type = "about:blank"
        let title: String
        let status: Int
        let detail: String
        let paths: [String]?
    }

    static let contentType = "application/problem+json"

    /// The answer at `path`, which is decoded; empty when the request had none that can be read.
    func response(at path: String) -> Response {
        guard Self.isJSON(path) else { return textResponse }
        let json = JSON(
            title: Self.title(status), status: status, detail: detail, paths: paths.isEmpty ? nil : paths)
        return Response(
            status: status, contentType: Self.contentType, body: JSONText.encode(json), headers: headers)
    }

    private var textResponse: Response {
        var text = "\(status) \(Self.title(status)): \(detail)\n"
        if !paths.isEmpty { text += "\n" + paths.map { "  \($0)\n" }.joined() }
        var response = Response.text(text, status: status)
        response.headers = headers
        return response
    }

    /// Whether a path is one of the machine-readable part.
    static func isJSON(_ path: String) -> Bool { path == "/v1" || path.hasPrefix("/v1/") }

    /// The reason phrases of RFC 9110 §15.
    static func title(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 421: "Misdirected Request"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }
}
