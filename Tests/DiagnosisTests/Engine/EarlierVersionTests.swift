// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

/// A node that is upgraded, goes back and is upgraded again keeps what is open: from 0.1 to this version and back.
@Suite struct EarlierVersionTests {
    /// A state that 0.1.0 wrote, with one incident that is open.
    private static func stateOf01() throws -> [String: Any] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Hostile/crash-checkpoint-repeats.json").standardizedFileURL
        let text = try String(contentsOf: file, encoding: .utf8).replacing("9223372036854775807", with: "1")
        let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let content = try #require(document?["content"] as? [String: Any])
        return try #require(content["engine"] as? [String: Any])
    }

    /// What 0.1.0 decodes of a state's incidents: all of it must be there. Its facts may be missing but for these three.
    private struct State01: Decodable {
        struct Words: Decodable {
            var depth: Int
            var cause: String
            var sentence: String
            var explanation: String
            var severity: Severity
            var impact: Impact
        }
        struct Entry: Decodable {
            var incident: Incident
            var shown: Bool
            var since: MonotonicTime
            var resolvedAt: MonotonicTime?
            var repeats: Int
            var changedAt: MonotonicTime
            var deepest: Words
        }
        struct Book: Decodable {
            var entries: [String: Entry]
            var opened: [String: UInt64]
            var history: [Incident]
        }
        struct Facts: Decodable {
            var bootID: String
            var hostname: String
            var now: Moment
        }
        var book: Book
        var facts: Facts
    }

    @Test func whatEarlierVersionsWroteIsGoneOnWith() throws {
        let data = try JSONSerialization.data(withJSONObject: try Self.stateOf01())
        let state = try JSONDecoder().decode(EngineState.self, from: data)
        let open = state.book.open
        #expect(open.map(\.cause) == ["Killed", "BusUnavailable"])
        // And once more, after this version has written it.
        let again = try JSONDecoder().decode(EngineState.self, from: try JSONEncoder().encode(state))
        #expect(again.book.open == open)
    }

    @Test func whatThisVersionWritesIsGoneOnWithBy01() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        scene.wait(.seconds(60))
        let open = scene.open
        #expect(!open.isEmpty)
        let data = try JSONEncoder().encode(scene.engine.state)
        let earlier = try JSONDecoder().decode(State01.self, from: data)
        let kept = earlier.book.entries.values.filter { $0.shown && $0.incident.isOpen }.map(\.incident)
        #expect(Set(kept.map(\.id)) == Set(open.map(\.id)))
        #expect(earlier.book.entries.values.allSatisfy { $0.deepest.depth == -1 && $0.repeats > 0 })
        #expect(earlier.facts.bootID == "boot-1")
    }
}
