import HealthModel

/// Answers requests from one snapshot: pure, so that every answer can be a test.
struct Router {
    /// What is answered from.
    let snapshot: Snapshot
    /// The server's own figures.
    var server = ServerCounters()
    /// Pages of `/runbooks/NAME`, by name.
    var runbooks: [String: String] = [:]
    /// The process' own figures; read only for `/metrics`.
    var process: () -> ProcessFigures = ProcessFigures.current

    /// All paths, as 404 lists them.
    static let paths = [
        "/", "/livez", "/readyz", "/healthz", "/healthz/CONDITION", "/metrics", "/v1/state", "/v1/conditions",
        "/v1/incidents", "/v1/incidents/ID", "/v1/incidents/ID.txt", "/v1/runtimes",
    ]

    func respond(to request: Request) -> Response {
        switch request.path {
        case "/": return page(request)
        case "/livez": return HealthChecks.livez(request)
        case "/readyz": return HealthChecks.readyz(snapshot, request)
        case "/healthz": return HealthChecks.healthz(snapshot, request)
        case "/metrics": return metrics(request)
        case "/v1/state": return .json(StateJSON(snapshot), for: request)
        case "/v1/conditions": return .json(ConditionListJSON(snapshot), for: request)
        case "/v1/runtimes": return .json(RuntimeListJSON(snapshot), for: request)
        case "/v1/incidents": return incidents(request)
        case "/runbooks", "/runbooks/": return runbookList(request)
        default: break
        }
        if let name = request.path.suffix(after: "/healthz/") { return condition(name, request) }
        if let id = request.path.suffix(after: "/v1/incidents/") { return incident(id, request) }
        if let name = request.path.suffix(after: "/runbooks/") { return runbook(name, request) }
        return notFound("nothing is at \(Printable.line(request.path, limit: 200))", request)
    }

    private func page(_ request: Request) -> Response {
        switch width(request) {
        case .success(let width): return .text(TextPage.render(snapshot, width: width))
        case .failure(let problem): return problem.response(accept: request.accept)
        }
    }

    private func metrics(_ request: Request) -> Response {
        let format = ExpositionFormat.negotiated(request.accept)
        let families = SnapshotMetrics.families(snapshot, server: server) + process().families(snapshot)
        return Response(
            status: 200, contentType: format.contentType,
            body: Array(Exposition.render(families, format).utf8))
    }

    private func condition(_ name: String, _ request: Request) -> Response {
        let found = snapshot.conditions.first { $0.type.rawValue.lowercased() == name.lowercased() }
        guard let found else {
            let names = snapshot.conditions.map(\.type.rawValue).joined(separator: ", ")
            return notFound(
                "no condition is called \(Printable.line(name, limit: 100)); there are: \(names)", request)
        }
        return HealthChecks.condition(found, request)
    }

    private func notFound(_ detail: String, _ request: Request) -> Response {
        let paths = Self.paths + (runbooks.isEmpty ? [] : ["/runbooks", "/runbooks/KIND"])
        return Problem(status: 404, detail: detail, paths: paths).response(accept: request.accept)
    }

    /// Whatever its case: it is typed at 03:00.
    private func runbook(_ name: String, _ request: Request) -> Response {
        let wanted = name.lowercased()
        if let page = runbooks[name] ?? runbooks.first(where: { $0.key.lowercased() == wanted })?.value {
            return .text(page)
        }
        return notFound("there is no runbook for \(Printable.line(name, limit: 100))", request)
    }

    private func runbookList(_ request: Request) -> Response {
        guard !runbooks.isEmpty else { return notFound("there are no runbooks", request) }
        return .text(runbooks.keys.sorted().map { "/runbooks/\($0)\n" }.joined())
    }

    private func width(_ request: Request) -> Result<Int, Problem> {
        guard let text = request.value("width") else { return .success(80) }
        guard let width = Int(text), TextWriter.widths.contains(width) else {
            return .failure(Problem(status: 400, detail: "width is a number from 40 to 200"))
        }
        return .success(width)
    }
}

extension Problem: Error {}

// MARK: Incidents

extension Router {
    /// `?status=open|resolved|all` (all), `?since=` RFC 3339: those that were open at that time or later.
    private func incidents(_ request: Request) -> Response {
        var found: [Incident]
        switch request.value("status") ?? "all" {
        case "open": found = snapshot.open
        case "resolved": found = snapshot.resolved
        case "all": found = snapshot.open + snapshot.resolved
        default:
            return Problem(status: 400, detail: "status is open, resolved or all").response(
                accept: request.accept)
        }
        if let text = request.value("since") {
            guard let since = WallTime(rfc3339: text) else {
                let detail = "since is a time as RFC 3339 writes it: 2026-11-22T01:42:28Z"
                return Problem(status: 400, detail: detail).response(accept: request.accept)
            }
            found.removeAll { incident in incident.resolvedAt.map { $0 < since } ?? false }
        }
        guard prefersText(request) else {
            return .json(IncidentListJSON(found, now: snapshot.at.wall), for: request)
        }
        return text(of: found, request)
    }

    private func incident(_ name: String, _ request: Request) -> Response {
        let all = snapshot.open + snapshot.resolved
        if let found = all.first(where: { $0.id == name }) {
            guard prefersText(request) else {
                return .json(IncidentJSON(found, now: snapshot.at.wall), for: request)
            }
            return text(of: [found], request)
        }
        if name.hasSuffix(".txt"), let found = all.first(where: { $0.id == name.dropLast(4) }) {
            return text(of: [found], request)
        }
        return notFound("no incident is called \(Printable.line(name, limit: 200))", request)
    }

    private func prefersText(_ request: Request) -> Bool {
        Accept.choose(["application/json", "text/plain"], header: request.accept) == "text/plain"
    }

    private func text(of incidents: [Incident], _ request: Request) -> Response {
        switch width(request) {
        case .failure(let problem): return problem.response(accept: request.accept)
        case .success(let width):
            let now = snapshot.at.wall
            let texts = incidents.map { IncidentText.render($0, width: width, now: now) }
            return .text(texts.isEmpty ? "No incidents.\n" : texts.joined(separator: "\n"))
        }
    }
}

extension String {
    /// What follows a prefix; nil without the prefix or when nothing follows.
    fileprivate func suffix(after prefix: String) -> String? {
        guard hasPrefix(prefix), utf8.count > prefix.utf8.count else { return nil }
        return String(dropFirst(prefix.count))
    }
}
