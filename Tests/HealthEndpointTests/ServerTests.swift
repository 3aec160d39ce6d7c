// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import HealthEndpoint

/// Real sockets, raw bytes: what is asked and answered.
@Suite(.serialized) struct ServerTests {
    @Test func everyRouteAnswersOnBothTransports() throws {
        let test = try TestServer()
        for route in Self.routes {
            for client in [try test.tcp(), try test.unix()] {
                let answer = try #require(client.get(route.target), "\(route.target)")
                #expect(answer.status == route.status, "\(route.target): \(answer.head)\n\(answer.body)")
                #expect(answer.header("Content-Type") == route.type, "\(route.target)")
                #expect(answer.body.contains(route.part), "\(route.target): \(answer.body)")
                #expect(answer.header("X-Content-Type-Options") == "nosniff")
                let isTagged = answer.header("ETag") != nil
                #expect(
                    answer.header("Cache-Control") == (isTagged ? "no-cache" : "no-store"), "\(route.target)")
                #expect(answer.header("Date")?.hasSuffix(" GMT") == true)
                #expect(answer.header("Content-Length") == String(answer.body.utf8.count))
            }
        }
    }

    @Test func headHasTheSameHeadAndNoBody() throws {
        let test = try TestServer()
        let client = try test.tcp()
        for target in ["/", "/healthz", "/v1/state", "/nothing", "/v1/nothing"] {
            let get = try #require(client.get(target))
            let head = try #require(client.get(target, method: "HEAD"))
            #expect(head.status == get.status)
            #expect(head.header("Content-Length") == get.header("Content-Length"))
            #expect(head.header("Content-Type") == get.header("Content-Type"))
        }
        // The connection is in step: no body was sent.
        #expect(client.get("/livez")?.body == "ok\n")
    }

    @Test(arguments: [
        ("/v1/nothing", "application/json", 404, "application/problem+json"),
        ("/v1/nothing", "application/problem+json, text/plain;q=0.5", 404, "application/problem+json"),
        ("/v1/nothing", "text/html, */*;q=0.1", 404, "application/problem+json"),
        ("/nothing", "application/json", 404, "text/plain; charset=utf-8"),
        ("/", "*/*", 200, "text/plain; charset=utf-8"),
        (
            "/", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 200,
            "text/html; charset=utf-8"
        ),
        ("/v1/incidents", "text/plain", 200, "text/plain; charset=utf-8"),
        ("/v1/incidents", "text/plain;q=0.1, application/json", 200, "application/json"),
        ("/v1/incidents", "*/*", 200, "application/json"),
        ("/v1/incidents", "text/*", 200, "text/plain; charset=utf-8"),
        ("/v1/incidents", "a/b;q=x, ;;;,,,/,", 200, "application/json"),
        (
            "/metrics", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", 200,
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        ),
        (
            "/metrics",
            "application/openmetrics-text;version=0.0.1;q=0.9,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", 200,
            "text/plain; version=0.0.4; charset=utf-8"
        ),
        (
            "/metrics",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                + "text/plain;version=0.0.4;q=0.4,*/*;q=0.1", 200,
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        ),
    ])
    func acceptDecides(target: String, accept: String, status: Int, type: String) throws {
        let test = try TestServer()
        let answer = try #require(try test.tcp().get(target, headers: "Accept: \(accept)\r\n"))
        #expect(answer.status == status)
        #expect(answer.header("Content-Type") == type)
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT"])
    func otherMethodsAreNotAllowed(method: String) throws {
        let test = try TestServer()
        let target = method == "CONNECT" ? "localhost:80" : "/"
        let client = try test.tcp()
        let answer = try #require(client.get(target, method: method))
        #expect(answer.status == 405)
        #expect(answer.header("Allow") == "GET, HEAD")
        #expect(client.readToEnd() == "")
    }

    @Test(arguments: [
        ("localhost", 200), ("LOCALHOST:10274", 200), ("127.0.0.1:10274", 200), ("[::1]:10274", 200),
        ("[::1]", 200),
        ("10.1.2.3", 200), ("node7.example:10274", 200), ("node7.example.", 200), ("evil.example", 421),
        ("evil.example:10274", 421),
        ("localhost.evil.example", 421), ("127.0.0.1.evil.example", 421), ("", 421), ("localhost:x", 421),
        ("[::1", 421), ("localhost@evil.example", 421),
    ])
    func namesThatCanBeReboundAreRefused(host: String, status: Int) throws {
        let test = try TestServer { $0.hostNames = ["Node7.example"] }
        let request = "GET /livez HTTP/1.1\r\nHost: \(host)\r\n\r\n"
        let tcp = try test.tcp()
        tcp.send(request)
        #expect(tcp.answer()?.status == status)
        // Whoever may open the unix socket is no web page.
        let unix = try test.unix()
        unix.send(request)
        #expect(unix.answer()?.status == 200)
    }

    @Test func anAbsoluteFormIsCheckedToo() throws {
        let test = try TestServer()
        #expect(try test.tcp().get("http://evil.example/livez")?.status == 421)
        #expect(try test.tcp().get("ftp://localhost/livez")?.status == 400)
    }

    @Test func withoutASnapshotNothingIsKnown() throws {
        let test = try TestServer(nil)
        let client = try test.tcp()
        #expect(client.get("/")?.body.hasPrefix("UNKNOWN  ") == true)
        #expect(client.get("/livez")?.status == 200)
        #expect(client.get("/readyz")?.status == 503)
        #expect(client.get("/healthz")?.status == 503)
        #expect(client.get("/healthz/RuntimeReady")?.status == 503)
        test.server.publish(Fixtures.healthy)
        #expect(client.get("/readyz")?.status == 200)
        #expect(client.get("/healthz")?.status == 200)
        var degraded = Fixtures.down
        degraded.verdict = .degraded
        test.server.publish(degraded)
        #expect(client.get("/healthz")?.status == 200)
        #expect(client.get("/healthz?verbose")?.body.hasPrefix("[+]verdict ok: degraded") == true)
    }

    @Test func requestsReadTheLatestSnapshotWhileItIsPublished() throws {
        let test = try TestServer(Fixtures.healthy)
        let server = test.server
        let publisher = Thread {
            for n in 1...3000 {
                var snapshot = n.isMultiple(of: 2) ? Fixtures.down : Fixtures.healthy
                snapshot.hostname = "node-\(n)"
                server.publish(snapshot)
            }
        }
        publisher.start()
        let client = try test.unix()
        var last = 0
        for _ in 0..<100 {
            let body = try #require(client.get("/v1/state")).body
            let name = try #require(body.firstMatch(of: /"node":"node-(\d+)"/)?.1 ?? "0")
            let number = try #require(Int(name))
            #expect(number >= last)
            #expect(number == 0 || body.contains(number.isMultiple(of: 2) ? "\"unhealthy\"" : "\"healthy\""))
            last = number
        }
        while !publisher.isFinished { usleep(1000) }
        #expect(client.get("/v1/state")?.body.contains("node-3000") == true)
    }

    @Test("A restart loses no request: who was connected is answered once, who idles is not waited for")
    func stopAnswersWhoIsConnected() throws {
        let test = try TestServer()
        let fresh = try (0..<8).map { _ in try Client(path: test.socketPath) }
        let idle = try Client(path: test.socketPath)
        #expect(idle.get("/livez")?.status == 200)
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            test.server.stop()
            done.signal()
        }
        #expect(idle.readToEnd() == "")
        for client in fresh {
            let answer = client.get("/livez")
            #expect(answer?.status == 200)
            #expect(answer?.header("Connection") == "close")
        }
        done.wait()
    }
}
