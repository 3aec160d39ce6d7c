// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// `/runbooks`, `/runbooks/KIND`, `/runbooks/KIND/CAUSE`: text, or HTML for a browser.
extension Router {
    /// Whatever its case: it is typed at 03:00.
    func runbook(_ name: String, _ request: Request) throws(Problem) -> Response {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let wanted = parts[0].lowercased()
        guard parts.count <= 2, let found = runbooks.first(where: { $0.key.lowercased() == wanted }) else {
            throw notFound("there is no runbook for \(Printable.line(name, limit: 100))")
        }
        let page = RunbookPage(found.value)
        guard parts.count == 2 else {
            return answer(request, html: { RunbookHTML.render(page, kind: found.key, root: "../") }) {
                found.value
            }
        }
        guard let entry = page.entry(parts[1]) else {
            let causes = page.entries.map(\.cause).joined(separator: ", ")
            throw notFound(
                "\(found.key) has no cause \(Printable.line(parts[1], limit: 60)); there are: \(causes)")
        }
        return answer(
            request, html: { RunbookHTML.render(page, kind: found.key, cause: entry, root: "../../") }
        ) { page.text(of: entry, kind: found.key) }
    }

    func runbookList(_ request: Request) throws(Problem) -> Response {
        guard !runbooks.isEmpty else { throw notFound("there are no runbooks") }
        let kinds = runbooks.keys.sorted()
        return answer(
            request, html: { RunbookHTML.list(kinds.map { ($0, RunbookPage(runbooks[$0] ?? "").title) }) }
        ) { kinds.map { "/runbooks/\($0)\n" }.joined() }
    }

    private func answer(_ request: Request, html: () -> String, text: () -> String) -> Response {
        var response: Response
        if Accept.choose(["text/plain", "text/html"], header: request.accept) == "text/html" {
            response = Response(status: 200, contentType: Response.html, body: Array(html().utf8))
            response.headers.append(.init("Content-Security-Policy", HTMLPage.policy))
        } else {
            response = .text(text())
        }
        response.headers.append(.init("Vary", "Accept"))
        return response
    }
}
