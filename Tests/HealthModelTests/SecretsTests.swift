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
        (#"{\"client_secret\": \"a b\"}"#, #"{\"client_secret\": \"***\"}"#),
        ("env DB_PASSWORD='hunter2' PORT=80", "env DB_PASSWORD='***' PORT=80"),
        ("--api-key=0123 --name=x", "--api-key=*** --name=x"),
        (#"["--token","abc","--name","x"]"#, #"["--token","***","--name","x"]"#),
        ("token: abcdef123456", "token: ***"),
        ("token: " + String(repeating: "a1", count: 60), "token: ***"),
        ("Cookie: session=abc; a=b", "Cookie: ***; a=b"),
        ("key AKIAIOSFODNN7EXAMPLE used", "key *** used"),
        ("remote: ghp_0123456789abcdefghijABCDEFGHIJ012345", "remote: ***"),
        ("glpat-0123456789abcdefghij", "***"), ("xoxb-0123456789-abcdefghij", "***"),
        (
            #"{"auths":{"reg.example":{"auth":"Ym9iOnNlY3JldA=="}}}"#,
            #"{"auths":{"reg.example":{"auth":"***"}}}"#
        ),
        ("client-key-data: LS0tLS1CRUdJTi0x", "client-key-data: ***"),
        ("https://acct.blob.example/x?sig=Ab3dEfGh1jk&se=1", "https://acct.blob.example/x?sig=***&se=1"),
        ("X-Amz-Signature=0a1b2c&X-Amz-Credential=A/1", "X-Amz-Signature=***&X-Amz-Credential=***"),
        (
            #"{"m":"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"}"#,
            #"{"m":"-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----"}"#
        ),
        (
            #"{"m":"x \"-----BEGIN PRIVATE KEY-----\nMIIE\""}"#,
            #"{"m":"x \"-----BEGIN PRIVATE KEY-----***\""}"#
        ),
        (#"{"secret":{"name":"db"},"tokens":[1,2]}"#, #"{"secret":{"name":"db"},"tokens":[1,2]}"#),
    ])
    func credentials(_ text: String, _ masked: String) {
        #expect(Secrets.mask(text) == masked)
        #expect(Secrets.mask(masked) == masked)
    }

    @Test(arguments: [
        "failed to fetch oauth token: unexpected status from GET request to https://reg.example/token: 401 Unauthorized",
        #"MountVolume.SetUp failed for volume "x" : secret "db" not found"#,
        "dial unix:///run/containerd/containerd.sock: connect: no such file", "Basic authentication required",
        "Bearer token is missing", "listen tcp 10.0.0.1:1338: bind: address already in use", "eyJ",
        "failed to verify signature: x509: certificate signed by unknown authority",
        "secret: kube-system/web-tls-2f6c", "image gcr.example/ghp_x:1", "AKIA", "token:token:token:1",
        "mail root@node7.example",
    ])
    func sentencesStay(_ text: String) {
        #expect(Secrets.mask(text) == text)
    }

    /// The words that are looked for first leave none out.
    @Test func everyNameIsKnownInEitherCase() {
        for name in Secrets.names.map({ String(decoding: $0, as: UTF8.self) }) {
            for text in [name, name.uppercased()] {
                #expect(Secrets.mask("x my_\(text)=hunter2x y") == "x my_\(text)=*** y")
                #expect(Secrets.mask("\(text)=hunter2x") == "\(text)=***")
            }
        }
        #expect(Secrets.mask("a b@c https://bob:x@reg") == "a b@c https://***@reg")
    }

    /// Text of all that masks, of either case and with what may stand between: a look for the words first changes nothing.
    @Test func wordsThatAreLookedForFirstHideNothing() {
        let pieces =
            Secrets.names.map { String(decoding: $0, as: UTF8.self) } + [
                "://", #":\/\/"#, "@", "sig", "auth", "=", ":", "\"", "'", #"\"#, " ", ",", "--", "{", "x",
                "hunter2x9abc",
                "Bearer ", "basic ", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", "-----BEGIN ", "PRIVATE KEY-----",
                "-----END",
                "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "ghp_", "gho_", "ghs_", "ghu_", "github_pat_",
                "glpat-",
                "xoxb-", "xoxp-", "0123456789abcdefghij", "_",
            ]
        var random = SplitMix64(seed: 20)
        var hidden = 0
        for _ in 0..<40_000 {
            let text = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                let piece = pieces.randomElement(using: &random) ?? ""
                return Int.random(in: 0..<4, using: &random) == 0 ? piece.uppercased() : piece
            }.joined()
            let whole = Secrets.scan(text.utf8.span)
            hidden += whole == nil ? 0 : 1
            #expect(Secrets.mask(text.utf8.span) == whole, "\(text)")
        }
        #expect(hidden > 1000)
    }

    @Test func hostileTextIsReadInLinearTime() {
        for text in [
            "://", "=", "password", "password=", "Bearer ", "eyJ.", "\"", "a:b@", "token:", "--secret\",\"",
            "-----BEGIN ", "PRIVATE KEY-----", "ghp_", "token:{", "sig=", "token: a1",
        ] {
            _ = Secrets.mask(String(repeating: text, count: 65_536 / text.utf8.count))
        }
    }
}
