// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

@Suite struct RunbookTests {
    @Test func everyKindHasItsPage() {
        #expect(Set(IncidentKind.shipped.map(\.rawValue)) == Set(Runbooks.pages.keys))
        #expect(Set(IncidentKind.shipped).count == IncidentKind.shipped.count)
    }

    @Test(arguments: Runbooks.pages.keys.sorted())
    func aPageFitsATerminalAndSaysEverything(_ kind: String) throws {
        let page = try #require(Runbooks.pages[kind])
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first?.hasPrefix("# \(kind)") == true)
        #expect(lines.count <= 200)
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(page.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
        for heading in [
            "Meaning", "Impact", "How it is diagnosed", "What to do", "How to prevent it", "Sources",
        ] {
            #expect(lines.contains { $0 == "## \(heading)" }, "\(heading)")
        }
    }

    @Test("every cause has its entry in the runbook of its kind", arguments: Cause.allCases)
    func causes(_ cause: Cause) throws {
        #expect(!cause.kinds.isEmpty)
        for kind in cause.kinds {
            let entry = try #require(Runbooks.entry(cause, of: kind), "\(kind.rawValue)/\(cause.rawValue)")
            #expect(entry.count > 20 && entry.hasSuffix("."))
        }
    }

    @Test("a runbook has no entry for a cause that its kind does not know", arguments: IncidentKind.shipped)
    func entries(_ kind: IncidentKind) throws {
        let page = try #require(Runbooks.page(kind))
        let section = page.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { $0 != "## Causes" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        let names = section.filter { $0.first?.isUppercase == true }.compactMap {
            $0.split(separator: " ").first
        }
        #expect(names.map(String.init) == Cause.all(of: kind).map(\.rawValue))
    }
}
