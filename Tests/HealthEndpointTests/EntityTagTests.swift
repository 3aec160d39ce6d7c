// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import HealthEndpoint

@Suite struct EntityTagTests {
    private static let tagged = [
        "/", "/?width=100", "/v1/state", "/v1/conditions", "/v1/incidents", "/v1/runtimes", "/v1/versions",
        "/v1/changes", "/v1/events", "/v1/openapi.json", "/assets/page.css",
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
            later.open[0].lastSeenAt = later.at.wall
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

    /// One part of the picture each.
    static let changes: [@Sendable (inout Snapshot) -> Void] = [
        { $0.version = "9" }, { $0.hostname = "other" }, { $0.startedAt = Fixtures.second("00:00:01") },
        { $0.verdict = .degraded }, { $0.headline = "other" }, { $0.open[0].sentence = "other" },
        { $0.open[0].evidence.removeLast() }, { $0.open[0].symptoms[0].summary = "other" }, { $0.open = [] },
        { $0.open[0].openedAt = Fixtures.second("00:00:01") }, { $0.resolved = [] },
        { $0.resolved[0].occurrences += 1 }, { $0.conditions[0].reason = "Other" },
        { $0.conditions[1].lastTransitionTime = nil }, { $0.runtimes = [] }, { $0.runtimes[0].pods = 99 },
        { $0.runtimes[0].version?.version = "9" }, { $0.runtimes[0].unit?.subState = "other" },
        { $0.runtimes[0].rungs[1].problem = "other" }, { $0.runtimes[0].endpoint.socketPath = "/other" },
        { $0.monitoring.problems = ["other"] }, { $0.monitoring.journal = .noFiles },
        { $0.monitoring.blindWindows = [] }, { $0.advice = Fixtures.advised.advice },
        { $0.versions.kubelet = "v9" }, { $0.versions.ociRuntimes = [] },
        { $0.changes = [ChangeTests.all[0]] },
        { $0.open[0].changedBefore = [ChangeTests.all[0]] },
    ]

    /// What stands is looked at again and again: that is no news to who follows.
    @Test func anotherLookAtTheSameIsNoNews() {
        var later = Fixtures.down
        later.at.wall = later.at.wall + .seconds(9)
        later.open[0].lastSeenAt = later.at.wall
        later.open[0].evidence[0].at = later.at.wall
        later.open[0].symptoms[0].lastSeen = later.at.wall
        later.open[0].symptoms[0].count += 9
        later.statistics.observations += 9
        #expect(later.settled == Fixtures.down.settled)
        later.open[0].cause = "Other"
        #expect(later.settled != Fixtures.down.settled)
    }

    /// The tag is made of the parts that a page shows, not of the page: none may be left out.
    @Test(arguments: tagged.filter { $0 != "/v1/openapi.json" && $0 != "/assets/page.css" } + ["/?html"])
    func whateverShowsHasATagOfItsOwn(target: String) throws {
        let accept = target == "/?html" ? "text/html" : ""
        let before = try ask(target, Fixtures.down, accept: accept)
        var shown = 0
        for (n, change) in Self.changes.enumerated() {
            var snapshot = Fixtures.down
            change(&snapshot)
            let after = try ask(target, snapshot, accept: accept)
            if after.body != before.body {
                shown += 1
                #expect(
                    after.header("ETag") != before.header("ETag"), "change \(n) shows, and has the old tag")
            }
        }
        #expect(shown > 0 || target == "/v1/events")
    }

    @Test func nothingIsMadeForWhoHasIt() {
        var request = Request(path: "/")
        var made = 0
        for (header, sent) in [("", 1), ("\"x\"", 2), ("*", 2)] {
            request.ifNoneMatch = header
            _ = Response.tagged(request, contentType: Response.plainText, basis: 1) {
                made += 1
                return []
            }
            #expect(made == sent)
        }
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
