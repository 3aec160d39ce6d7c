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

    /// The values of every `enum` that a property of that name has, anywhere in the document.
    private func enumerations(of name: String, in object: Any) throws -> [[String]] {
        if let array = object as? [Any] { return try array.flatMap { try enumerations(of: name, in: $0) } }
        guard let dictionary = object as? [String: Any] else { return [] }
        let own = ((dictionary[name] as? [String: Any])?["enum"] as? [String]).map { [$0] } ?? []
        return try own + dictionary.values.flatMap { try enumerations(of: name, in: $0) }
    }
}
