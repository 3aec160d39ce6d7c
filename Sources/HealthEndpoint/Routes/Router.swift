// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Answers requests from one picture of the node: pure, so that every answer can be a test.
struct Router {
    /// What is answered from.
    var snapshot: Snapshot
    /// The latest changes of incidents.
    var events = EventRing(startedAt: WallTime(microseconds: 0))
    /// The server's own figures.
    var server = ServerCounters()
    /// Pages of `/runbooks/NAME`, by name.
    var runbooks: [String: String] = [:]
    /// Whether there is a flight recorder.
    var hasRecording = true
    /// The process' own figures; read only for `/metrics`.
    var process: () -> ProcessFigures = ProcessFigures.current

    /// All paths, as 404 lists them.
    static let paths = [
        "/", "/?watch", "/livez", "/readyz", "/healthz", "/healthz/CONDITION", "/metrics",
        "/v1/state", "/v1/conditions", "/v1/incidents", "/v1/incidents/ID", "/v1/incidents/ID.txt",
        "/v1/runtimes", "/v1/versions", "/v1/changes", "/v1/events", "/v1/stream", "/v1/recording",
        "/v1/openapi.json",
    ]

    /// The answer, or that the one that the peer has still holds.
    func respond(to request: Request) -> Response {
        do {
            return try route(request)
        } catch {
            return error.response(at: request.path)
        }
    }

    private func route(_ request: Request) throws(Problem) -> Response {
        switch request.path {
        case "/": return try page(request)
        case "/livez": return HealthChecks.livez(request)
        case "/readyz": return HealthChecks.readyz(snapshot, request)
        case "/healthz": return HealthChecks.healthz(snapshot, request)
        case "/metrics": return metrics(request)
        case "/runbooks", "/runbooks/": return try runbookList(request)
        default: break
        }
        if Problem.isJSON(request.path) { return try api(request) }
        if let name = request.path.suffix(after: "/healthz/") { return try condition(name, request) }
        if let name = request.path.suffix(after: "/runbooks/") { return try runbook(name, request) }
        if let name = request.path.suffix(after: "/assets/"), let asset = Asset.named(name) {
            return asset.tagged(request)
        }
        throw notFound("nothing is at \(Printable.line(request.path, limit: 200))")
    }

    private func page(_ request: Request) throws(Problem) -> Response {
        let width = try request.width()
        let height = try request.number("height", in: WatchedPage.heights)
        let zone = try request.zone()
        var response: Response
        if Accept.choose(["text/plain", "text/html"], header: request.accept) == "text/html" {
            response = .tagged(request, contentType: Response.html, basis: snapshot.settled) {
                Array(HTMLPage.render(snapshot).utf8)
            }
            response.headers.append(.init("Content-Security-Policy", HTMLPage.policy))
        } else if request.flag("watch") {
            response = .feed(.page(width: width, height: height), contentType: Response.plainText)
        } else {
            response = .tagged(request, contentType: Response.plainText, basis: snapshot.settled) {
                Array(TextPage.render(snapshot, width: width, zone: zone).utf8)
            }
        }
        response.headers.append(.init("Vary", "Accept"))
        return response
    }

    private func metrics(_ request: Request) -> Response {
        let format = ExpositionFormat.negotiated(request.accept)
        let families = SnapshotMetrics.families(snapshot, server: server) + process().families(snapshot)
        return Response(
            status: 200, contentType: format.contentType,
            body: Array(Exposition.render(families, format).utf8), headers: [.init("Vary", "Accept")])
    }

    private func condition(_ name: String, _ request: Request) throws(Problem) -> Response {
        let found = snapshot.conditions.first { $0.type.rawValue.lowercased() == name.lowercased() }
        guard let found else {
            let names = snapshot.conditions.map(\.type.rawValue).joined(separator: ", ")
            throw notFound("no condition is called \(Printable.line(name, limit: 100)); there are: \(names)")
        }
        return HealthChecks.condition(found, snapshot, request)
    }

    func notFound(_ detail: String) -> Problem {
        let paths =
            Self.paths + (runbooks.isEmpty ? [] : ["/runbooks", "/runbooks/KIND", "/runbooks/KIND/CAUSE"])
        return Problem(status: 404, detail: detail, paths: paths)
    }
}

extension String {
    /// What follows a prefix; nil without the prefix or when nothing follows.
    func suffix(after prefix: String) -> String? {
        guard hasPrefix(prefix), utf8.count > prefix.utf8.count else { return nil }
        return String(dropFirst(prefix.count))
    }
}
