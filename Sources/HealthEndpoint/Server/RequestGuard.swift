// SPDX-License-Identifier: Apache-2.0
import NIOHTTP1

/// Decides whether a head is a request that may be answered: pure.
enum RequestGuard {
    /// The request, or why not. Whoever is refused is disconnected after the answer.
    static func check(
        _ head: HTTPRequestHead, isTCP: Bool, configuration: HealthServer.Configuration
    ) -> Result<Request, Problem> {
        if let problem = refusal(head, configuration) { return .failure(problem) }
        let target: RequestTarget
        do {
            target = try RequestTarget(head.uri)
        } catch {
            return .failure(Problem(status: 400, detail: detail(error)))
        }
        let hosts = head.headers["host"]
        if hosts.count > 1 || (hosts.isEmpty && head.version == .http1_1) {
            return .failure(Problem(status: 400, detail: "exactly one Host header is needed"))
        }
        if isTCP, let host = target.authority ?? hosts.first,
            !HostCheck.accepts(host, names: configuration.hostNames, isOwn: configuration.isOwnName)
        {
            let detail =
                "\(Printable.line(host, limit: 100)) is neither an IP address nor localhost nor this node's name;"
                + " if it is to be one, name it in host_names of config.toml"
            return .failure(Problem(status: 421, detail: detail))
        }
        return .success(
            Request(
                path: target.path, query: target.query, accept: head.headers.joined("accept"),
                ifNoneMatch: head.headers.joined("if-none-match"),
                lastEventID: head.headers["last-event-id"].first))
    }

    private static func refusal(_ head: HTTPRequestHead, _ configuration: HealthServer.Configuration)
        -> Problem?
    {
        if head.version != .http1_1, head.version != .http1_0 {
            return Problem(status: 505, detail: "HTTP/1.1 and HTTP/1.0 are spoken here")
        }
        if head.method != .GET, head.method != .HEAD {
            let allow = Response.Header("Allow", "GET, HEAD")
            return Problem(status: 405, detail: "only GET and HEAD", headers: [allow])
        }
        if head.uri.utf8.count > configuration.targetLimit {
            return Problem(status: 414, detail: "a path has at most \(configuration.targetLimit) bytes")
        }
        if head.headers.contains(name: "transfer-encoding") {
            return Problem(status: 400, detail: "a request has no body here")
        }
        if head.headers["content-length"].contains(where: { $0 != "0" }) {
            return Problem(status: 413, detail: "a request has no body here")
        }
        return nil
    }

    private static func detail(_ problem: TargetProblem) -> String {
        switch problem {
        case .form: "the request target is a path, or an http URL"
        case .encoding: "the path is not percent-encoded UTF-8 without control characters"
        }
    }
}

extension HTTPHeaders {
    /// All lines of a list field as one (RFC 9110 §5.3).
    fileprivate func joined(_ name: String) -> String { self[name].joined(separator: ",") }
}
