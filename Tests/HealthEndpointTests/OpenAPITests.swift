// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import HealthEndpoint

/// The description of the API and the router name the same paths; what the answers hold is checked against a running
/// daemon by Tests/Endpoint/check-api.
@Suite struct OpenAPITests {
    private func document() throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(Asset.openAPI.body))
        return try #require(object as? [String: Any])
    }

    @Test func everyPathIsDescribedAndServed() throws {
        let paths = try #require(try document()["paths"] as? [String: Any]).keys
        let routed = Set(Router.paths.filter(Problem.isJSON)).subtracting(["/v1/incidents/ID.txt"])
        #expect(Set(paths.map { $0.replacingOccurrences(of: "{id}", with: "ID") }) == routed)
        for path in paths {
            let target = path.replacingOccurrences(of: "{id}", with: Fixtures.killed.id)
            #expect(Router.answer(target, Fixtures.down).status == 200, "\(path)")
        }
    }

    @Test func theQueriesAreTheRouters() throws {
        let paths = try #require(try document()["paths"] as? [String: [String: Any]])
        for (path, item) in paths {
            let get = try #require(item["get"] as? [String: Any])
            let names = (get["parameters"] as? [[String: Any]] ?? []).map { parameter -> String in
                if let name = parameter["$ref"] as? String {
                    return String(name.split(separator: "/").last ?? "")
                }
                return parameter["in"] as? String == "query" ? parameter["name"] as? String ?? "" : ""
            }.filter { !["", "ifNoneMatch"].contains($0) }
            let target = path.replacingOccurrences(of: "{id}", with: Fixtures.killed.id)
            let said = Router.answer(target + "?nonsense", Fixtures.down)
            #expect(said.status == 400)
            let known = said.text.firstMatch(of: /there are: ([a-z, ]*)"/).map { String($0.1) } ?? ""
            let wanted = names.isEmpty ? ["none"] : names
            #expect(Set(known.split(separator: ", ").map(String.init)) == Set(wanted), "\(path)")
        }
    }

    /// Every value that the JSON can hold is among those that its description lists.
    @Test func everyStateOfTheJournalIsDescribed() throws {
        let healths: [JournalHealth] = [
            .following, .polling(errno: 24), .noFiles, .catchingUp, .failed(errno: 2, operation: "open"),
        ]
        // The compiler asks for the list above to grow with the cases.
        for health in healths {
            switch health {
            case .following, .polling, .noFiles, .catchingUp, .failed: break
            }
        }
        let described = try enumerations(of: "state", in: try document())
        for health in healths {
            var snapshot = Fixtures.down
            snapshot.monitoring.journal = health
            let answer = Router.answer("/v1/state", snapshot)
            let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
            let monitoring = try #require(object?["monitoring"] as? [String: Any])
            let journal = try #require(monitoring["journal"] as? [String: Any])
            let state = try #require(journal["state"] as? String)
            #expect(described.contains { $0.contains(state) && $0.contains("following") }, "\(state)")
        }
    }

    /// What each `enum` of the answers lists is what the model has, no more and no less.
    @Test func everyEnumerationIsTheModels() throws {
        let model: [String: [String]] = [
            "Verdict": Snapshot.Verdict.allCases.map(\.rawValue),
            "Condition.type": Condition.Kind.allCases.map(\.rawValue),
            "Condition.status": Condition.Status.allCases.map(\.rawValue),
            "severity": Severity.allCases.map(\.rawValue),
            "Incident.status": Incident.Status.allCases.map(\.rawValue),
            "Event.status": Incident.Status.allCases.map(\.rawValue),
            "Incident.evidence.source": Evidence.Source.allCases.map(\.rawValue),
            "Runtime.expectedRuntime": RuntimeName.allCases.map(\.rawValue),
            "Runtime.rungs.rung": ProbeReport.Rung.allCases.map(\.rawValue),
            "Monitoring.blindWindows.reason": BlindWindow.Reason.allCases.map(\.rawValue),
            "Monitoring.journal.state": ["following", "polling", "noFiles", "catchingUp", "failed"],
            "Advice.category": Advice.Category.allCases.map(\.rawValue),
            "Event.change": Transition.Change.allCases.map(\.rawValue),
            "Change.what": Change.What.allCases.map(\.rawValue),
            "Change.action": Change.Action.allCases.map(\.rawValue),
            "Change.source": Change.Source.allCases.map(\.rawValue),
        ]
        let components = try #require(try document()["components"] as? [String: Any])
        let found = Self.enumerations(in: try #require(components["schemas"]), at: [])
        for (path, values) in found {
            let known = model[path] ?? model[path.split(separator: ".").last.map(String.init) ?? ""]
            #expect(known.map(Set.init) == Set(values), "\(path): \(values)")
        }
        #expect(found.count >= model.count)
    }

    /// Every `enum` with the names of the schema and the properties that lead to it.
    private static func enumerations(in object: Any, at path: [String]) -> [(String, [String])] {
        if let array = object as? [Any] { return array.flatMap { enumerations(in: $0, at: path) } }
        guard let dictionary = object as? [String: Any] else { return [] }
        let grammar: Set<String> = ["properties", "items", "oneOf", "anyOf", "allOf", "schema"]
        let own = (dictionary["enum"] as? [String]).map { [(path.joined(separator: "."), $0)] } ?? []
        return own
            + dictionary.sorted { $0.key < $1.key }.flatMap { key, value in
                enumerations(in: value, at: grammar.contains(key) ? path : path + [key])
            }
    }

    /// The values of every `enum` that a property of that name has, anywhere in the document.
    private func enumerations(of name: String, in object: Any) throws -> [[String]] {
        if let array = object as? [Any] { return try array.flatMap { try enumerations(of: name, in: $0) } }
        guard let dictionary = object as? [String: Any] else { return [] }
        let own = ((dictionary[name] as? [String: Any])?["enum"] as? [String]).map { [$0] } ?? []
        return try own + dictionary.values.flatMap { try enumerations(of: name, in: $0) }
    }
}
