// SPDX-License-Identifier: Apache-2.0
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
            ("CVE-2022-23471", "1.5.15", true), ("CVE-2022-23471", "1.5.18", false),
            ("CVE-2023-25173", "1.5.17", true), ("CVE-2023-25173", "1.5.18", false),
            ("CVE-2022-23648", "1.4.13~ds1", false), ("CVE-2022-23648", "1.4.12", true),
            ("containerd-cni-info-after-restart", "1.6.8", false),
            ("containerd-cni-info-after-restart", "1.6.14", true),
            ("containerd-cni-info-after-restart", "1.6.20~ds1", false),
            ("containerd-readiness-hang-1.6", "1.6.21", false),
            ("containerd-readiness-hang-1.6", "1.6.22", true),
            ("containerd-readiness-hang-1.6", "1.6.25", false),
            ("containerd-readiness-hang-1.7", "1.7.0", false),
            ("containerd-readiness-hang-1.7", "1.7.6", true),
            ("containerd-readiness-hang-1.7", "1.7.7", false), ("containerd-lost-exit", "1.7.14", true),
            ("containerd-lost-exit", "1.7.22", false), ("containerd-lost-exit", "2.0.0", false),
            ("containerd-pull-range", "2.1.2", true), ("containerd-pull-range", "2.1.3", false),
            ("containerd-mirrors-2.2", "2.2.1", true), ("containerd-mirrors-2.2", "2.2.2", false),
            ("crun-devices-v1", "1.17", false), ("crun-devices-v1", "1.18.2", true),
            ("crun-devices-v1", "1.19", false), ("CVE-2026-47262", "1.6.39", false),
            ("CVE-2026-47262", "1.7.32", true),
            ("CVE-2026-53489", "1.7.30", false), ("CVE-2026-53489", "2.1.8", true),
            ("CVE-2026-15809", "1.34.12", false), ("CVE-2026-15809", "1.35.6", true),
            ("CVE-2022-0811", "1.18.3", false), ("CVE-2022-0811", "1.19.5", true),
            ("crun-proc-mode", "1.28", false), ("crun-proc-mode", "1.29", true),
            ("crun-proc-mode", "1.29.1", false),
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
        #expect(scene.condition(.versionsSupported)?.message.contains("may have backported") == true)
    }

    @Test("the OCI runtime of each container that runs is held against the table, not the installed one")
    func whatContainersRunWith() throws {
        var node = try ContainerScene()
        node.run(1, runtime: "/usr/libexec/crio/runc")
        node.run(2, runtime: "/usr/libexec/crio/crun", root: "/run/crun")
        node.list()
        node.scan()
        let question = Inquiry.ociRuntimes(paths: ["/usr/libexec/crio/crun", "/usr/libexec/crio/runc"])
        #expect(node.scene.inquiries.count { $0 == question } == 1)
        node.scene.feed(
            .node(
                .ociRuntimes([
                    OCIRuntimeVersion(path: "/usr/libexec/crio/runc", name: "runc", version: "1.1.11"),
                    OCIRuntimeVersion(path: "/usr/libexec/crio/crun", name: "crun", version: "1.16.1"),
                    OCIRuntimeVersion(path: "/usr/bin/crun", name: "crun", version: "1.4.3"),
                ])))
        let ids = node.scene.engine.snapshot(at: node.scene.now).advice.map(\.id)
        #expect(ids.contains("CVE-2024-21626") && ids.contains("crun-default-dependencies"))
        #expect(!ids.contains("CVE-2022-27650"), "nothing runs with the crun in /usr/bin")
        for _ in 0..<30 {
            node.scene.wait(.seconds(60))
            node.scan()
        }
        #expect(node.scene.inquiries.count { $0 == question } == 1, "once an hour")
        node.alive.removeLast()
        node.scan()
        let left = node.scene.engine.snapshot(at: node.scene.now).advice.map(\.id)
        #expect(left.contains("CVE-2024-21626") && !left.contains("crun-default-dependencies"))
    }

    @Test("containerd runs what its PATH has")
    func containerdsRunc() throws {
        var scene = try Scene()
        scene.starts()
        #expect(scene.inquiries.contains(.binary(name: "runc")))
        scene.feed(.node(.binary(name: "runc", path: "/usr/sbin/runc")))
        #expect(scene.inquiries.contains(.ociRuntimes(paths: ["/usr/sbin/runc"])))
        scene.feed(
            .node(
                .ociRuntimes([OCIRuntimeVersion(path: "/usr/sbin/runc", name: "runc", version: "1.1.5+ds1")]))
        )
        let advice = scene.engine.snapshot(at: scene.now).advice
        #expect(advice.contains { $0.id == "CVE-2024-21626" && $0.component == "runc" })
        #expect(scene.engine.snapshot(at: scene.now).verdict == .healthy)
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

    // MARK: The rows as they are listed

    @Test func everyRowHasSourceDateAndPlace() throws {
        let rows = try AdvisoryTable.shipped().rows
        #expect(Set(rows.map(\.table)) == ["advisory", "line", "setting", "pair", "step", "finding"])
        #expect(Set(rows.map(\.id)).count == rows.count, "explain finds a row by its id alone")
        for row in rows {
            #expect(row.date == "2026-08-31" && row.line > 1, "\(row.id)")
            #expect(row.table == "finding" || row.source.hasPrefix("https://"), "\(row.id)")
            #expect(["finding", "setting"].contains(row.table) == !row.first.isEmpty, "\(row.id)")
        }
        let runc = try #require(rows.first { $0.id == "CVE-2024-21626" })
        #expect(runc.component == "runc" && runc.versions == "fixed in 1.1.12")
        #expect(
            rows.first { $0.id == "containerd-go-cni-deadlock" }?.versions == "from 2.0.1, fixed in 2.0.3")
    }

    @Test func aRowOfTheSiteTakesThePlaceOfOneThatIsShipped() throws {
        let text = """
            date = "2026-11-01"
            [[setting]]
            id = "containerd-aufs"
            enabled = false

            [[pair]]
            kubelet = "1.36"
            versions = ["2.3.1"]
            source = "our own tests"
            """
        let table = try Self.shipped.adding([RuleDocument(name: "site.toml", text: text)])
        #expect(table.row("containerd-aufs") == nil)
        let pair = try #require(table.row("kubelet 1.36"))
        #expect(pair.sentence.contains("2.3.1") && pair.file == "site.toml" && pair.line == 6)
        #expect(pair.date == "2026-11-01" && table.rows.count == Self.shipped.rows.count - 1)
        #expect(Self.shipped.faults(RuleDocument(name: "site.toml", text: text)) == [])
    }

    @Test(
        "what a linter says, with its line",
        arguments: [
            ("id = \"a\"\ncomponent = \"crio\"", 2, "did you mean \"cri-o\""),
            (
                "id = \"a\"\ncomponent = \"runc\"\nsince = \"1.2.0\"\nfixed-in = [\"1.1.9\"]", 2,
                "concerns no version"
            ),
            ("id = \"a\"\ncomponent = \"runc\"\nsince = 1.2", 5, "\"since\": is missing, or not a string"),
            ("id = \"a\"\ncomponent = \"runc\"\nfixed-in = [\"1.2\", 3]", 5, "must hold strings only"),
            ("id = \"a\"\ncomponent = \"runc\"\nexplains = [\"RuntimeSlow\"]", 2, "no kind is called so"),
            ("id = \"a\"\ncomponent = \"runc\"\nfixed = \"1.2\"", 5, "unknown key"),
            ("id = \"a\"\nenabled = false", 2, "no row has that id"),
            ("id = \"a\"\nenabled = \"no\"", 4, "must be true or false"),
        ])
    func lint(_ row: String, _ line: Int, _ words: String) throws {
        let rest = "\ncategory = \"defect\"\nsentence = \"s\"\nsource = \"https://example.org\"\n"
        let text = "date = \"2026-11-01\"\n[[advisory]]\n" + row + rest
        let fault = try #require(Self.shipped.faults(RuleDocument(name: "site.toml", text: text)).first)
        #expect(fault.description.contains(words) && fault.line == line, "\(fault)")
        #expect(fault.rule == "a")
    }

    @Test func aLinterTellsEveryRowsFault() {
        let text = "[[advisory]]\nid = \"a\"\n[[step]]\nid = \"b\"\n[[pair]]\nkubelet = \"new\"\n"
        let faults = Self.shipped.faults(RuleDocument(name: "site.toml", text: text))
        #expect(faults.map(\.rule) == ["a", "new", "b"])
        #expect(faults.map(\.line) == [1, 6, 3])
    }
}
