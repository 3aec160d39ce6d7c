// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import HealthEndpoint

/// Real sockets, raw bytes: what is refused, dropped and survived.
@Suite(.serialized) struct LimitTests {
    @Test(arguments: [
        // 8 KiB, and far beyond it.
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + String(repeating: "a", count: 100_000) + "\r\n\r\n",
            431
        ),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\n" + String(repeating: "X: a\r\n", count: 20_000) + "\r\n",
            431
        ),
        ("GET /" + String(repeating: "a", count: 100_000), 431),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + String(repeating: "a", count: 8192 - 39)
                + "\r\n\r\n", 431
        ),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 413),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999\r\n\r\n", 413),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            400
        ),
        // Smuggling: two lengths, length and chunks, odd encodings, blanks before the colon, folded lines.
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400
        ),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("GET / HTTP/3.7\r\nHost: localhost\r\n\r\n", 400), ("hello\r\n\r\n", 400),
        ("\u{16}\u{3}\u{1}\u{2}", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: local\u{0}host\r\n\r\n", 400),
    ])
    func wrongRequestsAreRefusedAndTheConnectionEnds(request: String, status: Int) throws {
        let test = try TestServer()
        for client in [try test.tcp(), try test.unix()] {
            client.send(request)
            let answer = try #require(client.answer(), "\(request.prefix(60))")
            // A parser may call an unknown version or method by its own name; refused is refused.
            #expect(
                answer.status == status || (status == 400 && [405, 505].contains(answer.status)),
                "\(answer.head)")
            #expect(answer.header("Connection") == "close")
            #expect(client.readToEnd() == "")
        }
        #expect(try test.tcp().get("/livez")?.status == 200)
    }

    @Test func theLongestHeadStillPasses() throws {
        let test = try TestServer()
        let client = try test.tcp()
        let frame = "GET / HTTP/1.1\r\nHost: localhost\r\nX: \r\n\r\n"
        let filled = { (count: Int) in
            frame.replacingOccurrences(
                of: "X: ", with: "X: " + String(repeating: "a", count: count - frame.utf8.count))
        }
        client.send(filled(8192) + filled(8192))
        #expect(client.answer()?.status == 200)
        #expect(client.answer()?.status == 200)
        client.send(filled(8193))
        #expect(client.answer()?.status == 431)
    }

    @Test func randomBytesNeverHurt() throws {
        let test = try TestServer()
        var state: UInt64 = 42
        for _ in 0..<60 {
            let client = try test.unix()
            let bytes = (0..<2000).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            client.send(bytes)
            client.shutdownOutput()
            let heard = client.readToEnd()
            #expect(heard?.isEmpty == true || heard?.hasPrefix("HTTP/1.1 4") == true)
        }
        #expect(try test.unix().get("/livez")?.status == 200)
    }

    @Test func aHeadThatDripsInIsEndedByTheDeadline() throws {
        let test = try TestServer { $0.headDeadline = .milliseconds(300) }
        let silent = try test.tcp()
        let slow = try test.tcp()
        slow.send("GET / HTTP/1.1\r\n")
        let dripper = try test.unix()
        // Far longer than the deadline, if nobody ends it.
        var sent = 0
        while sent < 400, dripper.send("x") {
            usleep(20_000)
            sent += 1
        }
        #expect(sent < 400)
        #expect(slow.answer()?.status == 408)
        #expect(slow.readToEnd() == "")
        #expect(silent.readToEnd() == "")
        #expect(try test.tcp().get("/livez")?.status == 200)
    }

    @Test func theDeadlineOfAHeadHoldsForLaterRequestsToo() throws {
        let test = try TestServer { $0.headDeadline = .milliseconds(300) }
        let client = try test.tcp()
        #expect(client.get("/livez")?.status == 200)
        client.send("GET /livez HT")
        #expect(client.answer()?.status == 408)
        #expect(client.readToEnd() == "")
    }

    @Test func anIdleConnectionIsClosed() throws {
        let test = try TestServer { $0.idleDeadline = .milliseconds(200) }
        let client = try test.tcp()
        #expect(client.get("/livez")?.status == 200)
        #expect(client.readToEnd() == "")
    }

    @Test func overTheLimitTheOldestUnfinishedGoesFirst() throws {
        let test = try TestServer { $0.connectionLimit = 4 }
        // One listener: who connects first is taken in first.
        let idle = try test.tcp()
        #expect(idle.get("/livez")?.status == 200)
        let unfinished = try (0..<3).map { _ in try test.tcp() }
        unfinished.forEach { $0.send("GET / HTTP/1.1\r\n") }
        // Whoever comes is served, and the oldest unfinished one pays for it.
        #expect(try test.tcp().get("/livez")?.status == 200)
        #expect(unfinished[0].readToEnd() == "")
        #expect(idle.get("/livez")?.status == 200)
        for _ in 0..<100 { #expect(try test.tcp().get("/livez")?.status == 200) }
        let flood = try (0..<40).map { _ in try test.tcp() }
        #expect(try test.tcp().get("/livez")?.status == 200)
        #expect(flood.count == 40)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let test = try TestServer()
        let client = try test.tcp()
        let targets = (0..<300).map { $0.isMultiple(of: 3) ? "/livez" : "/nothing-\($0)" }
        client.send(targets.map { "GET \($0) HTTP/1.1\r\nHost: localhost\r\n\r\n" }.joined())
        for target in targets {
            let answer = try #require(client.answer())
            #expect(target == "/livez" ? answer.status == 200 : answer.body.contains("at \(target)\n"))
        }
        // An error comes in its turn, and is the last answer.
        client.send(
            "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n!!\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.answer()?.status == 200)
        #expect(client.answer()?.status == 400)
        #expect(client.readToEnd() == "")
    }

    @Test func aRequestMayComeByteByByte() throws {
        let test = try TestServer()
        let client = try test.unix()
        for byte in "\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8 { client.send([byte]) }
        #expect(client.answer()?.body == "ok\n")
        #expect(client.get("/livez")?.status == 200)
    }

    @Test func closeIsKept() throws {
        let test = try TestServer()
        for request in [
            "GET /livez HTTP/1.0\r\n\r\n", "GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "GET /livez HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        ] {
            let client = try test.tcp()
            client.send(request)
            let answer = try #require(client.answer())
            #expect(answer.status == 200)
            #expect(answer.header("Connection") == "close")
            #expect(client.readToEnd() == "")
        }
    }

    @Test func aClientThatSaysNoMoreStillHearsAll() throws {
        let test = try TestServer()
        let client = try test.unix()
        // More than a unix socket buffers: the end of the input comes while answers wait.
        client.send(String(repeating: "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 100))
        client.shutdownOutput()
        usleep(50_000)
        for _ in 0..<100 { #expect(client.answer()?.status == 200) }
        #expect(client.readToEnd() == "")
    }

    @Test func clientsThatVanishLeaveNothingBehind() throws {
        let test = try TestServer()
        for n in 0..<20 {
            let client = n.isMultiple(of: 2) ? try test.tcp() : try test.unix()
            client.send(String(repeating: "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 500))
        }
        var open = ""
        for _ in 0..<400 where open != "1" {
            usleep(20_000)
            let body = try test.tcp().get("/metrics")?.body ?? ""
            open = String(body.firstMatch(of: /crihealthd_http_connections (\d+)\n/)?.1 ?? "")
        }
        #expect(open == "1")
    }

    @Test func aSlowReaderIsDisconnectedAndBlocksNobody() throws {
        let test = try TestServer { $0.writeDeadline = .milliseconds(500) }
        let slow = try test.unix()
        // Far more than a unix socket buffers; nothing of it is read.
        slow.send(String(repeating: "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 100))
        for _ in 0..<20 { #expect(try test.unix().get("/livez")?.status == 200) }
        var others = try test.unix()
        var dropped = false
        for _ in 0..<400 where !dropped {
            usleep(20_000)
            guard let answer = others.get("/metrics") else {
                others = try test.unix()
                continue
            }
            dropped = answer.body.contains("crihealthd_http_connections_dropped_total 1\n")
        }
        #expect(dropped)
        let heard = try #require(slow.readToEnd())
        #expect(heard.components(separatedBy: "HTTP/1.1 200 OK").count < 101)
    }

    @Test func whatSlowReadersLeaveBehindIsBounded() throws {
        // One answer of /metrics is some 10 KB: two that wait are too many.
        let test = try TestServer { $0.pendingLimit = 15_000 }
        let slow = try (0..<3).map { _ in try test.unix() }
        for client in slow {
            client.send(String(repeating: "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 100))
        }
        var dropped = false
        for _ in 0..<400 where !dropped {
            usleep(20_000)
            let body = try test.tcp().get("/metrics")?.body ?? ""
            dropped = body.contains("crihealthd_http_connections_dropped_total 2\n")
        }
        #expect(dropped)
        // The newest reader is still served, all of it.
        for _ in 0..<100 { #expect(slow[2].answer()?.status == 200) }
    }
}
