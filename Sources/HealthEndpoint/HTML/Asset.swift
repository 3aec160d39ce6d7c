// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Files that the page needs, from this binary.
enum Asset {
    /// The description of the API; it is served as it is in the source.
    static let openAPI = Response(
        status: 200, contentType: Response.json, body: PackageResources.openapi_json)

    static func named(_ name: String) -> Response? {
        switch name {
        case "page.css":
            return Response(
                status: 200, contentType: "text/css; charset=utf-8", body: PackageResources.page_css)
        case "page.js":
            return Response(
                status: 200, contentType: "text/javascript; charset=utf-8", body: PackageResources.page_js)
        default:
            guard name.hasSuffix(".svg"), let verdict = Snapshot.Verdict(rawValue: String(name.dropLast(4)))
            else { return nil }
            return icon(verdict)
        }
    }

    /// What a browser shows on the tab: a sign that does not need its colour to be told apart.
    private static func icon(_ verdict: Snapshot.Verdict) -> Response {
        let (colour, path) =
            switch verdict {
            case .healthy: ("#116329", "M8 17l5 5 11-12")
            case .degraded: ("#8a4600", "M16 8v10M16 22v2")
            case .unhealthy: ("#a40e26", "M9 9l14 14M23 9L9 23")
            case .unknown: ("#424a53", "M11 12a5 5 0 1 1 7 5q-2 1-2 3M16 23v2")
            }
        let svg = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="\(colour)"/>\
            <path d="\(path)" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>

            """
        return Response(status: 200, contentType: "image/svg+xml", body: Array(svg.utf8))
    }
}
