// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@Suite("Excerpts")
struct TextTests {
    static let excerpts: [(String, Int, String)] = [
        ("plain", 512, "plain"), ("", 512, ""), ("  a \t\r\n b  ", 512, "a b"),
        ("\u{1b}[31mred\u{1b}[0m", 512, "[31mred [0m"),
        ("\u{9b}31m\u{7f}x\u{0}", 512, "31m x"), ("a\u{202e}b\u{2066}c\u{feff}", 512, "a b c"),
        ("ééé", 5, "éé"),
        ("a 👩‍🚀", 6, "a 👩"), ("abc def", 3, "abc"), ("abc def", 4, "abc"), ("abc def", 5, "abc d"),
        ("x", 0, ""),
    ]

    @Test("control characters go, the rest is cut between characters", arguments: excerpts)
    func excerpt(_ text: String, _ limit: Int, _ expected: String) {
        #expect(Text.excerpt(text, limit: limit) == expected)
        #expect(Text.excerpt(text, limit: limit).utf8.count <= limit)
    }
}
