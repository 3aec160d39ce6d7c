// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// Outages that other people published, from the text that they pasted, and the same faults in other wordings: the kind, the
/// cause, the words that name the culprit, and nothing else critical beside it. Each again in other forms (``FieldForm``).
/// What is known not to be told is in `Tests/Field/known.txt`, and fails when it is told after all.
@Suite("Other people's outages") struct FieldTests {
    private static let rules = Result { try SignalRules.shipped() }

    @Test func allAreHere() {
        #expect(FieldCase.published.count == 70)
        #expect(FieldCase.variants.count >= 79)
        let names = Set((FieldCase.published + FieldCase.variants).map(\.case))
        #expect(FieldCase.known.keys.allSatisfy { names.contains($0) })
    }

    @Test("a published outage is told", arguments: FieldCase.published)
    func published(_ one: FieldCase) throws {
        try judge(one, FieldCase.folder.appending(path: one.case + ".txt"))
    }

    @Test("a variant is told", arguments: FieldCase.variants)
    func variant(_ one: FieldCase) throws {
        let directory = try TemporaryDirectory()
        let file = URL(filePath: directory.path).appending(path: "log.txt")
        try Data((one.log ?? "").utf8).write(to: file)
        try judge(one, file)
    }

    private func judge(_ one: FieldCase, _ file: URL) throws {
        let input = try ReplayInput.detect(file.path(percentEncoded: false))
        let observations = try ReplaySource.material(input).observations
        let rules = try Self.rules.get()
        var row = "\(one.case):"
        for form in FieldForm.allCases where form.suits(one) {
            let told = FieldVerdict(form.apply(to: observations), rules)
            let faults = told.faults(one)
            row += " \(form.rawValue) \(faults.isEmpty ? "right" : "NOT RIGHT")"
            guard let reason = FieldCase.known[one.case]?[form.rawValue] else {
                #expect(faults == [], "\(one.case), \(form.rawValue)\n\(told.page)")
                continue
            }
            withKnownIssue(Comment(rawValue: reason)) {
                #expect(faults == [], "\(one.case), \(form.rawValue)")
            }
        }
        print(row)
    }
}

/// A text, and what must be told of it.
struct FieldCase: Sendable, Decodable, CustomTestStringConvertible {
    /// Its name.
    var `case`: String
    /// A pattern over `Kind/Cause`; empty: nothing critical may open.
    var expect: String
    /// A pattern over the page.
    var says: String
    /// The text; nil: in a file of its own.
    var log: String?

    var testDescription: String { self.case }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Field")
    static let published = cases("published.jsonl")
    static let variants = cases("variants.jsonl")
    /// What is not told, by case and form, and why: `CASE FORM[,FORM…]: reason`.
    static let known: [String: [String: String]] = {
        let text = (try? String(contentsOf: folder.appending(path: "known.txt"), encoding: .utf8)) ?? ""
        var known: [String: [String: String]] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let colon = line.firstRange(of: ": ") else { continue }
            let words = line[..<colon.lowerBound].split(separator: " ")
            guard words.count == 2 else { continue }
            for form in words[1].split(separator: ",") {
                known[String(words[0]), default: [:]][String(form)] = String(line[colon.upperBound...])
            }
        }
        return known
    }()

    private static func cases(_ file: String) -> [FieldCase] {
        guard let data = try? Data(contentsOf: folder.appending(path: file)) else { return [] }
        return data.split(separator: UInt8(ascii: "\n")).compactMap { line in
            try? JSONDecoder().decode(FieldCase.self, from: Data(line))
        }
    }
}

/// What a replay tells.
private struct FieldVerdict {
    let incidents: [Incident]
    let page: String

    init(_ observations: [Observation], _ rules: SignalRules) {
        let replayer = Replayer.replay(observations, rules: rules)
        incidents = replayer.incidents
        let start = Moment(wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0))
        page =
            ReplayText.render(replayer, at: replayer.last ?? start, width: 4000)
            + incidents.map { $0.sentence + " " + $0.explanation }.joined(separator: "\n")
    }

    /// What is wrong with it; empty: nothing.
    func faults(_ one: FieldCase) -> [String] {
        let critical = incidents.filter { $0.severity == .critical }.map(Self.name)
        guard !one.expect.isEmpty else { return critical.map { "blames: \($0)" } }
        let names = incidents.map(Self.name)
        var faults: [String] = []
        if !names.contains(where: { Self.matches(one.expect, all: $0) }) { faults.append("tells \(names)") }
        if !Self.isIn(page, one.says) { faults.append("does not say \(one.says)") }
        faults += critical.filter { !Self.matches(one.expect, all: $0) }.map { "beside it: \($0)" }
        return faults
    }

    private static func name(_ incident: Incident) -> String { "\(incident.kind.rawValue)/\(incident.cause)" }

    private static func matches(_ pattern: String, all text: String) -> Bool {
        (try? Regex(pattern).wholeMatch(in: text)) != nil
    }

    private static func isIn(_ text: String, _ pattern: String) -> Bool {
        (try? Regex(pattern).firstMatch(in: text)) != nil
    }
}
