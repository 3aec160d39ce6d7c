// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

@Suite("Literal automaton") struct LiteralAutomatonTests {
    private func found(_ literals: [String], _ text: String) throws -> Set<Int> {
        let automaton = try #require(LiteralAutomaton(literals.map { Array($0.utf8) }))
        let bytes = Array(text.utf8)
        let found = automaton.found(in: bytes)
        #expect(automaton.matches(bytes.span) == !found.isEmpty)
        return found
    }

    @Test func findsOverlappingLiterals() throws {
        #expect(try found(["he", "she", "his", "hers"], "ushers") == [0, 1, 3])
        #expect(try found(["a", "aa", "aaa"], "aa") == [0, 1])
        #expect(try found(["abcd", "bc"], "abce") == [1])
        #expect(try found(["abc"], "") == [])
        #expect(try found([], "abc") == [])
        #expect(try found(["", "b"], "abc") == [1])
    }

    @Test func agreesWithAPlainSearch() throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<200 {
            let literals = (0..<8).map { _ in random.text(of: "ab ", length: 1...4) }
            let text = random.text(of: "abc ", length: 0...40)
            let plain = Set(literals.indices.filter { text.contains(literals[$0]) })
            #expect(try found(literals, text) == plain, "\(literals) in \(text)")
        }
    }

    @Test func allBytesMayOccur() throws {
        let literals = (0...255).map { [UInt8($0), UInt8(255 - $0)] }
        let automaton = try #require(LiteralAutomaton(literals))
        for byte in 0...255 { #expect(automaton.found(in: literals[byte]) == [byte]) }
        #expect(automaton.found(in: []) == [])
    }

    @Test func tooManyStatesAreRefused() {
        var random = SplitMix64(seed: 1)
        let literals = (0..<4500).map { _ in Array(random.text(of: "abcdefghijklmnop", length: 24...24).utf8)
        }
        let isRefused = LiteralAutomaton(literals) == nil
        #expect(isRefused)
    }
}

extension LiteralAutomaton {
    fileprivate func found(in text: [UInt8]) -> Set<Int> {
        var found: Set<Int> = []
        forEachFound(in: text.span) { found.insert($0) }
        return found
    }
}

extension SplitMix64 {
    mutating func text(of alphabet: String, length: ClosedRange<Int>) -> String {
        let letters = Array(alphabet)
        return String(
            (0..<Int.random(in: length, using: &self)).map { _ in letters.randomElement(using: &self) ?? "a" }
        )
    }
}
