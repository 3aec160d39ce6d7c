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
}
