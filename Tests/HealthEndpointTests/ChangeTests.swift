// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import HealthEndpoint

@Suite struct ChangeTests {
    private static let at = WallTime(microseconds: 1_795_305_600_000_000)

    private static func change(
        _ subject: String, _ what: Change.What = .package, _ action: Change.Action = .changed,
        from: String? = nil, to: String? = nil, keys: [String]? = nil, by: String? = nil,
        during: String? = nil, after seconds: Int = 0
    ) -> Change {
        Change(
            at: at + .seconds(seconds), what: what, subject: subject, action: action, from: from, to: to,
            keys: keys, by: by, during: during, source: .dpkg)
    }

    static let all = [
        change("crun", from: "1.17", to: "1.18", by: "apt-get install crun"),
        change("runc", .package, .added, to: "1.1.5", after: 1),
        change("3 other packages", .otherPackages, after: 2),
        change("/etc/crio/crio.conf", .file, keys: ["crio.runtime.default_runtime"], after: 3),
        change("containerd.service", .unit, .restarted, during: "apt-get upgrade", after: 4),
        change("containerd", .version, from: "1.6.20", to: "1.7.24", after: 5),
        change("node", .boot, .started, from: "6.1.0-17", to: "6.1.0-18", after: 90_000),
    ]

    private var changed: Snapshot {
        var snapshot = Fixtures.down
        snapshot.changes = Self.all
        snapshot.open[0].changedBefore = [Self.all[0]]
        return snapshot
    }

    private func get(_ target: String, accept: String = "") throws -> (status: Int, text: String) {
        let parsed = try RequestTarget(target)
        let response = Router(snapshot: changed).respond(
            to: Request(path: parsed.path, query: parsed.query, accept: accept))
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    @Test("in words: what, from what to what, by whom where a log says so, and beside what it was")
    func words() {
        #expect(
            Self.all.map(ChangeText.phrase) == [
                "crun 1.17 -> 1.18 (apt-get install crun)", "runc 1.1.5 installed", "3 other packages",
                "/etc/crio/crio.conf changed: crio.runtime.default_runtime",
                "containerd.service restarted (while it ran: apt-get upgrade)",
                "containerd runs as 1.7.24, before as 1.6.20",
                "the node booted, kernel 6.1.0-17 -> 6.1.0-18",
            ])
    }
    @Test("the list as text: a date before each day, the clock of whoever asks")
    func list() throws {
        let text = ChangeText.render(Self.all, width: 80)
        #expect(
            text.hasPrefix(
                """
                2026-11-22 UTC
                  00:00:00  package  crun 1.17 -> 1.18 (apt-get install crun)

                """))
        #expect(text.contains("\n2026-11-23 UTC\n  01:00:00  boot     the node booted"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let east = try get("/v1/changes?zone=%2B05:30&width=100", accept: "text/plain")
        #expect(east.text.hasPrefix("2026-11-22 UTC+05:30\n  05:30:00  package  crun"))
        #expect(ChangeText.render([]) == "No change is known.\n")
    }

    @Test("since is a time; what is not known is absent")
    func api() throws {
        let answer = try get("/v1/changes?since=2026-11-22T00:00:04Z")
        let object = try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any]
        let changes = try #require(object?["changes"] as? [[String: Any]])
        #expect(changes.map { $0["what"] as? String } == ["unit", "version", "boot"])
        #expect(changes[0]["during"] as? String == "apt-get upgrade")
        #expect(changes[0]["by"] == nil)
        #expect(try get("/v1/changes?since=tuesday").status == 400)
        #expect(try get("/v1/changes?kind=file").status == 400)
    }

    @Test("an incident says what changed before it, after whom it hurts and before what to do")
    func incident() throws {
        let page = TextPage.render(changed, width: 80)
        let lines = page.split(separator: "\n")
        let place = try #require(lines.firstIndex { $0.hasPrefix("  changed ") })
        #expect(lines[place] == "  changed 00:00:00 crun 1.17 -> 1.18 (apt-get install crun)")
        #expect(try #require(lines.firstIndex { $0.hasPrefix("  hurts") }) < place)
        #expect(try #require(lines.firstIndex { $0.hasPrefix("  do") }) > place)
        #expect(HTMLPage.render(changed).contains("<dt>Changed</dt><dd>00:00:00 crun 1.17 -&gt; 1.18"))
        #expect(try get("/v1/state").text.contains("\"changedBefore\":[{"))
        var quiet = changed
        quiet.open[0].changedBefore = nil
        #expect(!TextPage.render(quiet, width: 80).contains("changed"))
    }

    @Test("a step that only looks gives way before the name of what changed does")
    func sizes() throws {
        let sizes = IncidentSize.headlines
        let fewer = try #require(sizes.firstIndex { $0.changes < 2 })
        #expect(try #require(sizes.firstIndex { $0.steps == 3 }) < fewer)
        #expect(sizes.prefix(fewer).allSatisfy { $0.changes == 2 })
    }

    @Test("log_lines = false tells what changed, and no command")
    func withoutCommands() {
        var snapshot = changed
        snapshot.open[0].changedBefore = Self.all
        let bare = snapshot.withoutLines
        #expect(bare.changes.map(\.subject) == Self.all.map(\.subject))
        #expect(bare.open[0].changedBefore?.map(\.subject) == Self.all.map(\.subject))
        #expect(!TextPage.render(bare, width: 200).contains("apt-get"))
        #expect(!ChangeText.render(bare.changes).contains("apt-get"))
    }

    @Test("three changes with long commands take two lines of the first screen")
    func bounded() throws {
        var snapshot = changed
        let long = Self.change("crun", from: "1.17", to: "1.18", by: String(repeating: "word ", count: 40))
        snapshot.open[0].changedBefore = [long, long, long]
        let lines = TextPage.render(snapshot, width: 80).split(separator: "\n")
        let place = try #require(lines.firstIndex { $0.hasPrefix("  changed ") })
        #expect(!lines[place + 2].hasPrefix("          word"))
    }
}
