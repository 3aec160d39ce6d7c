// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthModel
import Testing

@testable import Diagnosis

@Suite("README") struct ReadmeTests {
    /// What it has to say: a row for each kind that opens incidents.
    private static var table: [String] {
        Catalogue.all.sorted { $0.kind < $1.kind }.filter { !$0.causes.isEmpty }.map { one in
            "| \(one.kind.rawValue) | \(one.causes.map(\.cause.rawValue).joined(separator: ", ")) |"
        }
    }

    /// With RECORD_GOLDEN=1 in the environment the table is written instead.
    @Test("what it knows is what the catalogue has") func tableIsTheCatalogues() throws {
        let path = #filePath.replacing("Tests/DiagnosisTests/ReadmeTests.swift", with: "README.md")
        let lines = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let start = try #require(lines.firstIndex { $0.hasPrefix("<!-- catalogue") }) + 3
        let end = try #require(lines[start...].firstIndex(of: "<!-- end -->"))
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] != nil {
            let renewed = lines[..<start] + Self.table + lines[end...]
            return try Data(renewed.joined(separator: "\n").utf8).write(to: URL(filePath: path))
        }
        #expect(Array(lines[start..<end]) == Self.table, "RECORD_GOLDEN=1 renews it")
    }
}
