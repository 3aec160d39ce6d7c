// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthEndpoint
import Testing

@testable import crihealthd

@Suite struct HTTPClientTests {
    @Test func asksOverAUnixSocket() throws {
        let directory = try TemporaryDirectory()
        let server = try OneShotServer(path: directory.path + "/s", answer: "HTTP/1.1 200 OK\r\n\r\nhello")
        let answer = try HTTPClient(target: .unix(path: server.path)).get("/v1/state", accept: "text/plain")
        #expect(String(decoding: answer.body, as: UTF8.self) == "hello")
        #expect(server.request.hasPrefix("GET /v1/state HTTP/1.1\r\n"))
        #expect(server.request.contains("\r\nAccept: text/plain\r\n"))
    }

    @Test func aMissingSocketIsTold() {
        let error = #expect(throws: HTTPClientError.self) {
            try HTTPClient(target: .unix(path: "/nonexistent/s")).get("/", accept: "*/*")
        }
        #expect(error == HTTPClientError("connect", "/nonexistent/s", errno: ENOENT))
        #expect(error?.description == "/nonexistent/s: connect: No such file or directory")
    }

    @Test func aRefusedPortIsTold() {
        let target = ListenAddress.tcp(host: "127.0.0.1", port: 1)
        let error = #expect(throws: HTTPClientError.self) {
            try HTTPClient(target: target).get("/", accept: "*/*")
        }
        #expect(error?.errno == ECONNREFUSED)
    }

    @Test func silenceEndsAtTheDeadline() throws {
        let directory = try TemporaryDirectory()
        let server = try OneShotServer(path: directory.path + "/s", answer: nil)
        let client = HTTPClient(target: .unix(path: server.path), deadline: .milliseconds(200))
        let error = #expect(throws: HTTPClientError.self) { try client.get("/", accept: "*/*") }
        #expect(error == HTTPClientError("read", server.path, errno: ETIMEDOUT))
    }

    @Test func endlessAnswersAreCut() throws {
        let directory = try TemporaryDirectory()
        let flood = "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 1 << 20)
        let server = try OneShotServer(path: directory.path + "/s", answer: flood)
        let client = HTTPClient(target: .unix(path: server.path), limit: 100_000)
        let error = #expect(throws: HTTPClientError.self) { try client.get("/", accept: "*/*") }
        #expect(error?.reason == "more than 100000 bytes")
    }

    @Test(arguments: ["", String(repeating: "a", count: 200)])
    func impossiblePathsAreTold(path: String) {
        #expect(throws: HTTPClientError.self) {
            try HTTPClient(target: .unix(path: path)).get("/", accept: "*/*")
        }
    }
}
