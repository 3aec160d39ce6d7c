// SPDX-License-Identifier: Apache-2.0
import HealthModel
import NIOHTTP1

extension Response {
    /// The head on the wire: what every answer carries, and what is this answer's own. `isHead`: no body follows,
    /// whatever the head says.
    func head(version: HTTPVersion, isLast: Bool, isHead: Bool, now: WallTime) -> HTTPResponseHead {
        var fields = HTTPHeaders()
        fields.add(name: "Date", value: HTTPDate.format(now))
        if status != 304 { fields.add(name: "Content-Type", value: contentType) }
        if feed == nil, status != 304 {
            fields.add(name: "Content-Length", value: String(body.count))
        } else if feed != nil, !isHead, version != .http1_0 {
            fields.add(name: "Transfer-Encoding", value: "chunked")
        }
        // Health is true now and not later; and a browser shall neither guess types nor lend the page to others.
        let common = [
            Header("Cache-Control", "no-store"), Header("X-Content-Type-Options", "nosniff"),
            Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            Header("Cross-Origin-Resource-Policy", "same-origin"), Header("Referrer-Policy", "no-referrer"),
        ]
        for header in common where self.header(header.name) == nil {
            fields.add(name: header.name, value: header.value)
        }
        for header in headers { fields.add(name: header.name, value: header.value) }
        if isLast { fields.add(name: "Connection", value: "close") }
        return HTTPResponseHead(
            version: version == .http1_0 ? .http1_0 : .http1_1,
            status: HTTPResponseStatus(statusCode: status, reasonPhrase: Problem.title(status)),
            headers: fields)
    }
}
