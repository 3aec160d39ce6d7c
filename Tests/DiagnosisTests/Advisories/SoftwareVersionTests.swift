// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Diagnosis

@Suite struct SoftwareVersionTests {
    @Test(
        "what distributions made of a version compares as the release in it",
        arguments: [
            ("1.6.20~ds1", "1.6.20"), ("1.1.5+ds1", "1.1.5"), ("v1.7.24", "1.7.24"),
            ("1.6.20~ds1-1+deb12u3", "1.6.20"), ("1.7.12-0ubuntu4", "1.7.12"), ("1.29.9+unknown", "1.29.9"),
            ("1.17", "1.17.0"), ("1.1.12-1.el9", "1.1.12"), ("1.6.36.m2", "1.6.36"),
        ])
    func release(_ text: String, _ release: String) throws {
        #expect(try #require(SoftwareVersion(text)) == #require(SoftwareVersion(release)))
    }

    @Test(
        "in order",
        arguments: [
            ("1.2.0-rc.3", "1.2.0"), ("1.2.0-rc.2", "1.2.0-rc.3"), ("2.0.0~rc3", "2.0.0"),
            ("1.2.0-beta.9", "1.2.0-rc.1"), ("1.31.0-dev", "1.31.0"), ("1.9.9", "1.10.0"),
            ("1.6.9", "1.6.20~ds1"),
            ("1.1.5+ds1", "1.1.12"), ("1.16.1", "1.17"),
        ])
    func order(_ older: String, _ newer: String) throws {
        #expect(try #require(SoftwareVersion(older)) < #require(SoftwareVersion(newer)))
        #expect(try !(#require(SoftwareVersion(newer)) < #require(SoftwareVersion(older))))
    }

    @Test(arguments: ["", "v", "containerd", "1", "unknown", "99999999999999999999.1"])
    func noVersion(_ text: String) { #expect(SoftwareVersion(text) == nil) }
}
