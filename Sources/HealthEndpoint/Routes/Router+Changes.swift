// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Router {
    /// `?since=` RFC 3339: those of that time or later. JSON, or text for who asks for it.
    func changes(_ request: Request) throws(Problem) -> Response {
        if let problem = request.problem(allowing: ["since", "width", "zone", "pretty"]) { throw problem }
        var found = snapshot.changes
        if let since = try request.time("since") { found.removeAll { $0.at < since } }
        let (width, zone) = (try request.width(), try request.zone())
        var response: Response
        if Accept.choose(["application/json", "text/plain"], header: request.accept) == "text/plain" {
            response = .tagged(request, contentType: Response.plainText, basis: found) {
                Array(ChangeText.render(found, width: width, zone: zone).utf8)
            }
        } else {
            response = .tagged(request, contentType: Response.json, basis: found) {
                JSONText.encode(
                    ChangeListJSON(found, now: snapshot.at.wall), pretty: request.flag("pretty"))
            }
        }
        response.headers.append(.init("Vary", "Accept"))
        return response
    }
}
