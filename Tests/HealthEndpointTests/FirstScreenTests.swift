// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import HealthEndpoint

/// What is seen on a terminal of 24 rows and 80 columns, without scrolling.
@Suite struct FirstScreenTests {
    private func lines(_ snapshot: Snapshot) -> [Substring] {
        TextPage.render(snapshot).split(separator: "\n")
    }

    @Test("cause, version, who is hurt, what to do and what clears it are on the first screen")
    func whatMatters() {
        let screen = lines(Fixtures.down).prefix(23).joined(separator: "\n")
        for part in [
            "since 01:42:28 (2.3 s)", "RuntimeDown/Killed, containerd 1.6.20~ds1", "shop/web-7", "and 7 more",
            "systemctl start containerd.service\n", "clears", "proof",
        ] { #expect(screen.contains(part), "\(part)") }
    }

    @Test("a step that changes something is never left out for one that looks")
    func theRepair() {
        var incident = Fixtures.killed
        incident.nextSteps = (1...9).map { NextStep("look \($0)", "journalctl -n \($0)") }
        incident.nextSteps.insert(NextStep("see the unit", "systemctl status containerd.service"), at: 0)
        incident.nextSteps.append(NextStep("start it", "systemctl restart containerd.service"))
        var snapshot = Fixtures.down
        snapshot.open = [incident]
        let page = TextPage.render(snapshot)
        #expect(page.contains("4. start it:\n") && page.contains("systemctl restart containerd.service\n"))
        #expect(page.contains("and 7 more steps") && !page.contains("systemctl status containerd.service\n"))
        #expect(IncidentText.render(incident).contains("systemctl status containerd.service\n"))
    }

    @Test("a command stays on one line where the page is wide enough for it")
    func commandsAreWhole() {
        var snapshot = Fixtures.down
        let command = "journalctl -u containerd.service --since '2026-11-22 12:00:03 UTC' -n 50"
        snapshot.open[0].nextSteps = [NextStep("read", ShellCommand(stringLiteral: command))]
        #expect(lines(snapshot).contains { $0.drop { $0 == " " } == command[...] })
    }

    @Test("what else is open is named at the top")
    func others() {
        var snapshot = Fixtures.down
        var other = Fixtures.killed
        other.id = "x"
        other.cause = "Hung"
        snapshot.open.append(other)
        #expect(lines(snapshot).prefix(4).contains("also open: RuntimeDown/Hung"))
        snapshot.open += Array(repeating: other, count: 4)
        #expect(
            lines(snapshot).prefix(4).contains { $0.hasPrefix("also open: ") && $0.hasSuffix(" and 2 more") })
    }

    @Test("a node that is well again says since when, what it was, how long, and the id to type")
    func afterIt() {
        let page = lines(Fixtures.recovered)
        #expect(
            page[2]
                == "healthy since 01:43:17; before that 48 s of RuntimeDown/Killed (66af9f10)")
        #expect(page.prefix(8).contains { $0.hasPrefix("  66af9f10  01:42:28, lasted 48 s") })
    }

    @Test("what was over an hour ago is history, below")
    func longAgo() {
        var snapshot = Fixtures.recovered
        snapshot.at.wall = Fixtures.second("03:00:00")
        let page = TextPage.render(snapshot)
        let conditions = page.firstRange(of: "\nConditions")?.lowerBound ?? page.endIndex
        let resolved = page.firstRange(of: "Recently resolved")?.lowerBound ?? page.startIndex
        #expect(conditions < resolved)
    }

    @Test("what was only worth knowing is no outage that is over")
    func advice() {
        var snapshot = Fixtures.recovered
        snapshot.resolved[0].severity = .info
        snapshot.resolved = [snapshot.resolved[0]]
        #expect(!TextPage.render(snapshot).contains("healthy since"))
    }

    @Test("an incident is found by the first digits of its id, if they are of one only")
    func shortIDs() {
        let found = Router.answer("/v1/incidents/66af9f10.txt", Fixtures.recovered)
        #expect(found.status == 200 && found.text.contains("RuntimeDown-66af9f101c9c2774"))
        #expect(Router.answer("/v1/incidents/66AF9F101C", Fixtures.recovered).status == 200)
        for wrong in ["66af9f1", "66af9f11", "RuntimeDown-66af9f10"] {
            #expect(Router.answer("/v1/incidents/\(wrong)", Fixtures.recovered).status == 404, "\(wrong)")
        }
        var twins = Fixtures.recovered
        var twin = Fixtures.wasKilled
        twin.id = "StatusBlocked-66af9f1000000000"
        twins.resolved.append(twin)
        #expect(Router.answer("/v1/incidents/66af9f10", twins).status == 404)
    }
}
