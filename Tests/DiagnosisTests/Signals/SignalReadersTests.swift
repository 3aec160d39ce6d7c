// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthModel
import Testing

@testable import Diagnosis

/// What a rule says is heard by somebody, or the rule says why not.
@Suite("Readers of signals") struct SignalReadersTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources")

    /// The names of SignalName's constants, and what they stand for.
    private static func constants() throws -> [String: SignalName] {
        let path = sources.appending(path: "HealthModel/Signal.swift")
        let text = String(decoding: try Data(contentsOf: path), as: UTF8.self)
        return Dictionary(
            text.matches(of: /static let (\w+) = Self\(rawValue: "([^"]+)"\)/).map {
                (String($0.1), SignalName(rawValue: String($0.2)))
            }
        ) { first, _ in first }
    }

    /// The signals that a diagnosis, a fact or a table of symptoms names.
    private static func read() throws -> Set<SignalName> {
        let folder = sources.appending(path: "Diagnosis")
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        var words: Set<Substring> = []
        for file in files where file.hasSuffix(".swift") {
            let text = String(decoding: try Data(contentsOf: folder.appending(path: file)), as: UTF8.self)
            words.formUnion(text.matches(of: /\.([a-z]\w+)\b/).map(\.1))
        }
        return Set(try constants().filter { words.contains(Substring($0.key)) }.values).subtracting([.noted])
    }

    @Test("every rule of the binary has a reader, or says why it has none")
    func everyRule() throws {
        let read = try Self.read()
        #expect(read.count > 40)
        for rule in Scene.shipped.rules where !rule.isBenign {
            let hasReader = read.contains(rule.signal) || rule.incident != nil
            #expect(
                hasReader == (rule.noted == nil),
                "\(rule.id) (\(rule.signal.rawValue)): hasReader \(hasReader), noted \(rule.noted ?? "-")")
            #expect(rule.noted?.isEmpty != true, "\(rule.id)")
        }
    }

    @Test("every name that is listened for is said by a rule")
    func everyName() throws {
        let said = Set(Scene.shipped.rules.map(\.signal))
        #expect(try Self.read().subtracting(said).map(\.rawValue).sorted() == [])
    }

    /// What opens a cause: a class, or a rule that says the cause itself.
    struct Teller: Sendable, CustomStringConvertible {
        var id: String
        var kind: IncidentKind
        var cause: String
        var signals: [Signal]
        var description: String { id }
    }

    /// What tells of the node or of two pods, each with the signals of its first example.
    static let tellers: [Teller] = {
        let rules = Scene.shipped
        let classes: [Teller] = rules.classes.filter { $0.scope != .pod }.map { one in
            let signals = one.examples.prefix(1).flatMap { line in
                rules.rules.filter { one.signals.contains($0.signal) }.flatMap { rule in
                    rules.recognize(rule.sample(line)).filter { $0.captures["class"] == one.id }
                }
            }
            return Teller(id: one.id, kind: one.kind, cause: one.cause, signals: signals)
        }
        let own: [Teller] = rules.rules.compactMap { rule in
            guard let kind = rule.constants["kind"], let cause = rule.constants["cause"],
                rule.constants["scope"] != "pod"
            else { return nil }
            let signals = rule.examples.prefix(1).flatMap { line in
                rules.recognize(rule.sample(line)).filter { $0.rule == rule.id }
            }
            return Teller(
                id: rule.id, kind: IncidentKind(rawValue: kind), cause: cause, signals: signals)
        }
        return classes + own
    }()

    @Test(
        "what a class or a rule names as a cause is one of its kind, and its example says so",
        arguments: tellers
    )
    func everyCause(_ one: Teller) throws {
        let cause = try #require(Cause(rawValue: one.cause))
        #expect(Cause.all(of: one.kind).contains(cause))
        #expect(!one.signals.isEmpty, "its first example is no signal")
    }
}
