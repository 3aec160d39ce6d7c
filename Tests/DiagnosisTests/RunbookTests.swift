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
        #expect(lines.count <= 61)
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(page.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
        for heading in [
            "Meaning", "Impact", "How it is diagnosed", "What to do", "How to prevent it", "Sources",
        ] {
            #expect(lines.contains { $0 == "## \(heading)" }, "\(heading)")
        }
    }
}
