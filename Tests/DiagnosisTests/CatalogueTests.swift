// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthModel
import Testing

@testable import Diagnosis

/// The table of every kind, as it is committed: what changes here changes names that others rely on.
@Suite("Catalogue") struct CatalogueTests {

    private static var printed: String {
        Catalogue.all.sorted { $0.kind < $1.kind }.map { one in
            let complaints = { (names: Set<SignalName>) in
                names.isEmpty ? "-" : names.map(\.rawValue).sorted().joined(separator: " ")
            }
            let head = [
                one.kind.rawValue, "  condition \(one.condition?.rawValue ?? "-")",
                "  message id \(one.messageID)",
                "  silence \(one.speaksOfAll ? "means that the subject is gone" : "means nothing")",
                "  owns \(complaints(one.owns))", "  folds \(complaints(one.folds))",
            ]
            let rows = one.causes.map { row in
                "    \(row.cause.rawValue) \(row.severities.map(\.rawValue).joined(separator: " "))"
            }
            return (head + rows).joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }

    @Test func isAsCommitted() throws {
        let path = #filePath.replacing("CatalogueTests.swift", with: "catalogue.txt")
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] != nil {
            try Data(Self.printed.utf8).write(to: URL(filePath: path))
        }
        let committed = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(Self.printed == committed)
    }

    @Test func listsEveryKindOnce() {
        #expect(Set(Catalogue.all.map(\.kind)) == Set(IncidentKind.shipped))
        #expect(Catalogue.all.count == IncidentKind.shipped.count)
        #expect(Set(Catalogue.all.map(\.messageID)).count == Catalogue.all.count)
    }

    @Test func hasACauseOnce() {
        for one in Catalogue.all {
            #expect(Set(one.causes.map(\.cause)).count == one.causes.count, "\(one.kind.rawValue)")
            #expect(one.owns.isDisjoint(with: one.folds), "\(one.kind.rawValue)")
        }
    }

    @Test func ranksByItsOrder() {
        #expect(Rank.order(.configInvalid, of: .runtimeDown) > Rank.order(.crashLooping, of: .runtimeDown))
        #expect(Rank.order(.reportedByKubelet, of: .runtimeDown) == 1)
        #expect(Rank.order(.shimLost, of: .runtimeDown) == 0)
        #expect(Rank(order: 1, weight: 9) < Rank(order: 2, weight: 0))
        #expect(Rank(order: 2, weight: 0) < Rank(order: 2, weight: 1))
    }
}
