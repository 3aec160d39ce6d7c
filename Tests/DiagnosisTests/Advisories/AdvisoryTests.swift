import HealthModel
import Testing

@testable import Diagnosis

@Suite struct AdvisoryTests {
    static let shipped = AdvisoryTable.embedded

    @Test func theShippedTableLoads() throws {
        let table = try AdvisoryTable.shipped()
        #expect(table.advisories.count >= 40)
        #expect(table.lines.count >= 20)
        #expect(table.date == "2026-08-31")
        #expect(Set(table.advisories.map(\.id)).count == table.advisories.count)
        #expect(table.advisories.allSatisfy { $0.source.hasPrefix("https://") })
        #expect(AdvisoryTable.embedded.advisories.count == table.advisories.count)
    }

    @Test(
        "who is affected",
        arguments: [
            ("containerd-go-cni-deadlock", "2.0.0", false), ("containerd-go-cni-deadlock", "2.0.1", true),
            ("containerd-go-cni-deadlock", "2.0.2", true), ("containerd-go-cni-deadlock", "2.0.3", false),
            ("containerd-go-cni-deadlock", "2.1.9", false),
            ("containerd-go-cni-deadlock", "1.7.24~ds1", false),
            ("CVE-2024-21626", "1.1.5+ds1", true), ("CVE-2024-21626", "1.1.12", false),
            ("CVE-2024-21626", "1.2.0", false), ("CVE-2024-45310", "1.2.0-rc.2", true),
            ("CVE-2024-40635", "1.5.18", true), ("CVE-2024-40635", "1.6.38", false),
            ("CVE-2024-40635", "1.7.26", true), ("CVE-2024-40635", "2.1.0", false),
            ("CVE-2025-47290", "2.0.9", false), ("CVE-2025-47290", "2.1.0", true),
            ("crun-default-dependencies", "1.8", false), ("crun-default-dependencies", "1.8.1", true),
            ("crun-default-dependencies", "1.16.1", true), ("crun-default-dependencies", "1.17", false),
            ("CVE-2024-8676", "1.30.6", true), ("CVE-2024-8676", "1.33.0", false),
        ])
    func affected(_ id: String, _ version: String, _ expected: Bool) throws {
        let advisory = try #require(Self.shipped.advisories.first { $0.id == id })
        #expect(try advisory.affects(#require(SoftwareVersion(version))) == expected)
    }

    @Test func whatRunsIsHeldAgainstTheTableAndTheVerdictStays() throws {
        var scene = try Scene()
        scene.starts()
        scene.serves("v1", "2.0.2")
        let snapshot = scene.engine.snapshot(at: scene.now)
        #expect(snapshot.advice.first?.id == "containerd-go-cni-deadlock")
        #expect(snapshot.advice.contains { $0.category == .vulnerability })
        #expect(snapshot.open.isEmpty && snapshot.verdict == .healthy)
        #expect(scene.condition(.versionsSupported)?.status == .false)
        #expect(scene.condition(.versionsSupported)?.message.contains("may have patched") == true)
    }

    @Test func aLinePastItsEndIsToldFromTheDayAfter() throws {
        var scene = try Scene()
        scene.starts()
        scene.serves("v1", "1.6.39")
        let ids = scene.engine.snapshot(at: scene.now).advice.map(\.id)
        #expect(ids.contains("containerd-1.6-end-of-life"))
        scene.serves("v1", "2.3.4")
        #expect(scene.engine.snapshot(at: scene.now).advice == [])
        #expect(scene.condition(.versionsSupported)?.status == .true)
    }

    @Test func deprecationsAreAdvice() throws {
        var scene = try Scene()
        scene.starts()
        scene.serves("v1", "2.3.4")
        scene.line(
            "time=\"2024-03-01T20:15:55Z\" level=warning msg=\"`mirrors` is deprecated, please use `config_path` instead\""
        )
        scene.probe(
            .status,
            .status(
                RuntimeStatus(conditions: [
                    .init(
                        type: "ContainerdHasNoDeprecationWarnings", status: false,
                        reason: "ContainerdHasDeprecationWarnings", message: "{\"x\":\"y\"}")
                ])))
        let snapshot = scene.engine.snapshot(at: scene.now)
        #expect(snapshot.advice.map(\.category) == [.deprecation, .deprecation])
        #expect(snapshot.verdict == .healthy && snapshot.open.isEmpty)
    }

    @Test func aDirectoryReplacesAndDrops() throws {
        let table = try Self.shipped.adding([
            RuleDocument(
                name: "site.toml",
                text: """
                    [[advisory]]
                    id = "CVE-2024-40635"
                    enabled = false
                    [[advisory]]
                    id = "site-1"
                    component = "containerd"
                    category = "defect"
                    sentence = "our own patch is missing"
                    fixed-in = ["2.3.9"]
                    source = "https://wiki.example/1"
                    """)
        ])
        #expect(!table.advisories.contains { $0.id == "CVE-2024-40635" })
        #expect(table.advisories.contains { $0.id == "site-1" })
    }

    @Test(arguments: [
        ("[[advisory]]\nid = 1\n", "\"id\""), ("[[advisory]]\nid = \"x\"\ncategory = \"bug\"\n", "category"),
        ("advisories = []\n", "unknown key"), ("x = \n", "not TOML"),
        ("[[line]]\ncomponent = \"runc\"\nline = \"1.9\"\nend = \"soon\"\nsource = \"s\"\n", "no date"),
    ])
    func aWrongFileIsRefusedWithItsPlace(_ text: String, _ part: String) throws {
        let error = #expect(throws: RuleError.self) {
            try AdvisoryTable().adding([RuleDocument(name: "site.toml", text: text)])
        }
        #expect(error?.description.hasPrefix("site.toml") == true)
        #expect(error?.description.contains(part) == true)
    }
}
