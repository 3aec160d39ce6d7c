// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import HealthEndpoint
import HealthModel
import Testing

@testable import crihealthd

@Suite struct ExplainTests {
    @Test(
        "a name is explained whatever its case",
        arguments: [
            ("RuntimeDown", "# RuntimeDown:"), ("statusBLOCKED", "# StatusBlocked:"),
            ("RuntimeDown/Hung", "RuntimeDown/Hung: It accepts connections"),
            ("hung", "RuntimeDown/Hung: It accepts connections"),
            ("runtimedown/addressinuse", "RuntimeDown/AddressInUse: It cannot listen"),
            ("RuntimeReady", "# Condition RuntimeReady"),
        ])
    func names(_ name: String, _ beginning: String) throws {
        let page = try #require(Explanation.pages(name))
        #expect(page.hasPrefix(beginning))
        #expect(page.contains("## What to do") || page.contains("crihealthd status --npd"))
        #expect(page.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test("a cause has what to do right after what it is, and no other causes")
    func aCause() throws {
        let page = try #require(Explanation.pages("RuntimeDown/Hung"))
        let headings = page.split(separator: "\n").filter { $0.hasPrefix("## ") }
        #expect(headings.prefix(2) == ["## Meaning", "## What to do"])
        #expect(!page.contains("\n## Causes") && !page.contains("BinaryMissing"))
    }

    @Test("a name of several things is explained as all of them")
    func several() throws {
        let full = try #require(Explanation.pages("DiskFull"))
        #expect(full.contains("RuntimeDown/DiskFull: ") && full.contains("CreateFailing/DiskFull: "))
        let address = try #require(Explanation.pages("AddressInUse"))
        #expect(address.hasPrefix("# AddressInUse:") && address.contains("RuntimeDown/AddressInUse: "))
        let defect = try #require(Explanation.pages("KnownDefect"))
        #expect(defect.hasPrefix("# KnownDefect:") && defect.contains("StatusBlocked/KnownDefect: "))
    }

    @Test(
        "a finding of preflight, and any row of the tables, is explained",
        arguments: [
            ("default-runtime", "finding"), ("containerd-aufs", "refused"),
            ("cve-2024-21626", "vulnerability"),
            ("containerd-2.0", "step"), ("kubelet 1.36", "compatibility"), ("runc 1.1", "endOfLife"),
        ])
    func aRow(_ id: String, _ category: String) throws {
        #expect(Explanation.pages(id) == nil, "no kind, cause or condition is called so")
        let row = try #require(AdvisoryTable.embedded.row(id))
        for width in [40, 80] {
            let page = Explanation.words(row, width: width)
            #expect(page.hasPrefix("\(row.id): \(category)\n") && page.contains("2026-08-31"))
            #expect(page.split(separator: "\n").allSatisfy { $0.count <= width })
        }
    }

    @Test("a condition names the kinds that make it False", arguments: Condition.Kind.allCases)
    func conditions(_ condition: Condition.Kind) throws {
        let page = try #require(Explanation.pages(condition.rawValue))
        for catalogue in Catalogue.all where catalogue.condition == condition && !condition.isAdvice {
            #expect(page.contains(catalogue.kind.rawValue))
        }
    }

    @Test(
        "what nobody knows is answered with what there is",
        arguments: [
            ("nonsense", "there are: "), ("RuntimeDown/Exposed", "did you mean Exposed?"),
            ("/", "there are: "),
            ("RuntimeDwon", "did you mean RuntimeDown?"), ("NetworkRedy", "did you mean NetworkReady?"),
        ])
    func nothing(_ name: String, _ answer: String) {
        #expect(Explanation.pages(name) == nil)
        #expect(Explanation.hint(name).contains(answer), "\(Explanation.hint(name))")
    }

    @Test("the list has each kind with its causes")
    func list() { #expect(Explanation.list.contains("\n  Hung\n")) }

    @Test(
        "ids are told from names",
        arguments: [
            ("RuntimeDown-66af9f101c9c2774", true), ("66af9f10", true), ("66AF9F101C9C2774", true),
            ("66af9f1", false), ("RuntimeDown", false), ("deadbeef cafe", false), ("../66af9f10", false),
        ])
    func ids(_ name: String, _ isID: Bool) { #expect(IncidentQuestion.isID(name) == isID) }

    @Test("-o json asks for an incident as the endpoint has it, and is of an id only")
    func json() throws {
        let directory = try TemporaryDirectory()
        let body = #"{"kind":"RuntimeDown"}"#
        let server = try OneShotServer(
            path: directory.path + "/s",
            answer: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + body)
        let target = [ListenAddress.unix(path: server.path)]
        #expect(try IncidentQuestion.ask(target, id: "66af9f10", .json, width: 80) == body)
        #expect(server.request.hasPrefix("GET /v1/incidents/66af9f10?pretty "))
        for words in [["explain", "-o", "json", "RuntimeDown"], ["explain", "-o", "json"]] {
            let command = try #require(try Crihealthd.parseAsRoot(words) as? ExplainCommand)
            #expect(throws: ValidationError.self) { try command.run() }
        }
    }

    @Test(
        "a log line is explained with or without what journalctl puts in front of it",
        arguments: [
            "", "Nov 22 12:00:03 node1 kubelet[812]: ",
        ])
    func lines(_ front: String) throws {
        let explanation = LineExplanation(rules: try .shipped(), columns: 80)
        let line =
            "E1122 12:00:03.000000     812 kubelet.go:2419] \"Skipping pod synchronization\" err=\"PLEG is not healthy: pleg was last seen active 3m1s ago; threshold is 3m0s\""
        let text = try #require(explanation.text(front + line))
        #expect(text.contains("a line of kubelet") && text.contains("PLEGUnhealthy"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test("a piece of a line finds the rules whose lines hold it, and nonsense finds none")
    func pieces() throws {
        let explanation = LineExplanation(rules: try .shipped(), columns: 80)
        #expect(try #require(explanation.text("PLEG is not healthy")).contains("PLEGUnhealthy"))
        #expect(explanation.text("the cat sat on the mat") == nil)
        #expect(explanation.text("") == nil)
    }

    @Test(
        "a misspelled command is told what was meant",
        arguments: [
            (["statsu"], "did you mean status?"), (["incident"], "did you mean incidents?"),
            (["version"], "did you mean `crihealthd --version`?"), (["rules", "lst"], "did you mean list?"),
            (["qqqqqqqq"], "there are: status"),
        ])
    func misspelled(_ words: [String], _ answer: String) {
        #expect(Misspelling.hint(words, of: Crihealthd.self)?.contains(answer) == true)
    }

    @Test(
        "what is right is not corrected",
        arguments: [[], ["status"], ["--version"], ["help", "status"], ["rules"], ["explain", "hung"]])
    func rightCommands(_ words: [String]) { #expect(Misspelling.hint(words, of: Crihealthd.self) == nil) }
}

@Suite struct ShortStatusTests {
    private func short(_ verdict: Snapshot.Verdict, since: WallTime? = nil) -> ShortStatus {
        ShortStatus(verdict: verdict, headline: "containerd \u{1B}[31mwas killed", since: since)
    }

    @Test("one line, which moves no terminal")
    func line() {
        let since = WallTime(rfc3339: "2026-11-22T12:00:03Z")
        #expect(
            short(.unhealthy, since: since).line
                == "UNHEALTHY since 2026-11-22 12:00:03 UTC: containerd was killed\n")
        #expect(short(.healthy).line == "HEALTHY: containerd was killed\n")
    }

    @Test("a login hears of trouble only", arguments: Snapshot.Verdict.allCases)
    func banner(_ verdict: Snapshot.Verdict) {
        let isTrouble = verdict == .degraded || verdict == .unhealthy
        #expect(short(verdict).banner.isEmpty != isTrouble)
    }

    @Test("it is read from what the daemon serves")
    func read() throws {
        let directory = try TemporaryDirectory()
        let state =
            #"{"verdict":"degraded","headline":"x","openIncidents":[{"openedAt":"2026-11-22T12:00:03Z"}]}"#
        let server = try OneShotServer(path: directory.path + "/s", answer: "HTTP/1.1 200 OK\r\n\r\n\(state)")
        let status = try ShortStatus.ask([.unix(path: server.path)])
        #expect(status.line == "DEGRADED since 2026-11-22 12:00:03 UTC: x\n")
    }
}
