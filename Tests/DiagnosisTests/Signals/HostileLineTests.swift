// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

/// Lines that somebody writes on purpose: nothing crashes, nothing grows, the prefilter stays a superset.
@Suite("Hostile lines") struct HostileLineTests {
    static let big = 1 << 20

    /// A line, shown by its name: some are long.
    struct Line: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let message: String

        init(_ name: String, _ message: String) {
            testDescription = name
            self.message = message
        }
    }

    static let messages: [Line] = [
        Line("empty", ""),
        Line("one quote", "\""),
        Line("1 MiB of one letter", String(repeating: "a", count: big)),
        Line("1 MiB of quotes", "time=\"1\" level=error msg=" + String(repeating: "\"", count: big)),
        Line("1 MiB of backslashes", "time=1 msg=\"" + String(repeating: "\\", count: big)),
        Line(
            "1 MiB of open braces",
            "E1122 02:06:58.524726 218 a.go:1] \"x\" c=" + String(repeating: "{", count: big)
        ),
        Line("1 MiB of keys", "time=1 " + String(repeating: "k= ", count: big / 3)),
        Line(
            "1 MiB of half a template",
            String(repeating: "RunPodSandbox for &PodSandboxMetadata{Name:", count: 25_000)
        ),
        Line("1 MiB of addresses", "containerd: " + String(repeating: "listen tcp 1:1 ", count: 70_000)),
        Line("nested quotes", "time=1 level=error error=\"" + String(repeating: #"a \\\"b "#, count: 1000)),
        Line("NUL", "time=1 level=fatal msg=\"a\0b\" error=\"\0\""),
        Line("invalid UTF-8, repaired", String(decoding: [0x74, 0xFF, 0xFE, 0x80, 0x22], as: UTF8.self)),
        Line("klog, cut", "E1122 02:06:58.524726     218 kubelet.go:2034]"),
        Line("klog, cut in a quote", "E1122 02:06:58.524726     218 kubelet.go:2034] \"Skipping pod"),
        Line("terminal escapes", "time=1 level=fatal msg=\"\u{1B}[2J\u{9B}31m\u{7F}gone\""),
    ]

    @Test(arguments: messages) func isSurvived(_ line: Line) throws {
        let rules = try ShippedRulesTests.rules.get()
        for source in [JournalEntry.Source.unit, .manager, .kernel, .conmon] {
            let entry = JournalEntry(
                cursor: "", at: .zero, source: source, unit: "containerd.service", message: line.message)
            for signal in rules.recognize(entry) {
                #expect(rules.mightMatch(entry))
                #expect(signal.excerpt.utf8.count <= SignalRules.excerptLimit)
                for text in signal.captures.values + [signal.excerpt] {
                    #expect(text.utf8.count <= SignalRules.captureLimit)
                    #expect(
                        !text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
                }
            }
        }
    }

    @Test func escapesAreGoneFromSignals() throws {
        let entry = JournalEntry(
            cursor: "", at: .zero, source: .unit, unit: "containerd.service",
            message: "time=1 level=fatal msg=\"\u{1B}[2Jgone\\n\\x1b]0;x\\a\"")
        let signal = try #require(try ShippedRulesTests.rules.get().recognize(entry).first)
        #expect(signal.rule == "ctd-fatal")
        #expect(signal.captures["detail"] == " [2Jgone  ]0;x ")
    }

    @Test func cutsFallBetweenCharacters() {
        #expect(PlainText.clean(String(repeating: "é", count: 10), limit: 5) == "éé")
        #expect(PlainText.clean(Array("aé".utf8), limit: 2) == "a")
        #expect(PlainText.clean(Array("a\u{0}b".utf8), limit: 9) == "a b")
        #expect(PlainText.clean([UInt8](), limit: 9) == "")
    }

    /// What is quick about clean text changes nothing: the same as a look at every character of it.
    @Test func cleanTextIsThatOfEveryCharacter() {
        let pieces: [[UInt8]] = [
            [0x61], [0x20], [0x0A], [0x7F], [0xC2, 0x85], [0xC3, 0xA9], [0xE2, 0x80, 0xA6], [0xC2], [0xFF],
        ]
        var random = SplitMix64(seed: 9)
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...9, using: &random)).flatMap { _ in
                pieces.randomElement(using: &random) ?? []
            }
            let limit = Int.random(in: 0...12, using: &random)
            #expect(PlainText.clean(text, limit: limit) == Self.clean(text, limit), "\(text) \(limit)")
        }
    }

    private static func clean(_ text: [UInt8], _ limit: Int) -> String {
        var clean = ""
        for scalar in String(decoding: text.prefix(limit + 1), as: UTF8.self).unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            let next = isControl ? " " : String(scalar)
            guard clean.utf8.count + next.utf8.count <= limit else { break }
            clean += next
        }
        return clean
    }

    /// Known lines, damaged: whatever still is recognised must still pass the prefilter.
    @Test func prefilterDropsNothingThatIsDamaged() throws {
        let rules = try ShippedRulesTests.rules.get()
        var random = SplitMix64(seed: 42)
        var recognized = 0
        for row in CatalogueRow.all {
            for _ in 0..<6 {
                var entry = row.entry
                entry.message = Self.damage(entry.message, &random)
                let known = rules.recognizeByAllRules(entry)
                recognized += known.count
                #expect(known.isEmpty || rules.mightMatch(entry), "\(known): \(entry.message)")
            }
        }
        #expect(recognized > 100)
    }

    private static func damage(_ message: String, _ random: inout SplitMix64) -> String {
        var letters = Array(message)
        for _ in 0..<Int.random(in: 1...3, using: &random) where !letters.isEmpty {
            let at = Int.random(in: 0..<letters.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: letters.remove(at: at)
            case 1:
                letters.insert(["\"", "\\", "{", " ", "\n"].randomElement(using: &random) ?? "\"", at: at)
            case 2: letters = Array(letters[at...])
            default: letters = Array(letters[...at])
            }
        }
        return String(letters)
    }

    static let globs: [(String, String, Bool)] = [
        ("k3s*.service", "k3s-agent.service", true), ("k3s*.service", "k3s.service", true),
        ("k3s*.service", "xk3s.service", false), ("*", "", true), ("", "", true), ("", "a", false),
        ("a?c", "abc", true), ("a?c", "ac", false), ("*a*b", "xxaxxb", true), ("*a*b", "xxbxxa", false),
        ("a.service", "a_service", false),
        (String(repeating: "*a", count: 30), String(repeating: "b", count: 200), false),
    ]

    @Test(arguments: globs) func globsMatch(_ glob: String, _ name: String, _ matches: Bool) {
        #expect(Glob(glob).matches(name) == matches)
    }

    static let words: [(String, String?)] = [
        ("templat", "template"), ("tempalte", "template"), ("sevrity", "severity"), ("xyz", nil), ("", nil),
        ("exampels", "examples"),
    ]

    @Test(arguments: words) func nearestWord(_ word: String, _ meant: String?) {
        #expect(EditDistance.nearest(to: word, among: RuleKeys.all) == meant)
    }
}
