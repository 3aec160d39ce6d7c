// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// Error lines that no rule knows are told, and nothing more.
@Suite struct UnexplainedTests {
    private func entry(
        _ message: String, unit: String? = "containerd.service", second: Int64 = 0,
        source: JournalEntry.Source = .unit
    ) -> JournalEntry {
        JournalEntry(
            cursor: "",
            at: Moment(
                wall: WallTime(microseconds: second * 1_000_000),
                monotonic: MonotonicTime(microseconds: second * 1_000_000)),
            source: source, unit: unit, message: message)
    }

    private func line(_ number: Int, _ what: String = "frobnicate") -> String {
        "time=\"2026-01-01T00:00:00Z\" level=error msg=\"failed to \(what) snapshot \(number)\""
    }

    private func engine(_ entries: [JournalEntry]) throws -> Engine {
        var engine = Engine(rules: try SignalRules.shipped())
        let start = DaemonStart(
            bootID: "b", version: "1", hostname: "n", endpoints: [Endpoint.wellKnown[0]])
        _ = engine.receive(Observation(at: entry("").at, event: .started(start)))
        for entry in entries {
            #expect(engine.receive(Observation(at: entry.at, event: .journal(entry))).isEmpty)
        }
        return engine
    }

    private func lines(_ entries: [JournalEntry]) throws -> UnexplainedLines {
        try engine(entries).snapshot(at: entry("").at).unexplained
    }

    @Test func theyAreGroupedAndCounted() throws {
        let found = try lines([
            entry(line(1), second: 1), entry(line(2), second: 5), entry(line(1, "unfrob"), second: 3),
        ])
        #expect(found.lines == 3)
        #expect(found.groups.map(\.count) == [2, 1])
        #expect(found.groups[0].first == WallTime(microseconds: 1_000_000))
        #expect(found.groups[0].last == WallTime(microseconds: 5_000_000))
        #expect(found.groups[0].example == line(2))
        #expect(try engine([entry(line(1))]).snapshot(at: entry("").at).statistics.unexplainedLines == 1)
    }

    /// What a rule knows, what is no error, and whom nobody watches.
    @Test func nothingElseIs() throws {
        #expect(
            try lines([
                entry(#"time="2026-01-01T00:00:00Z" level=warning msg="failed to frobnicate""#),
                entry(line(1), unit: "nginx.service"), entry(line(1), unit: nil),
                entry(line(1), source: .kernel),
                entry(
                    #"time="2026-01-01T00:00:00Z" level=error msg="waiting for response from boltdb open" plugin=bolt"#
                ),
            ]).isEmpty)
    }

    @Test func theyAreBounded() throws {
        let words = (0..<200).map {
            String(Array("abcdefghij")[$0 % 10]) + String(Array("abcdefghijklmnopqrst")[$0 / 10])
        }
        let found = try lines(words.enumerated().map { entry(line(1, $1), second: Int64($0)) })
        #expect(found.groups.count == UnexplainedFacts.groupLimit)
        #expect(found.lines == 200 && found.others == 200 - UInt64(UnexplainedFacts.groupLimit))
        #expect(found.groups.contains { $0.shape.contains("failed to jt ") })
        let long = try lines([
            entry("level=error msg=\"" + String(repeating: "frob ", count: 10_000) + "the root\"")
        ])
        #expect(long.groups[0].example.utf8.count <= 1024)
        #expect(long.groups[0].example.contains("the root"))
    }

    /// No page says above them that all is known to be well.
    @Test func whoIsHealthyIsSoAsFarAsAnybodyCanTell() throws {
        var engine = try engine([entry(line(1), second: 1)])
        let endpoint = Endpoint.wellKnown[0]
        let outcomes: [(ProbeReport.Rung, ProbeReport.Outcome)] = [
            (.version, .version(RuntimeVersion(name: "containerd", version: "v2.3.4", apiVersion: "v1"))),
            (
                .status,
                .status(
                    RuntimeStatus(conditions: [
                        .init(type: "RuntimeReady", status: true, reason: "", message: ""),
                        .init(type: "NetworkReady", status: true, reason: "", message: ""),
                    ]))
            ),
        ]
        for (rung, outcome) in outcomes {
            let report = ProbeReport(endpoint: endpoint, rung: rung, outcome: outcome, latency: .zero)
            _ = engine.receive(Observation(at: entry("", second: 2).at, event: .probe(report)))
        }
        let snapshot = engine.snapshot(at: entry("", second: 2).at)
        #expect(snapshot.verdict == .healthy)
        #expect(snapshot.headline.hasPrefix("as far as crihealthd can tell: "))
        _ = engine.receive(Observation(at: entry("", second: 4000).at, event: .tick))
        #expect(!engine.snapshot(at: entry("", second: 4000).at).headline.contains("as far as"))
    }

    /// A cut of a long line must not part a credential from the word that tells of it.
    @Test func credentialsAreMaskedBeforeALineIsCut() throws {
        for distance in stride(from: 0, to: 900, by: 7) {
            let secret = String(repeating: "s3cr3tZ9", count: 90)
            let message =
                "time=\"2026-01-01T00:00:00Z\" level=error msg=\"failed to frob "
                + String(repeating: "x", count: distance) + " Authorization: Bearer \(secret) "
                + String(repeating: "y", count: 600) + "\""
            let example = try #require(try lines([entry(message)]).groups.first).example
            #expect(!example.contains("s3cr3t"), "\(distance)")
        }
    }
}
