// SPDX-License-Identifier: Apache-2.0
import Testing

/// Numbers that a checkpoint, a recording or another process can bring are counted on with clamping, never with an operator that
/// traps: `increment(by:)`, `addingClamped(_:)`.
@Suite struct CountRulesTests {
    private struct Number {
        var name: String
        var file: String
    }

    /// Stored integers, and dictionaries of them, of the types that can be decoded.
    private static func numbers(_ file: String, _ lines: [Substring]) -> [Number] {
        var found: [Number] = []
        var types: [(indent: Int, isDecoded: Bool)] = []
        for line in lines {
            let text = line.drop { $0 == " " }
            guard !text.isEmpty, !text.hasPrefix("//") else { continue }
            let indent = line.count - text.count
            while let last = types.last, indent <= last.indent { types.removeLast() }
            if let type = text.firstMatch(of: #/^(?:\w+ )*(?:struct|enum|class|actor) \w+(.*)\{/#) {
                types.append((indent, type.1.contains(#/\b(Codable|Decodable)\b/#)))
            } else if types.last?.isDecoded == true,
                let name = variable(text),
                !text.hasSuffix("{")
            {
                found.append(Number(name: String(name), file: file))
            }
        }
        return found
    }

    private static func variable(_ text: Substring) -> Substring? {
        text.firstMatch(of: #/^(?:[\w()]+ )*var (\w+)(?:: [^=]*\bU?Int\d*\]?\??| = -?\d+)/#)?.1
    }

    /// Where such a number is changed by an operator.
    private static func problems(_ files: [(name: String, lines: [Substring])]) -> [String] {
        var owners: [String: Set<String>] = [:]
        for number in files.flatMap({ numbers($0.name, $0.lines) }) {
            owners[number.name, default: []].insert(number.file)
        }
        return files.flatMap { file in
            file.lines.enumerated().compactMap { index, line -> String? in
                guard let change = line.firstMatch(of: #/(\??\.)?\b(\w+)(?:\[[^\]]*\])? [-+*]= /#),
                    let own = owners[String(change.2)], change.1 != nil || own.contains(file.name),
                    !line.drop(while: { $0 == " " }).hasPrefix("//")
                else { return nil }
                return "\(file.name):\(index + 1):\(line)"
            }
        }
    }

    @Test func decodedNumbersDoNotTrap() throws {
        let files = try SourceRulesTests.files
        #expect(files.flatMap { Self.numbers($0.name, $0.lines) }.count > 50)
        #expect(Self.problems(files) == [])
    }

    @Test func theRuleSeesWhatItShould() {
        let text = """
            public struct A: Hashable, Codable {
                var repeats = 1
                private(set) var opened: [String: UInt64] = [:]
                func f() { repeats += 1 }
                func g() { opened["x", default: 0] += 1 }
                func h() { let other = 1; other &+= 1; text += "x" }
            }
            func i(_ a: inout A?) { a?.repeats -= 1 }
            struct B { var plain = 0; mutating func j() { plain += 1 } }
            """
        let found = Self.problems([("a.swift", text.split(separator: "\n"))])
        #expect(found.map { $0.split(separator: ":")[1] } == ["4", "5", "8"])
    }
}
