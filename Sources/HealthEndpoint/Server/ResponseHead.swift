import HealthModel
import NIOHTTP1

extension Response {
    /// The head on the wire: what every answer carries, and what is this answer's own.
    func head(version: HTTPVersion, isLast: Bool, now: WallTime) -> HTTPResponseHead {
        var fields = HTTPHeaders()
        fields.add(name: "Date", value: HTTPDate.format(now))
        fields.add(name: "Content-Type", value: contentType)
        fields.add(name: "Content-Length", value: String(body.count))
        // Health is true now and not later; and a browser shall neither guess types nor lend the page to others.
        fields.add(name: "Cache-Control", value: "no-store")
        fields.add(name: "X-Content-Type-Options", value: "nosniff")
        fields.add(name: "Content-Security-Policy", value: "default-src 'none'; frame-ancestors 'none'")
        fields.add(name: "Cross-Origin-Resource-Policy", value: "same-origin")
        for header in headers { fields.add(name: header.name, value: header.value) }
        if isLast { fields.add(name: "Connection", value: "close") }
        return HTTPResponseHead(
            version: version == .http1_0 ? .http1_0 : .http1_1,
            status: HTTPResponseStatus(statusCode: status, reasonPhrase: phrase), headers: fields)
    }

    private var phrase: String {
        switch status {
        case 200: "OK"
        case 503: "Service Unavailable"
        default: Problem.title(status)
        }
    }
}
