// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import HealthEndpoint

/// `log_lines = false`: the journal is root's and systemd-journal's to read, TCP is everybody's.
@Suite(.serialized) struct WithoutLinesTests {
    private static let line = "ZZLINEZZ"

    /// A node of which everything that can hold a line does.
    private static var snapshot: Snapshot {
        var snapshot = Fixtures.down
        for list in [\Snapshot.open, \Snapshot.resolved] {
            for index in snapshot[keyPath: list].indices {
                for place in snapshot[keyPath: list][index].evidence.indices {
                    snapshot[keyPath: list][index].evidence[place].source = .journal
                    snapshot[keyPath: list][index].evidence[place].summary = line
                }
                snapshot[keyPath: list][index].symptoms = [
                    Symptom(
                        name: "kubelet-runtime-down", summary: line, firstSeen: snapshot.at.wall,
                        lastSeen: snapshot.at.wall, count: 1)
                ]
            }
        }
        snapshot.unexplained = UnexplainedLines(groups: [
            .init(
                unit: "containerd.service", shape: line, example: line, count: 2, first: snapshot.at.wall,
                last: snapshot.at.wall)
        ])
        return snapshot
    }

    private static let targets = [
        "/", "/metrics", "/healthz?verbose", "/v1/state", "/v1/incidents", "/v1/events", "/v1/conditions",
        "/v1/incidents/runtime-down-containerd.service", "/v1/incidents/runtime-down-containerd.service.txt",
    ]

    @Test func sentencesAreServedWithoutLines() throws {
        let test = try TestServer(Self.snapshot) { $0.hidesLines = true }
        var seen = 0
        for target in Self.targets {
            for accept in ["text/html", "text/plain", "application/json"] {
                let header = "Accept: \(accept)\r\n"
                let bare = try #require(try test.tcp().get(target, headers: header))
                #expect(!bare.body.contains(Self.line), "\(target) as \(accept)")
                let whole = try #require(try test.unix().get(target, headers: header))
                if whole.body.contains(Self.line) { seen += 1 }
            }
        }
        // Who may open the unix socket reads them.
        #expect(seen > 4)
    }

    @Test(arguments: ["/v1/stream", "/?watch"]) func soAreStreams(_ target: String) throws {
        let test = try TestServer(Self.snapshot) { $0.hidesLines = true }
        let client = try test.tcp()
        client.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let first = try #require(client.hear("worker-7"))
        test.server.publish(FeedTests.transition(1))
        var next = Self.snapshot
        next.hostname = "another"
        test.server.publish(next)
        let second = try #require(client.hear("another"))
        #expect(!first.contains(Self.line) && !second.contains(Self.line))
    }
}
