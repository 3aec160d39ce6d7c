// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import HealthEndpoint

@Suite struct MetricsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let snapshot: Snapshot
        var testDescription: String { name }

        init(_ name: String, _ snapshot: Snapshot) { (self.name, self.snapshot) = (name, snapshot) }
    }

    static let snapshots: [Case] = [
        Case("empty", Fixtures.empty), Case("healthy", Fixtures.healthy), Case("down", Fixtures.down),
        Case("busy", busy),
        Case(
            "hostile",
            Fixtures.hostile("\\\"}\n# TYPE evil gauge\nevil 1\r\u{0}\u{1B}[31m\u{202E} {a=\"b\"} \\")),
        Case("hostile-empty", Fixtures.hostile("")),
    ]

    /// Far more of everything than a node has.
    static let busy = {
        var snapshot = Fixtures.down
        snapshot.open = (0..<300).map { n in
            var incident = Fixtures.killed
            incident.id = "open-\(n)"
            incident.cause = "Cause\(n)"
            return incident
        }
        snapshot.runtimes = (0..<10).map { n in
            var view = Fixtures.runtime(isUp: true)
            view.endpoint.socketPath = "/run/\(n % 9).sock"
            return view
        }
        for n in 0..<500 {
            snapshot.statistics.signals["rule-\(n)"] = UInt64(n)
            snapshot.statistics.incidentsOpened["Kind\(n)"] = .max
        }
        return snapshot
    }()

    static let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(.enabled(if: promtool != nil, "promtool is not installed"), arguments: snapshots)
    func promtoolHasNothingToSay(example: Case) throws {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.promtool))
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        // At most 64 KiB fit into a pipe that nobody reads yet; promtool reads its input first.
        try input.fileHandleForWriting.write(
            contentsOf: Data(Router.answer("/metrics", example.snapshot).body))
        try input.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(said == "", "\(example.name)")
        #expect(process.terminationStatus == 0, "\(example.name)")
    }

    @Test(arguments: snapshots) func everyLineIsWellFormedAndUnique(example: Case) {
        let sample =
            /[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_]+="([^"\\]|\\["\\n])*"(,[a-zA-Z_]+="([^"\\]|\\["\\n])*")*\})? \S+/
        for accept in ["", "application/openmetrics-text; version=1.0.0"] {
            let text = Router.answer("/metrics", example.snapshot, accept: accept).text
            #expect(text.hasSuffix("\n"))
            #expect(text.hasSuffix("# EOF\n") == !accept.isEmpty)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            let samples = lines.filter { !$0.hasPrefix("#") }
            let series = Set(samples.map { $0[..<($0.lastIndex(of: " ") ?? $0.endIndex)] })
            #expect(series.count == samples.count, "\(example.name): a series twice")
            for line in samples { #expect(line.wholeMatch(of: sample) != nil, "\(example.name): \(line)") }
            for line in lines where line.hasPrefix("#") {
                #expect(line.hasPrefix("# HELP ") || line.hasPrefix("# TYPE ") || line == "# EOF")
            }
        }
    }

    /// As many as crihealthd's own diagnoses have (Tests/Endpoint asks a daemon for its own).
    static let possible = (0..<76).map {
        PossibleIncident(
            kind: IncidentKind(rawValue: "Kind\($0 / 8)"), cause: "Cause\($0)", severity: .warning)
    }

    @Test func aNodeHasAtMost300Series() {
        let count = { (snapshot: Snapshot) in
            Router.answer("/metrics", snapshot).text.split(separator: "\n").count { !$0.hasPrefix("#") }
        }
        #expect((80..<150).contains(count(Fixtures.down)))
        var one = Fixtures.down
        one.possible = Self.possible
        for n in 0..<50 { one.statistics.signals["rule-\(n)"] = UInt64(n) }
        #expect(count(one) <= 260, "\(count(one))")
        // Two runtimes with the pods of a full node, both asked on every rung.
        var two = one
        var other = Fixtures.runtime(isUp: true)
        other.endpoint.socketPath = "/run/crio/crio.sock"
        two.runtimes.append(other)
        for index in two.runtimes.indices { two.runtimes[index].pods = 110 }
        two.statistics.probes = two.runtimes.flatMap { runtime in
            ProbeReport.Rung.allCases.map { Statistics.Probe(endpoint: runtime.endpoint, rung: $0) }
        }
        #expect((200...300).contains(count(two)), "\(count(two))")
        #expect(Router.answer("/metrics", two).text.contains("/run/crio/crio.sock\"} 110\n"))
        // Bounded even when nothing is as it should be.
        #expect(count(Self.busy) < 570, "\(count(Self.busy))")
    }

    private func active(_ snapshot: Snapshot) -> [String] {
        Router.answer("/metrics", snapshot).text.split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("crihealthd_incident_active{")
        }
    }

    private func series(_ kind: String, _ cause: String, _ severity: String, _ value: Int) -> String {
        "crihealthd_incident_active{kind=\"\(kind)\",cause=\"\(cause)\",severity=\"\(severity)\"} \(value)"
    }

    /// A severity that changes is another series: the one that was 1 is 0 then, and both were there before.
    @Test func anIncidentThatGetsWorseLeavesAZero() {
        var snapshot = Fixtures.empty
        snapshot.possible = [.warning, .critical].map {
            PossibleIncident(kind: .criVersionUnsupported, cause: "RuntimeTooOld", severity: $0)
        }
        func line(_ severity: Severity, _ value: Int) -> String {
            series("CRIVersionUnsupported", "RuntimeTooOld", severity.rawValue, value)
        }
        #expect(active(snapshot) == [line(.warning, 0), line(.critical, 0)])
        var incident = Fixtures.incident("x", text: "x")
        (incident.kind, incident.cause, incident.status) = (
            .criVersionUnsupported, "RuntimeTooOld", .confirmed
        )
        for severity in [Severity.warning, .critical] {
            incident.severity = severity
            snapshot.open = [incident]
            #expect(
                active(snapshot) == [
                    line(.warning, severity == .warning ? 1 : 0),
                    line(.critical, severity == .critical ? 1 : 0),
                ])
        }
        snapshot.open.append(incident)
        #expect(active(snapshot).last == line(.critical, 2), "two of one sort are added up")
        snapshot.open[1].status = .suspected
        #expect(active(snapshot).last == line(.critical, 1), "what is suspected is no alert")
        #expect(Router.answer("/metrics", snapshot).text.contains("crihealthd_incidents_suspected 1\n"))
    }

    @Test func whatIsOpenIsNeverLeftOut() {
        var snapshot = Self.busy
        snapshot.possible = Self.possible
        let lines = active(snapshot)
        #expect(lines.count <= SnapshotMetrics.incidentLimit + Severity.allCases.count)
        let sum = lines.reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
        #expect(sum == snapshot.open.count)
        #expect(lines.contains(series("Other", "Other", "critical", 100)))
    }

    @Test func seriesExistAtZeroFromTheStart() {
        let text = Router.answer("/metrics", Fixtures.empty).text
        for line in [
            "crihealthd_incidents_opened_total{kind=\"RuntimeDown\"} 0",
            "crihealthd_incidents_open{severity=\"critical\"} 0",
            "crihealthd_verdict{state=\"unknown\"} 1", "crihealthd_verdict{state=\"healthy\"} 0",
            "crihealthd_condition{condition=\"RuntimeReady\",status=\"Unknown\"} 1",
            "crihealthd_blind_windows_total 0",
            "crihealthd_journal_entries_total 0", "crihealthd_http_requests_total{code=\"5xx\"} 0",
        ] { #expect(text.contains(line + "\n"), "\(line)") }
    }

    @Test func beyondTheLimitTheSmallestAreAddedUp() {
        let counts: [String: UInt64] = ["a": 5, "b": 4, "c": 3, "d": 2, "free text": 100]
        let samples = SnapshotMetrics.bounded(counts, label: "rule", limit: 3)
        #expect(samples.map { $0.labels[0].value } == ["Other", "a", "b"])
        #expect(samples.map(\.value) == [105, 5, 4])
    }

    @Test func theProcessKnowsItself() {
        let figures = ProcessFigures.current()
        #expect(figures.residentBytes > 1 << 20)
        #expect(figures.virtualBytes >= figures.residentBytes)
        #expect(figures.openDescriptors >= 3)
        #expect(figures.maximumDescriptors > 16)
        #expect(figures.threads >= 1)
        #expect(figures.cpu > .zero)
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (1_795_311_751, "Sun, 22 Nov 2026 01:42:31 GMT"), (-1, "Thu, 01 Jan 1970 00:00:00 GMT"),
    ])
    func datesAreInTheFormOfHTTP(seconds: Int64, expected: String) {
        #expect(HTTPDate.format(WallTime(microseconds: seconds * 1_000_000)) == expected)
    }
}
