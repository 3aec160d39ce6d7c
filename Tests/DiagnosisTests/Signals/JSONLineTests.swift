// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

/// A runtime that logs JSON is understood as one that logs text.
@Suite("JSON lines") struct JSONLineTests {
    /// Examples of the shipped rules that are logfmt with a message.
    private static let examples = ShippedRulesTests.examples.filter {
        Logfmt(Array($0.message.utf8))?.fields["msg"] != nil
    }

    /// The line as encoding/json writes it: members sorted, `<`, `>` and `&` escaped.
    private static func json(_ line: String) -> String {
        let bytes = Array(line.utf8)
        let fields = Logfmt(bytes)?.fields ?? []
        let members = fields.sorted { $0.key < $1.key }.map { field in
            quoted(field.key) + ":" + quoted(String(decoding: field.value.bytes(of: bytes), as: UTF8.self))
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n": "\\n"
            case "\t": "\\t"
            case "<", ">", "&": "\\u00" + String(scalar.value, radix: 16)
            default:
                scalar.value < 0x20
                    ? "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
                    : String(scalar)
            }
        }
        return "\"" + scalars.joined() + "\""
    }

    @Test func thereAreMany() { #expect(Self.examples.count > 80) }

    @Test(arguments: examples) func isKnownAsJSON(_ line: ShippedRulesTests.Line) throws {
        let rules = try ShippedRulesTests.rules.get()
        // What knows a line by logrus' own form of it knows no other.
        let raw = line.rule.conditions.filter { $0.field == "message" }.flatMap(\.templates).map(\.source)
        guard !raw.contains(where: { $0.contains("msg=") || $0.contains("level=") }) else { return }
        let told = rules.recognize(line.rule.sample(line.message)).filter { $0.rule == line.rule.id }
        let entry = line.rule.sample(Self.json(line.message))
        #expect(rules.mightMatch(entry), "the prefilter would drop it")
        let same = rules.recognize(entry).filter { $0.rule == line.rule.id }
        #expect(same.map(\.name) == told.map(\.name))
        // A template over the raw line captures what is escaped in it, one way or the other.
        if (told + same).allSatisfy({ $0.captures.values.allSatisfy { !$0.contains("\\") } }) {
            #expect(same.map(\.captures) == told.map(\.captures))
        }
    }
}
