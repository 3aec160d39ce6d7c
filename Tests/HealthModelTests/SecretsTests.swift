// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HealthModel

@Suite struct SecretsTests {
    @Test(arguments: [
        ("pull https://bob:S3cr3tPw@reg.example/v2/ failed", "pull https://***@reg.example/v2/ failed"),
        ("https://tok3n@reg.example", "https://***@reg.example"),
        ("Authorization: Bearer abc123DEF456ghi", "Authorization: Bearer ***"),
        ("header Basic Ym9iOnNlY3JldA== refused", "header Basic *** refused"),
        ("password=hunter2 next", "password=*** next"), ("DB_PASSWORD=hunter2,x=1", "DB_PASSWORD=***,x=1"),
        (#"{"auth_token":"abc","a":1}"#, #"{"auth_token":"***","a":1}"#),
        (#"msg=\"{\\\"password\\\":\\\"hunter2\\\"}\""#, #"msg=\"{\\\"password\\\":\\\"***\\\"}\""#),
        ("password: hunter2", "password: ***"),
        ("GET /x?sig=1&access_token=abc&y=2", "GET /x?sig=1&access_token=***&y=2"),
        ("crictl pull --creds x --password hunter2 img", "crictl pull --creds x --password *** img"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln end", "token *** end"),
        ("AWS_SECRET_ACCESS_KEY=wJalr/XUtn end", "AWS_SECRET_ACCESS_KEY=*** end"),
        ("X-Registry-Auth: abc", "X-Registry-Auth: abc"),
    ])
    func credentials(_ text: String, _ masked: String) {
        #expect(Secrets.mask(text) == masked)
    }

    @Test(arguments: [
        "failed to fetch oauth token: unexpected status from GET request to https://reg.example/token: 401 Unauthorized",
        #"MountVolume.SetUp failed for volume "x" : secret "db" not found"#,
        "dial unix:///run/containerd/containerd.sock: connect: no such file", "Basic authentication required",
        "Bearer token is missing", "listen tcp 10.0.0.1:1338: bind: address already in use", "eyJ",
        "mail root@node7.example",
    ])
    func sentencesStay(_ text: String) {
        #expect(Secrets.mask(text) == text)
    }

    @Test func hostileTextIsReadInLinearTime() {
        for text in ["://", "=", "password", "password=", "Bearer ", "eyJ.", "\"", "a:b@"] {
            _ = Secrets.mask(String(repeating: text, count: 65_536 / text.utf8.count))
        }
    }
}
