import HealthModel
import Testing

@testable import HealthEndpoint

@Suite struct EntityTagTests {
    private static let tagged = [
        "/", "/?width=100", "/v1/state", "/v1/conditions", "/v1/incidents", "/v1/runtimes", "/v1/versions",
        "/v1/events", "/v1/openapi.json", "/assets/page.css",
    ]

    private func ask(
        _ target: String, _ snapshot: Snapshot, ifNoneMatch: String = "", accept: String = ""
    ) throws -> Response {
        let parsed = try RequestTarget(target)
        var request = Request(path: parsed.path, query: parsed.query, accept: accept)
        request.ifNoneMatch = ifNoneMatch
        return Router(snapshot: snapshot).respond(to: request)
    }

    @Test(arguments: tagged) func whatDidNotChangeIsNotSentAgain(target: String) throws {
        let tag = try #require(try ask(target, Fixtures.down).header("ETag"))
        #expect(tag.hasPrefix("W/\""))
        // A second later: the clock, and what counts with it, is different.
        var later = Fixtures.down
        later.at.wall = later.at.wall + .seconds(1)
        if target.hasPrefix("/?") || target == "/" {
            later.statistics.journalEntries += 100
            later.runtimes[0].rungs[0].latency += .milliseconds(3)
        }
        for header in [tag, String(tag.dropFirst(2)), "\"x\", \(tag)", "\"x\",W/\"y\" , \(tag),", "*"] {
            let answer = try ask(target, later, ifNoneMatch: header)
            #expect(answer.status == 304, "\(target) \(header)")
            #expect(answer.body.isEmpty)
            #expect(answer.header("ETag") == tag)
        }
        for header in ["\"x\"", "", ",,,", "W/", String(tag.dropLast())] {
            #expect(try ask(target, later, ifNoneMatch: header).status == 200, "\(target) \(header)")
        }
    }

    @Test(arguments: ["/", "/v1/state", "/v1/incidents", "/v1/conditions"])
    func whatChangedIsSent(target: String) throws {
        let tag = try #require(try ask(target, Fixtures.down).header("ETag"))
        #expect(try ask(target, Fixtures.healthy, ifNoneMatch: tag).status == 200)
    }

    @Test func eachFormHasItsOwnTag() throws {
        let text = try ask("/", Fixtures.down)
        let html = try ask("/", Fixtures.down, accept: "text/html")
        #expect(text.header("ETag") != html.header("ETag"))
        #expect(text.header("Vary") == "Accept" && html.header("Vary") == "Accept")
        #expect(
            try ask("/v1/state?pretty", Fixtures.down).header("ETag")
                != ask("/v1/state", Fixtures.down).header("ETag"))
    }

    @Test(arguments: ["/livez", "/healthz", "/metrics", "/v1/nothing"])
    func whatIsOnlyTrueNowHasNone(target: String) throws {
        #expect(try ask(target, Fixtures.down).header("ETag") == nil)
        #expect(try ask(target, Fixtures.down, ifNoneMatch: "*").status != 304)
    }

    @Test func overTheWireThereIsNoBody() throws {
        let test = try TestServer()
        let client = try test.tcp()
        let tag = try #require(client.get("/v1/conditions")?.header("ETag"))
        let answer = try #require(client.get("/v1/conditions", headers: "If-None-Match: \(tag)\r\n"))
        #expect(answer.status == 304)
        #expect(answer.header("Content-Length") == nil && answer.header("Content-Type") == nil)
        #expect(answer.header("ETag") == tag)
        // The connection is in step.
        #expect(client.get("/livez")?.body == "ok\n")
    }
}
