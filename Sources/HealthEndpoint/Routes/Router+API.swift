// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The routes below `/v1`.
extension Router {
    func api(_ request: Request) throws(Problem) -> Response {
        switch request.path {
        case "/v1/state": return try plain(request, basis: snapshot.uncounted) { StateJSON(snapshot) }
        case "/v1/conditions":
            return try plain(request, basis: snapshot.conditions) { ConditionListJSON(snapshot) }
        case "/v1/runtimes":
            return try plain(request, basis: snapshot.runtimes) { RuntimeListJSON(snapshot) }
        case "/v1/versions":
            return try plain(request, basis: VersionsJSON(snapshot.timeless)) { VersionsJSON(snapshot) }
        case "/v1/incidents": return try incidents(request)
        case "/v1/changes": return try changes(request)
        case "/v1/events": return try eventList(request)
        case "/v1/stream": return try stream(request)
        case "/v1/recording": return try recording(request)
        case "/v1/openapi.json":
            if let problem = request.problem(allowing: []) { throw problem }
            return Asset.openAPI.tagged(request)
        default: break
        }
        if let id = request.path.suffix(after: "/v1/incidents/") { return try incident(id, request) }
        throw notFound("nothing is at \(Printable.line(request.path, limit: 200))")
    }

    private func json(
        _ request: Request, basis: some Hashable, _ value: () -> some Encodable
    ) -> Response {
        .tagged(request, contentType: Response.json, basis: basis) {
            JSONText.encode(value(), pretty: request.flag("pretty"))
        }
    }

    /// One that takes no other parameter.
    private func plain(
        _ request: Request, basis: some Hashable, _ value: () -> some Encodable
    ) throws(Problem) -> Response {
        if let problem = request.problem(allowing: ["pretty"]) { throw problem }
        return json(request, basis: basis, value)
    }

    // MARK: Incidents

    /// `?status=open|resolved|all` (all), `?since=` RFC 3339: those that were open at that time or later.
    private func incidents(_ request: Request) throws(Problem) -> Response {
        if let problem = request.problem(allowing: ["status", "since", "width", "pretty"]) { throw problem }
        var found: [Incident]
        switch request.value("status") ?? "all" {
        case "open": found = snapshot.open
        case "resolved": found = snapshot.resolved
        case "all": found = snapshot.open + snapshot.resolved
        default: throw Problem(status: 400, detail: "status is open, resolved or all")
        }
        if let since = try request.time("since") {
            found.removeAll { incident in incident.resolvedAt.map { $0 < since } ?? false }
        }
        let width = try request.width()
        return varied(
            prefersText(request)
                ? text(request, found, width) : json(request, found) { IncidentListJSON(found, now: $0) })
    }

    private func incident(_ name: String, _ request: Request) throws(Problem) -> Response {
        if let problem = request.problem(allowing: ["width", "pretty"]) { throw problem }
        let width = try request.width()
        if let found = incident(named: name) {
            return varied(
                prefersText(request)
                    ? text(request, [found], width)
                    : json(request, [found]) { IncidentJSON(found, now: $0) })
        }
        if name.hasSuffix(".txt"), let found = incident(named: String(name.dropLast(4))) {
            return text(request, [found], width)
        }
        throw notFound("no incident is called \(Printable.line(name, limit: 200))")
    }

    /// By its whole id, else by the first digits of it, eight or more, if they are of one only.
    private func incident(named name: String) -> Incident? {
        let all = snapshot.open + snapshot.resolved
        if let found = all.first(where: { $0.id == name }) { return found }
        guard name.utf8.count >= 8, name.allSatisfy(\.isHexDigit) else { return nil }
        let found = all.filter { $0.id.split(separator: "-").last?.hasPrefix(name.lowercased()) ?? false }
        return Set(found.map(\.id)).count == 1 ? found.first : nil
    }

    private func prefersText(_ request: Request) -> Bool {
        Accept.choose(["application/json", "text/plain"], header: request.accept) == "text/plain"
    }

    private func varied(_ response: Response) -> Response {
        var response = response
        response.headers.append(.init("Vary", "Accept"))
        return response
    }

    /// Incidents, the day that decides which times are shown with their date, and the versions that they are told with.
    private struct Told: Hashable {
        let incidents: [Incident]
        let day: WallTime
        let versions: [RuntimeVersion?]
    }

    private func json(
        _ request: Request, _ incidents: [Incident], _ value: (WallTime) -> some Encodable
    ) -> Response {
        json(request, basis: incidents) { value(snapshot.at.wall) }
    }

    private func text(_ request: Request, _ incidents: [Incident], _ width: Int) -> Response {
        let told = Told(
            incidents: incidents, day: snapshot.timeless.at.wall, versions: snapshot.runtimes.map(\.version))
        return .tagged(request, contentType: Response.plainText, basis: told) {
            let texts = incidents.map {
                IncidentText.render(
                    $0, width: width, now: snapshot.at.wall, runtimes: snapshot.runtimes)
            }
            return Array((texts.isEmpty ? "No incidents.\n" : texts.joined(separator: "\n")).utf8)
        }
    }

    // MARK: Events

    /// `?since=` an RFC 3339 time, or the id of an event.
    private func eventList(_ request: Request) throws(Problem) -> Response {
        if let problem = request.problem(allowing: ["since", "pretty"]) { throw problem }
        let slice: EventRing.Slice
        switch request.value("since") {
        case nil: slice = events.all
        case .some(let text):
            if let time = WallTime(rfc3339: text) {
                slice = events.slice(since: time)
            } else if EventRing.isID(text) {
                slice = events.slice(after: text)
            } else {
                throw Problem(
                    status: 400, detail: "since is a time (2026-11-22T01:42:28Z) or the id of an event")
            }
        }
        let list = { EventListJSON(slice, position: events.position, now: $0) }
        return json(request, basis: list(snapshot.timeless.at.wall)) { list(snapshot.at.wall) }
    }

    /// `?since=` the id of an event; the `Last-Event-ID` of a reader that comes back counts more.
    private func stream(_ request: Request) throws(Problem) -> Response {
        if let problem = request.problem(allowing: ["since"]) { throw problem }
        let since = request.value("since")
        if let since, !EventRing.isID(since) {
            throw Problem(status: 400, detail: "since is the id of an event")
        }
        return .feed(.events(lastEventID: request.lastEventID ?? since), contentType: Response.eventStream)
    }

    // MARK: The flight recorder

    /// Whole lines of the journal are for those who may read it, and everybody may connect.
    private func recording(_ request: Request) throws(Problem) -> Response {
        if let problem = request.problem(allowing: []) { throw problem }
        guard hasRecording else { throw notFound("a recording is served here, and none is made of it") }
        guard request.isTrusted else {
            throw Problem(
                status: 403,
                detail: "it holds lines of the journal, and is for root on the unix socket only:"
                    + " sudo curl --unix-socket /run/crihealthd/http.sock http://localhost/v1/recording")
        }
        return .feed(.recording, contentType: Response.jsonLines)
    }
}
