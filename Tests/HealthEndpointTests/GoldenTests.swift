// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import HealthEndpoint

/// Rendered answers against files. With RECORD_GOLDEN=1 in the environment the files are written instead.
@Suite struct GoldenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let render: @Sendable () -> String
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "page-down-80") { TextPage.render(Fixtures.down) },
        Case(name: "page-down-44") { TextPage.render(Fixtures.down, width: 44) },
        Case(name: "page-down-132") { TextPage.render(Fixtures.down, width: 132) },
        Case(name: "page-healthy") { TextPage.render(Fixtures.healthy) },
        Case(name: "page-recovered") {
            var snapshot = Fixtures.recovered
            snapshot.conditions = []
            return TextPage.render(snapshot)
        },
        Case(name: "page-empty") { TextPage.render(Fixtures.empty) },
        Case(name: "page-advice") { TextPage.render(Fixtures.advised) },
        Case(name: "healthz-verbose-advice") { body("/healthz?verbose", Fixtures.advised) },
        Case(name: "incident") { IncidentText.render(Fixtures.killed, now: Fixtures.second("01:42:31")) },
        Case(name: "incident-resolved") { IncidentText.render(Fixtures.stopped) },
        Case(name: "timeline") { IncidentText.timeline(Fixtures.killed) },
        Case(name: "state") { body("/v1/state?pretty", Fixtures.down) },
        Case(name: "conditions") { body("/v1/conditions?pretty", Fixtures.healthy) },
        Case(name: "incidents") { body("/v1/incidents?pretty", Fixtures.down) },
        Case(name: "versions") { body("/v1/versions?pretty", Fixtures.down) },
        Case(name: "page-look") { TextPage.render(Fixtures.down, origin: .oneLook) },
        Case(name: "page-recording") { TextPage.render(Fixtures.down, origin: .recording) },
        Case(name: "page-down-html") { HTMLPage.render(Fixtures.down) },
        Case(name: "problem") { body("/v1/nothing", Fixtures.down) },
        Case(name: "runtimes") { body("/v1/runtimes?pretty", Fixtures.healthy) },
        Case(name: "healthz-verbose-down") { body("/healthz?verbose", Fixtures.down) },
        Case(name: "healthz-verbose-healthy") { body("/healthz?verbose", Fixtures.healthy) },
        Case(name: "not-found") { body("/nothing", Fixtures.healthy) },
        Case(name: "metrics-empty") { body("/metrics", Fixtures.empty) },
        Case(name: "metrics-down") { body("/metrics", Fixtures.down) },
        Case(name: "openmetrics-down") {
            body("/metrics", Fixtures.down, accept: "application/openmetrics-text;version=1.0.0")
        },
    ]

    private static func body(_ target: String, _ snapshot: Snapshot, accept: String = "") -> String {
        Router.answer(target, snapshot, accept: accept).text
    }

    @Test(arguments: cases) func matches(_ example: Case) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Golden/\(example.name).txt")
        let actual = example.render()
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
            try Data(actual.utf8).write(to: file)
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        guard actual != expected else { return }
        Issue.record("\(example.name) differs:\n\(Self.difference(expected, actual))")
    }

    /// Lines that only one side has, in order.
    private static func difference(_ expected: String, _ actual: String) -> String {
        let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let new = actual.split(separator: "\n", omittingEmptySubsequences: false)
        return new.difference(from: old).map { change in
            switch change {
            case .remove(let line, let text, _): "- \(line + 1): \(text)"
            case .insert(let line, let text, _): "+ \(line + 1): \(text)"
            }
        }.joined(separator: "\n")
    }
}

extension Router {
    /// What a target answers, with figures of a process that never change.
    static func answer(_ target: String, _ snapshot: Snapshot, accept: String = "") -> Response {
        let figures = ProcessFigures(
            cpu: .milliseconds(1500), residentBytes: 15_200_256, virtualBytes: 120_000_512,
            openDescriptors: 14,
            maximumDescriptors: 1024, threads: 2)
        guard let parsed = try? RequestTarget(target) else { return .text("bad target", status: 400) }
        let request = Request(path: parsed.path, query: parsed.query, accept: accept, isTrusted: true)
        return Router(snapshot: snapshot, process: { figures }).respond(to: request)
    }
}

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }
}
