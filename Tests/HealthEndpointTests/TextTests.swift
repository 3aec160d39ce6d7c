// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import HealthEndpoint

@Suite struct TextTests {
    static let hostile: [String] = [
        "", " ", "\n\n\n", "plain words", String(repeating: "x", count: 5000),
        String(repeating: "word ", count: 2000), "a\u{0}b\u{7}c\u{8}\u{8}\u{7F}\u{9B}31m",
        "\u{1B}[31mred\u{1B}[0m \u{1B}]0;title\u{7} \u{1B}P1;2|x\u{1B}\\", "\u{1B}", "\u{1B}[",
        "\u{1B}[999999999999",
        "\u{202E}desrever\u{202C} \u{2066}x\u{2069} \u{200B}\u{FEFF}\u{2028}\u{2029}\u{AD}",
        "\r\nX: 1\r\n\r\nbody",
        "日本語の長いテキスト" + String(repeating: "漢字", count: 300), String(repeating: "\u{301}", count: 400),
        "it's \"quoted\" \\ and `run` $(x) " + String(repeating: "y", count: 300),
        "\u{E0041}\u{FFFE}\u{10FFFF}",
        "tail \\", "'open " + String(repeating: "q ", count: 200),
        String(repeating: "👩‍👩‍👧‍👦", count: 100),
    ]

    static let widths = [-1, 40, 41, 59, 80, 81, 200, .max]

    @Test(arguments: hostile, widths) func noLineIsWiderThanAsked(text: String, width: Int) {
        let limit = min(max(width, 40), 200)
        for text in [
            TextPage.render(Fixtures.hostile(text), width: width),
            IncidentText.render(Fixtures.incident("x", text: text), width: width),
            IncidentText.timeline(Fixtures.incident("x", text: text), width: width),
        ] {
            #expect(text.hasSuffix("\n"))
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                let scalars = line.unicodeScalars
                #expect(Printable.columns(scalars) <= limit, "\(line)")
                #expect(!scalars.contains(where: isDangerous), "\(line.debugDescription)")
                #expect(scalars.last != " ")
            }
        }
    }

    private func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        let category = scalar.properties.generalCategory
        return category == .control || category == .format || category == .lineSeparator
            || category == .paragraphSeparator
    }

    @Test func theDocumentOutsideTheServerIsTheServers() {
        let route = Router.answer("/v1/state?pretty", Fixtures.down).text
        #expect(String(decoding: StateDocument.json(Fixtures.down), as: UTF8.self) == route)
    }

    /// What a browser or a terminal would act on, or a reader not see, is spelled out; everything else stays.
    @Test func jsonHoldsNothingThatMovesATerminal() throws {
        let text = ["\u{9B}31m \u{202E}x\u{7F}\u{200B} é 日本 👍 \u{E0041} \"\\ \u{1B}"]
        let json = JSONText.encode(text)
        let shown = String(decoding: json, as: UTF8.self)
        #expect(shown.contains("\\u009b31m \\u202ex\\u007f\\u200b é 日本 👍 \\udb40\\udc41 "))
        #expect(!shown.dropLast().unicodeScalars.contains(where: isDangerous))
        #expect(try JSONSerialization.jsonObject(with: Data(json)) as? [String] == text)
    }

    @Test func aClockThatWasSetBackIsNoTimeBefore() {
        var snapshot = Fixtures.down
        snapshot.at.wall = Fixtures.time("2026-11-01T00:00:00Z")
        let pages = [TextPage.render(snapshot), Router.answer("/", snapshot, accept: "text/html").text]
        for page in pages { #expect(page.matches(of: /[( ]-[0-9]+ (ms|s|min|h|d)/).isEmpty) }
        let json = Router.answer("/v1/incidents", snapshot).text
        #expect(json.contains("\"durationSeconds\":0"))
        #expect(!json.contains("\"durationSeconds\":-"))
    }

    @Test func theVerdictComesFirst() {
        for verdict in Snapshot.Verdict.allCases {
            var snapshot = Fixtures.down
            snapshot.verdict = verdict
            #expect(TextPage.render(snapshot).hasPrefix(verdict.rawValue.uppercased() + "  "))
        }
    }

    @Test func thePageIsBoundedAndSaysSo() {
        let page = TextPage.render(Fixtures.hostile("text", incidents: 500))
        #expect(page.contains("And 488 more open incidents"))
        #expect(page.contains("and 492 more: /v1/incidents?status=resolved"))
        #expect(page.utf8.count < 64 * 1024)
    }

    @Test(arguments: [
        ("systemctl start containerd", 40, "systemctl start containerd\n"),
        (
            "a bb ccc dddd eeeee ffffff ggggggg hhhhhhhh iii", 40,
            "a bb ccc dddd eeeee ffffff ggggggg \\\n  hhhhhhhh iii\n"
        ),
        (
            "grep 'two words in quotes here' /var/log/some", 40,
            "grep 'two words in quotes here' \\\n  /var/log/some\n"
        ),
        // Moved to the left as far as it must: it is copied whole.
        ("systemctl status containerd.service -n20", 40, "systemctl status containerd.service -n20\n"),
        ("grep 'a  b'", 40, "grep 'a  b'\n"),
        ("dpkg -S /usr/bin/containerd /usr/bin/x   # or rpm", 40, "dpkg -S /usr/bin/containerd /usr/bin/x\n"),
        (
            "echo \"a \\\" b\" c dddddddddddddddddddddddddd", 40,
            "echo \"a \\\" b\" c \\\n  dddddddddddddddddddddddddd\n"
        ),
        ("cat /a/path/that/is/longer/than/one/line/can/be", 40, "(too long for this page: see the JSON)\n"),
    ])
    func commandsStayCommands(command: String, width: Int, expected: String) {
        var writer = TextWriter(width: width)
        writer.command(command, indent: 0)
        #expect(writer.text == expected)
    }

    @Test(arguments: [
        ("a\tb\n c", "a b c"), ("\u{1B}[1;31mred\u{1B}[0m", "red"), ("\u{1B}]0;t\u{7}x", "]0;t x"),
        ("x\u{202E}y", "xy"), ("  a  ", "a"), ("\u{9B}31m", "31m"), ("é ü", "é ü"),
    ])
    func whatCouldMoveATerminalIsRemoved(text: String, expected: String) {
        #expect(Printable.line(text) == expected)
    }

    /// Who speaks is at the beginning, the reason at the end.
    @Test(arguments: [
        ("short enough", 53, "short enough"),
        (
            "containerd.service: Main process exited, code=killed, status=9/KILL", 53,
            "containerd.service: ... code=killed, status=9/KILL"
        ),
        (
            "Failed to load container \"45e32b0751e483a4fd6ddd28996ae2b147c69307200189e0c4320d3893bd8c64\"",
            53,
            "Failed to load container \"45e32b0751e4\""
        ),
        ("deadbeef cafe 0123456789abcdef0123456789abcde", 40, "deadbeef cafe ... abcdef0123456789abcde"),
        ("日本語の長いテキストの終わり", 24, "日本語の ... トの終わり"),
        (String(repeating: "x", count: 100), 30, "xxxxxxxxxx ... xxxxxxxxxxxxxxx"),
        ("one two three", 9, "one tw..."),
    ])
    func longEvidenceIsToldByItsEnds(text: String, width: Int, expected: String) {
        let squeezed = Printable.squeezed(Array(text.unicodeScalars), columns: width)
        #expect(Printable.columns(squeezed) <= width)
        #expect(Printable.string(squeezed) == expected)
    }

    /// Whatever the items say: three lines of them on a page of 80 columns.
    @Test(arguments: ["word ", "x", "日本 ", "0123456789abcdef"]) func evidenceTakesThreeLines(word: String) {
        var snapshot = Fixtures.down
        let items = (0..<9).map {
            Evidence(
                at: Fixtures.second("01:42:2\($0)"), source: .journal,
                summary: String(repeating: word, count: 90))
        }
        snapshot.open[0].evidence = items
        // What else there is to tell leaves room for them.
        snapshot.open[0].explanation = ""
        snapshot.open[0].nextSteps = []
        for origin in [TextPage.Origin.daemon, .oneLook, .recording] {
            let lines = TextPage.render(snapshot, origin: origin).split(separator: "\n")
            let seen = lines.drop { !$0.hasPrefix("  proof ") }.prefix { !$0.hasPrefix("  also ") }
            #expect(seen.count == 3 && seen.allSatisfy { $0.contains(" journal ") })
            #expect(lines.contains { $0.contains("6 more seen") })
        }
    }

    /// By Unicode's EastAsianWidth.txt, and by what terminals do with emoji.
    @Test(arguments: [
        ("✅⚡⏰⭐", 8), ("👍", 2), ("\u{17000}", 2), ("한국", 4), ("\u{1F200}", 2), ("é", 1), ("→✓•", 3),
    ])
    func columnsAreThoseOfATerminal(text: String, columns: Int) {
        #expect(Printable.columns(text.unicodeScalars) == columns)
    }

    @Test(arguments: ["a\u{34F}b", "a\u{FE0F}b", "a\u{115F}b", "a\u{3164}b", "a\u{FFA0}b", "a\u{E0100}b"])
    func whatNobodySeesIsLeftOut(text: String) { #expect(Printable.line(text) == "ab") }

    @Test func cutTextSaysSo() {
        #expect(Printable.string(Printable.cut(Array("abcdefgh".unicodeScalars), columns: 6)) == "abc...")
        #expect(Printable.string(Printable.cut(Array("日本語".unicodeScalars), columns: 5)) == "日...")
        #expect(Printable.string(Printable.cut(Array("abc".unicodeScalars), columns: 2)) == "..")
    }
}

@Suite struct AdviceTests {
    private static let advice = Advice(
        id: "CVE-2024-21626", category: .vulnerability, component: "runc", version: "1.1.5+ds1",
        sentence: "a leaked descriptor lets a container out", fixedIn: ["1.1.12"],
        source: "https://example.org")

    @Test func adviceHasItsOwnHeadingAndLeavesTheVerdict() {
        var snapshot = Snapshot.nothingKnown(at: WallTime(microseconds: 0))
        let before = TextPage.render(snapshot)
        snapshot.advice = [Self.advice]
        let page = TextPage.render(snapshot)
        #expect(
            page.contains("\nAdvice (by upstream version; your distribution may have backported fixes)\n"))
        #expect(page.contains("runc 1.1.5+ds1: a leaked descriptor"))
        #expect(page.split(separator: "\n").first == before.split(separator: "\n").first)
        #expect(page.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func moreAdviceThanFitsIsCounted() {
        var snapshot = Snapshot.nothingKnown(at: WallTime(microseconds: 0))
        snapshot.advice = Array(repeating: Self.advice, count: 20)
        #expect(TextPage.render(snapshot).contains("and 16 more: /v1/state"))
    }

    @Test("evidence reads in the order of time, the most telling items of it on the page")
    func evidenceInOrder() {
        var incident = Fixtures.killed
        incident.evidence = [3, 1, 2, 0].map {
            Evidence(at: Fixtures.second("01:42:2\($0)"), source: .node, summary: "item \($0)")
        }
        let full = IncidentText.render(incident)
        let order = (0...3).map { full.firstRange(of: "item \($0)")?.lowerBound ?? full.endIndex }
        #expect(order == order.sorted())
        var writer = TextWriter(width: 80)
        IncidentText.write(incident, detail: .summary(.daemon), .init(), to: &writer)
        #expect(!writer.text.contains("item 0"))
    }
}
