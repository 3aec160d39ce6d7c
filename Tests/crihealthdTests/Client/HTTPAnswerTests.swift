// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import crihealthd

@Suite struct HTTPAnswerTests {
    private func read(_ text: String) throws(HTTPAnswer.Malformed) -> HTTPAnswer {
        try HTTPAnswer(Array(text.utf8))
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi"),
        ("HTTP/1.1 503 Service Unavailable\r\n\r\nbad", 503, "bad"),
        ("HTTP/1.0 200\r\n\r\n", 200, ""),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", 200,
            "abcde"
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhidden", 200, "h"),
    ])
    func answersAreRead(text: String, status: Int, body: String) throws {
        let answer = try read(text)
        #expect(answer.status == status)
        #expect(String(decoding: answer.body, as: UTF8.self) == body)
    }

    @Test(arguments: [
        "", "\r\n\r\n", "HTTP/1.1 200 OK\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 two OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffff\r\nab",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\nab\r\n0\r\n\r\n",
    ])
    func othersAreNot(text: String) {
        #expect(throws: HTTPAnswer.Malformed.self) { try read(text) }
    }
}
