// SPDX-License-Identifier: Apache-2.0
import HealthEndpoint
import HealthModel
import Testing

@testable import crihealthd

@Suite struct ProblemReportTests {
    private func report(_ body: String, _ condition: String = "RuntimeReady") throws -> ProblemReport {
        let directory = try TemporaryDirectory()
        let server = try OneShotServer(
            path: directory.path + "/s",
            answer: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + body)
        defer { withExtendedLifetime(directory) {} }
        return ProblemReport.ask([.unix(path: server.path)], condition: condition)
    }

    private func state(_ status: String, _ reason: String, _ message: String) -> String {
        #"{"conditions":[{"type":"RuntimeReady","status":"\#(status)","reason":"\#(reason)","message":"\#(message)"}]}"#
    }

    @Test(arguments: [
        ("True", ProblemReport.Status.ok), ("False", .problem), ("Unknown", .unknown),
    ])
    func statuses(_ status: String, _ expected: ProblemReport.Status) throws {
        let report = try report(state(status, "Killed", "containerd was killed"), "runtimeready")
        #expect(report == ProblemReport(status: expected, message: "Killed: containerd was killed"))
    }

    /// A node condition that is Unknown as long as the node lives would be a false alarm.
    @Test func whatANodeHasNothingOfIsNoProblem() throws {
        let report = try report(
            "{\"conditions\":[{\"type\":\"ShutdownGraceful\",\"status\":\"Unknown\","
                + "\"reason\":\"NotApplicable\",\"message\":\"only CRI-O\"}]}", "ShutdownGraceful")
        #expect(report == ProblemReport(status: .ok, message: "NotApplicable: only CRI-O"))
    }

    @Test func whatIsLongIsCutToWhatTheDetectorKeeps() throws {
        let line = try report(state("False", "Killed", String(repeating: "ä🙂", count: 100))).line
        #expect(line.utf8.count <= 81)
        #expect(line.utf8.count > 75)
        #expect(line.hasSuffix("...\n"))
        #expect(!line.contains("\u{FFFD}"))
    }

    @Test func controlCharactersDoNotPass() throws {
        let line = try report(state("False", "Killed", #"a\u001b[31mb\u000ac\u0007"#)).line
        #expect(line == "Killed: ab c\n")
    }

    @Test func anUnknownConditionAndNobodyAreUnknown() throws {
        #expect(try report(state("True", "", ""), "Weather").status == .unknown)
        #expect(try report("[]").status == .unknown)
        let nobody = ProblemReport.ask([.unix(path: "/nonexistent/s")], condition: "RuntimeReady")
        #expect(nobody.status == .unknown)
        #expect(nobody.line.hasPrefix("crihealthd does not answer: /nonexistent/s: connect: No such file"))
    }
}

@Suite struct PaintTests {
    private let page = """
        UNHEALTHY  containerd was killed
        node1, 2026-11-22

        CRITICAL  containerd was killed
          what    RuntimeDown/Killed
        Conditions
          [-] RuntimeReady
          [+] NetworkReady
        UNKNOWNS  are no word

        """

    @Test func marksAreColouredAndNothingElseChanges() {
        let painted = Paint.page(page, isOn: true)
        #expect(painted.hasPrefix("\u{1B}[1;31mUNHEALTHY\u{1B}[0m  containerd"))
        #expect(painted.contains("\n\u{1B}[1;31mCRITICAL\u{1B}[0m  containerd"))
        #expect(painted.contains("\n  \u{1B}[1;31m[-]\u{1B}[0m RuntimeReady"))
        #expect(painted.contains("\n  \u{1B}[32m[+]\u{1B}[0m NetworkReady"))
        #expect(painted.contains("\nUNKNOWNS  are"))
        #expect(TerminalText.page(painted) == page)
        #expect(Paint.page(page, isOn: false) == page)
    }

    @Test func aScreenIsNeverOverrun() {
        let text = (1...50).map { "line \($0)\n" }.joined()
        let frame = Watch.frame(text, rows: 24)
        #expect(frame.hasPrefix("\u{1B}[Hline 1\u{1B}[K\n"))
        #expect(frame.hasSuffix("... 28 more lines: crihealthd status\u{1B}[K\n\u{1B}[J"))
        #expect(frame.split(separator: "\n").count == 24)
        #expect(Watch.frame("one\n", rows: 24) == "\u{1B}[Hone\u{1B}[K\n\u{1B}[J")
    }

    @Test func aStrangersPageCannotDriveTheTerminal() throws {
        let directory = try TemporaryDirectory()
        let page = "HEALTHY  \u{1B}]0;x\u{7}ok\u{9B}2J\r\n\u{202E}  two  blanks\n"
        let server = try OneShotServer(path: directory.path + "/s", answer: "HTTP/1.1 200 OK\r\n\r\n\(page)")
        let answer = try StatusAnswer.ask([.unix(path: server.path)], format: .text)
        let isSafe = answer.text.unicodeScalars.allSatisfy {
            $0 == "\n" || ($0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0.value != 0x202E)
        }
        #expect(isSafe, "\(answer.text.debugDescription)")
        #expect(answer.text.contains("  two  blanks"))
    }

    @Test func aMissingRightIsToldApartFromAMissingDaemon() {
        let gone = #expect(throws: StatusAnswer.NoAnswer.self) {
            try StatusAnswer.ask([.unix(path: "/nonexistent/s")], format: .text)
        }
        #expect(gone?.hint.contains("systemctl status crihealthd") == true)
        #expect(StatusAnswer.NoAnswer(reasons: ["x"], isDenied: true).hint.contains("as root"))
    }
}
