// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Diagnosis

@Suite("Templates") struct TemplateTests {
    struct Case: Sendable, CustomStringConvertible {
        let template: String
        let text: String
        let captures: [String: String]?
        var description: String { "\(template) in \(text)" }

        init(_ template: String, _ text: String, _ captures: [String: String]?) {
            self.template = template
            self.text = text
            self.captures = captures
        }
    }

    static let cases: [Case] = [
        Case("abc", "xxabcxx", [:]),
        Case("abc", "ab", nil),
        Case("abc", "", nil),
        Case("^abc", "abcd", [:]),
        Case("^abc", "xabc", nil),
        Case("abc$", "xabc", [:]),
        Case("abc$", "abcx", nil),
        Case("abc$", "abcabc", [:]),
        Case("^abc$", "abc", [:]),
        Case("^abc$", "abcc", nil),
        Case("^abc$", "abcabc", nil),
        Case("a{x}b", "1a2b3", ["x": "2"]),
        Case("a{x}b", "ab", ["x": ""]),
        Case("a{x:word}b", "ab", nil),
        Case("a{x:word}b", "a b axb", ["x": "x"]),
        Case("a{x:word}bb$", "a1bb2bb", ["x": "1bb2"]),
        Case("a{x}b$", "a1b2b", ["x": "1b2"]),
        Case("a{x}b$", "a1b2", nil),
        Case("a{x}", "1a 2 3", ["x": " 2 3"]),
        Case("a{x:word}", "1a2 3", ["x": "2"]),
        Case("a{x:word}$", "1a2 3", nil),
        Case("a{x:word}$", "1a2", ["x": "2"]),
        Case("{x}b", "1 2b3", ["x": "1 2"]),
        Case("^{x:word}: y", "u.service: y", ["x": "u.service"]),
        Case("^{x:word}: y", "u v: y", nil),
        Case("^{x}$", "all of it", ["x": "all of it"]),
        Case("id {x:hex} end", "id zz end id 0aF9 end", ["x": "0aF9"]),
        Case("pid={x:int},", "pid=x,pid=12,", ["x": "12"]),
        Case("a{}b{x}c", "a1b2c", ["x": "2"]),
        Case("{{x}}", "a{x}b", [:]),
        Case("^^a", "b^a", [:]),
        Case("a$$", "a$b", [:]),
        Case("in $PATH", "found in $PATH: x", [:]),
        Case(
            "listen {net:word} {addr:word}: bind: address already in use",
            "cannot listen on x: listen tcp 127.0.0.1:80: bind: address already in use",
            ["net": "tcp", "addr": "127.0.0.1:80"]),
        Case(
            "listen {net:word} {addr:word}: bind: address already in use",
            "listen tcp [::1]:80: bind: address already in use", ["net": "tcp", "addr": "[::1]:80"]),
        Case("é{x}ü", "1é2ü", ["x": "2"]),
    ]

    @Test(arguments: cases) func matches(_ test: Case) throws {
        let text = Array(test.text.utf8)
        let template = try Template(test.template)
        var matcher = TemplateMatcher()
        var captures: [String: String]?
        if matcher.matches(template, in: text.span) {
            captures = [:]
            for (index, step) in template.steps.enumerated() {
                guard let name = step.name else { continue }
                captures?[name] = String(decoding: text[matcher.range(ofStep: index)], as: UTF8.self)
            }
        }
        #expect(captures == test.captures)
    }

    static let faults: [(String, Template.Fault)] = [
        ("", .noLiteral), ("{x}", .noLiteral), ("^{x}", .noLiteral), ("a{x", .unclosed), ("a}", .unopened),
        ("a{x}{y}b", .adjacent), ("a{x y}b", .name("x y")), ("a{x:ip}b", .kind("ip")),
        ("a{x}b{x}c", .duplicate("x")), ("{x:word} a", .floating),
        (String(repeating: "a", count: 3000), .tooLong),
        (String(repeating: "a{}", count: 40) + "b", .tooLong),
    ]

    @Test(arguments: faults) func refuses(_ source: String, _ fault: Template.Fault) {
        #expect(throws: fault) { try Template(source) }
        #expect(!fault.description.isEmpty)
    }

    /// Ten thousand braces are refused, not read for ever.
    @Test(arguments: ["{", "}", "{{", "{x}", "a{x:word}"]) func bracesAreBounded(_ piece: String) {
        #expect(throws: Template.Fault.self) { try Template(String(repeating: piece, count: 10_000)) }
    }

    struct Hostile: Sendable, CustomStringConvertible {
        let template: String
        let piece: String
        var description: String { "\(template) on \(piece)…" }
    }

    static let hostile: [Hostile] = [
        Hostile(template: "a{x:word}b", piece: "a"),
        Hostile(template: "a{x:word}b", piece: "a "),
        Hostile(template: "a{x:word}b{y:word}c", piece: "ab"),
        Hostile(template: "a{x:word} b{y:word} c{z:word} d", piece: "aa bb cc "),
        Hostile(template: "a{x}b{y}c{z}d", piece: "abc"),
        Hostile(template: "a{x:int}b", piece: "a1"),
        Hostile(template: "{x}aab", piece: "a"),
        Hostile(template: "aaaaaaab", piece: "a"),
        Hostile(template: "a{x:word}b$", piece: "ab"),
    ]

    /// Work grows with the text and no faster: eight times the text is at most nine times the work.
    @Test(arguments: hostile) func timeIsLinear(_ test: Hostile) throws {
        let template = try Template(test.template)
        func work(_ times: Int) -> Int {
            var matcher = TemplateMatcher()
            _ = matcher.matches(template, in: Array(String(repeating: test.piece, count: times).utf8).span)
            return matcher.work
        }
        let small = work(500)
        #expect(small > 0)
        #expect(work(4000) <= 9 * small + 64)
    }
}
