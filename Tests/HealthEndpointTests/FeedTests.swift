// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import HealthEndpoint

/// `/v1/stream` and `/?watch` over real sockets.
@Suite(.serialized) struct FeedTests {
    static func transition(_ n: Int, _ change: Transition.Change = .opened) -> Transition {
        var incident = Fixtures.killed
        incident.id = "incident-\(n)"
        return Transition(
            at: Moment(wall: Fixtures.second("01:42:31"), monotonic: MonotonicTime(microseconds: 0)),
            change: change, incident: incident)
    }

    private func follow(_ client: Client, _ target: String = "/v1/stream", headers: String = "") -> String? {
        client.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n")
        return client.hear("\r\n\r\n")
    }

    /// The latest id, by `/v1/events`.
    private func position(_ test: TestServer) throws -> String {
        let body = try #require(try test.unix().get("/v1/events")).body
        return String(try #require(body.firstMatch(of: /"position":"([^"]+)"/)).1)
    }

    @Test func aReaderHearsHowThingsAreAndThenWhatChanges() throws {
        let test = try TestServer()
        for client in [try test.tcp(), try test.unix()] {
            let head = try #require(follow(client))
            #expect(head.hasPrefix("HTTP/1.1 200 OK"))
            #expect(head.contains("text/event-stream"))
            #expect(head.contains("Transfer-Encoding: chunked"))
            let begin = try #require(client.hear("\n\n\r\n"))
            #expect(begin.contains("retry: 2000\n\nevent: state\ndata: {"))
            #expect(begin.contains("\"verdict\":\"unhealthy\""))
            test.server.publish(Self.transition(1))
            let event = try #require(client.hear("\n\n\r\n"))
            #expect(event.contains("event: incident\ndata: {"))
            #expect(event.contains("\"incident\":\"incident-1\""))
            var next = Fixtures.healthy
            next.hostname = "another"
            test.server.publish(next)
            #expect(client.hear("\"node\":\"another\"")?.contains("event: state") == true)
            test.server.publish(Fixtures.down)
        }
    }

    @Test("Who comes back with an id hears what it missed, once, and then what is new")
    func aReaderResumes() throws {
        let test = try TestServer()
        test.server.publish(Self.transition(1))
        let id = try position(test)
        test.server.publish(Self.transition(2))
        test.server.publish(Self.transition(3))
        for (target, headers) in [
            ("/v1/stream", "Last-Event-ID: \(id)\r\n"), ("/v1/stream?since=\(id)", ""),
            ("/v1/stream?since=zzz-9", "Last-Event-ID: \(id)\r\n"),
        ] {
            let client = try test.unix()
            _ = follow(client, target, headers: headers)
            let heard = try #require(client.hear("event: state"))
            #expect(!heard.contains("incident-1") && !heard.contains("event: gap"))
            #expect(heard.contains("incident-2") && heard.contains("incident-3"))
        }
    }

    @Test(arguments: [
        ("0-1", "restarted"), ("RUN-999", "unknown"), ("", "unknown"), ("junk", "unknown"), ("1-", "unknown"),
        (String(repeating: "9", count: 5000) + "-1", "unknown"), ("RUN-0", "overwritten"),
    ])
    func whatTheRingDoesNotHoldIsSaid(id: String, reason: String) throws {
        let test = try TestServer()
        for n in 1...(EventRing.capacity + 10) { test.server.publish(Self.transition(n)) }
        let run = try #require(try position(test).split(separator: "-").first)
        let client = try test.tcp()
        let named = id.replacingOccurrences(of: "RUN", with: run)
        _ = follow(client, headers: "Last-Event-ID: \(named)\r\n")
        let heard = try #require(client.hear("event: state"))
        #expect(heard.contains("event: gap\ndata: {\"reason\":\"\(reason)\"}\n\n"))
        #expect(heard.components(separatedBy: "event: incident").count == EventRing.capacity + 1)
        #expect(heard.contains("\"incident-\(EventRing.capacity + 10)\""))
    }

    @Test func aConnectionThatSaysNothingIsKeptAlive() throws {
        let test = try TestServer { $0.heartbeat = .milliseconds(50) }
        let client = try test.unix()
        _ = follow(client)
        #expect(client.hear(": heartbeat\n\n") != nil)
        #expect(client.hear(": heartbeat\n\n") != nil)
    }

    @Test("A reader that does not read is dropped; another hears everything")
    func aSlowReaderHurtsNobody() throws {
        let test = try TestServer {
            $0.followerBacklog = 8 * 1024
            $0.writeDeadline = .seconds(60)
        }
        let slow = try test.unix()
        _ = follow(slow)
        let quick = try test.unix()
        _ = follow(quick)
        for n in 1...2000 {
            test.server.publish(Self.transition(n))
            if n.isMultiple(of: 50) { #expect(quick.hear("\"incident-\(n)\"") != nil) }
        }
        let metrics = try #require(try test.unix().get("/metrics")).body
        #expect(metrics.contains("crihealthd_http_connections_dropped_total 1\n"))
        #expect(metrics.contains("crihealthd_http_followers 1\n"))
        let heard = try #require(slow.readToEnd())
        #expect(!heard.contains("incident-2000"))
    }

    @Test func aReaderThatStallsIsEndedByTheDeadline() throws {
        let test = try TestServer {
            $0.followerBacklog = 1 << 20
            $0.writeDeadline = .milliseconds(200)
        }
        let slow = try test.unix()
        _ = follow(slow)
        for n in 1...1500 { test.server.publish(Self.transition(n)) }
        var followers = ""
        for _ in 0..<400 where followers != "0" {
            usleep(20_000)
            let body = try #require(try test.unix().get("/metrics")).body
            followers = String(body.firstMatch(of: /crihealthd_http_followers (\d+)\n/)?.1 ?? "")
        }
        #expect(followers == "0")
    }

    @Test func nobodyTakesAllPlaces() throws {
        let test = try TestServer {
            $0.followerLimit = 8
            $0.followersPerPeer = 2
        }
        let greedy = try (0..<2).map { _ in try test.tcp() }
        for client in greedy { #expect(follow(client)?.hasPrefix("HTTP/1.1 200") == true) }
        #expect(try test.tcp().get("/v1/stream")?.status == 503)
        // Another one is let in: here, who comes by the unix socket.
        let other = try test.unix()
        #expect(follow(other)?.hasPrefix("HTTP/1.1 200") == true)
        test.server.publish(Self.transition(1))
        for client in greedy + [other] { #expect(client.hear("incident-1") != nil) }
    }

    @Test func thereAreOnlySoMany() throws {
        let test = try TestServer {
            $0.followerLimit = 3
            $0.connectionLimit = 4
        }
        var clients: [Client] = []
        for _ in 0..<3 {
            let client = try test.tcp()
            #expect(follow(client)?.hasPrefix("HTTP/1.1 200") == true)
            clients.append(client)
        }
        let refused = try #require(try test.tcp().get("/v1/stream"))
        #expect(refused.status == 503)
        #expect(refused.header("Retry-After") == "10")
        #expect(refused.header("Content-Type") == "application/problem+json")
        #expect(try test.tcp().get("/?watch")?.header("Content-Type") == "text/plain; charset=utf-8")
        // A flood of others pushes no follower out.
        let flood = try (0..<20).map { _ in try test.tcp() }
        #expect(try test.tcp().get("/livez")?.status == 200)
        test.server.publish(Self.transition(1))
        for client in clients { #expect(client.hear("incident-1") != nil) }
        #expect(flood.count == 20)
        // Who leaves makes room.
        clients.removeLast()
        var status = 503
        for _ in 0..<400 where status != 200 {
            usleep(10_000)
            let client = try test.tcp()
            status = follow(client)?.hasPrefix("HTTP/1.1 200") == true ? 200 : 503
        }
        #expect(status == 200)
    }

    @Test func theHeadAloneAndTheOldProtocolAreAnswered() throws {
        let test = try TestServer()
        let head = try test.tcp()
        #expect(head.get("/v1/stream", method: "HEAD")?.status == 200)
        #expect(head.readToEnd() == "")
        let old = try test.tcp()
        old.send("GET /v1/stream HTTP/1.0\r\n\r\n")
        let answer = try #require(old.hear("event: state\ndata: {"))
        #expect(answer.hasPrefix("HTTP/1.0 200 OK"))
        #expect(!answer.lowercased().contains("chunked"))
    }

    @Test func aWatchedPageIsDrawnAgainAndAgain() throws {
        let test = try TestServer { $0.followPace = .milliseconds(20) }
        let client = try test.unix()
        _ = follow(client, "/?watch&width=100")
        let first = try #require(client.hear("\u{1B}[J"))
        #expect(first.contains("\u{1B}[HUNHEALTHY  containerd was killed"))
        test.server.publish(Fixtures.healthy)
        #expect(client.hear("\u{1B}[J")?.contains("\u{1B}[HHEALTHY  containerd answers") == true)
    }

    @Test func aFrameFitsItsTerminal() {
        let frame = WatchedPage.frame(Fixtures.down, width: 80, height: 24)
        #expect(frame.split(separator: "\n").count == 24)
        #expect(frame.contains("more lines)\u{1B}[K\n\u{1B}[J"))
        let all = TextPage.render(Fixtures.down).split(separator: "\n", omittingEmptySubsequences: false)
            .count
        let whole = WatchedPage.frame(Fixtures.down, width: 80, height: all + 1)
        #expect(!whole.contains("more lines"))
    }

    @Test("A recording comes whole, to who may open the socket; others are served meanwhile")
    func aRecordingIsPoured() throws {
        let observations = (0..<20_000).map { n in
            Observation(
                at: Moment(
                    wall: Fixtures.second("01:00:00") + .seconds(n), monotonic: MonotonicTime(microseconds: 0)
                ),
                event: .tick)
        }
        let test = try TestServer(recording: { observations })
        let client = try test.unix()
        let head = try #require(follow(client, "/v1/recording"))
        #expect(head.contains("application/x-ndjson"))
        #expect(try test.unix().get("/livez")?.status == 200)
        let body = try #require(client.hear("\r\n0\r\n\r\n"))
        #expect(body.matches(of: /"wall":"/).count == observations.count)
        let refused = try #require(try test.tcp().get("/v1/recording"))
        #expect(refused.status == 403)
        #expect(refused.body.contains("--unix-socket"))
        let none = try TestServer()
        #expect(try none.unix().get("/v1/recording")?.status == 404)
    }

    @Test(
        "Everybody may connect to the socket, and only root and the daemon's own user get the journal's lines",
        .enabled(if: geteuid() == 0, "only root can be somebody else"))
    func aRecordingIsNotForEverybody() throws {
        let test = try TestServer(configure: { $0.socketMode = 0o666 }, recording: { [] })
        for (path, status) in [("/livez", "200"), ("/v1/recording", "403")] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/setpriv")
            process.arguments = [
                "--reuid=65534", "--regid=65534", "--clear-groups", "curl", "--silent", "--output",
                "/dev/null",
                "--write-out", "%{http_code}", "--unix-socket", test.socketPath, "http://localhost\(path)",
            ]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            process.waitUntilExit()
            #expect(
                String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == status)
        }
    }

    @Test func aStopEndsStreamsInGoodOrder() throws {
        let test = try TestServer()
        let client = try test.unix()
        _ = follow(client)
        #expect(client.hear("event: state") != nil)
        test.server.stop()
        #expect(client.readToEnd()?.hasSuffix("\r\n0\r\n\r\n") == true)
    }

    @Test func readersThatVanishLeaveNothingBehind() throws {
        let test = try TestServer { $0.heartbeat = .milliseconds(20) }
        for n in 0..<40 { _ = follow(n.isMultiple(of: 2) ? try test.tcp() : try test.unix()) }
        var body = ""
        for _ in 0..<400 where !body.contains("crihealthd_http_connections 1\n") {
            usleep(20_000)
            body = try test.unix().get("/metrics")?.body ?? ""
        }
        #expect(body.contains("crihealthd_http_connections 1\n"))
        #expect(body.contains("crihealthd_http_followers 0\n"))
    }
}
