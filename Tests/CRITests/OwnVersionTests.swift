// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import CRI

@Suite struct OwnVersionTests {
    @Test(
        arguments: [
            ("crictl version v1.36.0\n", "v1.36.0"), ("crictl version 1.25.0", "1.25.0"),
            ("crictl version\n", nil),
            ("", nil), ("flag provided but not defined: -version", nil),
            ("crictl version \u{1B}[31mv1\n", nil),
            ("crictl version " + String(repeating: "9", count: 100), nil),
        ] as [(String, String?)])
    func itsWordsAreRead(output: String, expected: String?) {
        #expect(Crictl.ownVersion(in: output) == expected)
    }

    @Test func withoutCrictlThereIsNone() {
        #expect(Crictl(searchDirectories: ["/nonexistent"]).ownVersion() == nil)
    }
}
