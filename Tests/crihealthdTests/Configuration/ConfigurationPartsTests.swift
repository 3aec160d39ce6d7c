// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import crihealthd

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("10s", Duration.seconds(10)), ("500ms", .milliseconds(500)), ("1m30s", .seconds(90)),
        ("1min 30s", .seconds(90)), ("2h", .seconds(7200)), ("7d", .seconds(604_800)), ("0s", .zero),
    ])
    func durationsAreRead(text: String, expected: Duration) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(arguments: ["", "10", "s", "1.5s", "-1s", "10 s", "1s x", "9999999999999d", "１s", "1S"])
    func othersAreNot(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [
        Duration.zero, .milliseconds(1500), .seconds(90), .seconds(3600), .seconds(86_400 * 30),
    ])
    func formatIsReadBack(duration: Duration) {
        #expect(DurationText.parse(DurationText.format(duration)) == duration)
    }
}

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("lisen", "listen"), ("Log-Level", "log_level"), ("loglevel", "log_level"), ("sokcet", "socket"),
    ])
    func typingErrorsAreUnderstood(word: String, meant: String) {
        #expect(Suggestion.nearest(to: word, in: ["listen", "socket", "log_level"]) == meant)
    }

    @Test func farWordsAreNot() {
        #expect(Suggestion.nearest(to: "banana", in: ["listen", "socket"]) == nil)
        #expect(Suggestion.nearest(to: String(repeating: "l", count: 5000), in: ["listen"]) == nil)
    }

    @Test func distances() {
        #expect(Suggestion.distance("", "abc") == 3)
        #expect(Suggestion.distance("abc", "abc") == 0)
        #expect(Suggestion.distance("acb", "abc") == 1)
        #expect(Suggestion.distance("kitten", "sitting") == 3)
    }
}

@Suite struct KeyLocatorTests {
    private let locator = KeyLocator(
        "a = \"\"\"\nb = 1\n\"\"\"\nb = 2\n# c = 3\n[ t ]\n  c = 3\n\"d\" = 4\n[t.u]\ne.f = 1\n")

    @Test(arguments: [
        ("a", 1, 1), ("b", 4, 1), ("t", 6, 1), ("t.c", 7, 3), ("t.d", 8, 1), ("t.u.e.f", 10, 1),
        ("t.u.zz", 9, 1),
        ("a.inline", 1, 1),
    ])
    func keysAreFound(key: String, line: Int, column: Int) {
        #expect(locator.position(of: key) == TextPosition(line: line, column: column))
    }

    @Test func unknownKeysHaveNoPlace() { #expect(locator.position(of: "zz") == nil) }
}
