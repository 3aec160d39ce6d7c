// SPDX-License-Identifier: Apache-2.0
import Testing
import YAML

@Suite("YAML documents")
struct YAMLDocumentTests {
    private func read(_ text: String) -> YAMLDocument { YAMLDocument(Array(text.utf8)) }

    /// Each is a document whose key `a` is a scalar.
    static let scalars: [(String, String?)] = [
        ("a: b", "b"), ("a:   b   # c", "b"), ("a: b#c", "b#c"), ("a: 'it''s'", "it's"),
        (#"a: "x\"y\n\u00e9\x41" # c"#, "x\"y\né\u{41}"), ("\u{FEFF}a: b", "b"), ("a: b\r\nc: d\r\n", "b"),
        ("# head\n\n---\na: b\n---\na: c\n", "b"), ("%YAML 1.2\n---\na: b", "b"), ("--- {a: b}", "b"),
        ("a:\n  b\n", "b"), ("a: b\n  c\nd: e", "b c"), ("a: &x !!str b", "b"), ("a: \"b\n  c\"", "b c"),
        ("a: unix:///run/c.sock", "unix:///run/c.sock"), ("\"a\": b", "b"), ("'a' : b", "b"),
        ("  a: b\n  c: d", "b"), ("x:\n  a: no\na: b", "b"), ("x: |\n  a: no\na: b", "b"),
        ("x: >-\n  text\n\n  a: no\na: b", "b"), ("x: {a: no}\na: b", "b"), ("x: {\n  a: no\n}\na: b", "b"),
        ("x:\n- a: no\na: b", "b"), ("x:\n  - a: no\n    c: d\na: b", "b"), ("a: b\na: c", "c"),
        ("x: *y\na: b", "b"), ("a: b\n...\na: c", "b"),
        ("{\"kind\": \"K\", \"n\": {\"a\": 1}, \"a\": \"b\"}", "b"), ("{a: b, c: d}", "b"),
        ("{\n \"a\":\"b\"\n}\n", "b"), ("{\"a\":3}", "3"), ("{a: b # c\n, c: d}", "b"),
        ("a:", nil), ("a: ~", nil), ("a: null", nil), ("a: \"null\"", "null"), ("a: |\n  b", nil),
        ("a:\n  b: c", nil), ("a: [b]", nil), ("{\"a\": null}", nil), ("b: a: c", nil), ("- a: b", nil),
        ("", nil), ("a", nil), ("a: \"b", nil), ("{a: b", nil), ("\u{0}", nil),
    ]

    @Test("a scalar of the outermost mapping", arguments: scalars)
    func scalar(_ text: String, _ value: String?) { #expect(read(text).text("a") == value, "\(text)") }

    static let lists: [(String, [String])] = [
        ("a: [b, \"c d\", 'e', 4]", ["b", "c d", "e", "4"]), ("a:\n- b\n- 'c'\nd: e", ["b", "c"]),
        ("a:\n  - b # x\n\n  # y\n  - c\n", ["b", "c"]), ("a: b", ["b"]),
        ("a: [\n b,\n c\n]\nd: e", ["b", "c"]),
        ("{\"a\": [\"b\", \"c\"]}", ["b", "c"]), ("a: []", []), ("a:\n- - b", []), ("a: [[b]]", []),
        ("a:\n- b: c", []), ("a:\n- x=unix:///b", ["x=unix:///b"]),
    ]

    @Test("a list of scalars", arguments: lists)
    func list(_ text: String, _ value: [String]) { #expect(read(text).list("a") == value, "\(text)") }

    @Test func whatFollowsAListIsRead() {
        let document = read("a:\n- b\nc: d\ne: [f]\ng: {h: i}\nj: k")
        #expect(document.text("c") == "d")
        #expect(document.values["g"] == .nested)
        #expect(document.text("j") == "k")
    }

    @Test func flagsAreThoseOfGo() {
        #expect(read("a: yes").flag("a") == true)
        #expect(read("a: False").flag("a") == false)
        #expect(read("a: 1").flag("a") == nil)
    }

    static let hostile: [[UInt8]] = [
        Array(String(repeating: "[", count: 100_000).utf8),
        Array(("a: " + String(repeating: "[", count: 100_000)).utf8),
        Array(String(repeating: "{a: ", count: 50_000).utf8),
        Array(("a: \"" + String(repeating: "\\", count: 99_999)).utf8),
        Array(repeating: 0xFF, count: 100_000), Array(String(repeating: "a:\n", count: 50_000).utf8),
        Array(String(repeating: "- ", count: 50_000).utf8),
        Array(("a:\n" + String(repeating: "- \"\n", count: 25_000)).utf8),
        Array(String(repeating: "'", count: 99_999).utf8),
        Array(("a: b" + String(repeating: "\n c", count: 30_000)).utf8),
        Array(String(repeating: "\"a\" ", count: 25_000).utf8), Array(("a: \"\\u12").utf8),
        Array("a: \"\\".utf8),
        Array("a: [\"".utf8), Array("? a\n: b".utf8), Array("\t\ta: b".utf8), Array("a: *".utf8),
        Array("-".utf8),
    ]

    @Test("nothing ends the process", arguments: hostile.indices)
    func hostileBytes(_ index: Int) {
        let bytes = Self.hostile[index]
        _ = YAMLDocument(bytes)
        for length in stride(from: 0, to: min(bytes.count, 64), by: 1) {
            _ = YAMLDocument(Array(bytes[..<length]))
        }
    }
}
