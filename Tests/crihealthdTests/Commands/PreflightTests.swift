// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import Foundation
import HealthEndpoint
import HealthModel
import Testing

@testable import crihealthd

/// The published outages, told from what their recordings knew before.
@Suite("Preflight of recordings") struct PreflightRecordingTests {
    private func report(_ name: String, at time: String?, _ targets: [String]) throws -> PreflightReport {
        let limit = time.flatMap { WallTime(rfc3339: "2026-11-22T\($0)Z") }
        let replayer = try Recordings.replay(name, until: limit)
        return replayer.engine.preflight(targets.compactMap { UpgradeTarget($0) })
    }

    private func severity(_ report: PreflightReport, _ id: String) -> PreflightFinding.Severity? {
        report.findings.first { $0.id == id }?.severity
    }

    @Test("S0: CRI-O's package makes crun the default")
    func s0() throws {
        let name = "S0-crio-1.29.9-to-1.30.6"
        let report = try report(name, at: "01:50:42.9", ["cri-o=1.30.6"])
        #expect(severity(report, "default-runtime-package") == .warning)
        #expect(severity(report, "crio-wipe") == .warning)
        #expect(severity(report, "open-incident") == nil)
        let finding = try #require(report.findings.first { $0.id == "default-runtime-package" })
        #expect(finding.evidence.contains { $0.contains("was made by runc (/run/runc)") })
    }

    @Test("S0, after it: what is worse than before is told by the state that was saved")
    func s0After() throws {
        let name = "S0-crio-1.29.9-to-1.30.6"
        let before = try report(name, at: "01:50:42.9", ["cri-o=1.30.6"])
        struct Saved: Decodable { var state: PreflightState }
        let json = try JSONDecoder().decode(
            Saved.self, from: Data(JSONText.encode(before, pretty: true)))
        #expect(json.state == before.state && json.state.targets == ["cri-o": "1.30.6"])
        let replayer = try Recordings.replay(name)
        let plan = PreflightPlan(isAfter: true, before: json.state)
        let after = replayer.engine.preflight(plan)
        #expect(severity(after, "fewer-pods") == .warning && severity(after, "new-lines") == .note)
        #expect(severity(after, "not-in-force") == nil)
        #expect(after.examined.contains("that cri-o runs as upstream's 1.30.6"))
        let too = replayer.engine.preflight(
            PreflightPlan(targets: [UpgradeTarget("cri-o=1.31.0")].compactMap(\.self), isAfter: true))
        #expect(severity(too, "not-in-force") == .warning)
    }

    @Test("S1: containers in scopes that a reboot kills")
    func s1() throws {
        let report = try report("S1v2-crun-1.8.1-scope", at: "02:17:50.93", ["crun=1.17"])
        #expect(severity(report, "scopes-exposed") == .warning)
        #expect(severity(report, "open-incident") == nil)
        let well = try self.report("S1v2-runc-1.1.5-scope", at: nil, [])
        #expect(severity(well, "scopes-exposed") == nil)
    }

    @Test("S2: what is on disk is not what runs")
    func s2() throws {
        let name = "S2-containerd-1.6.20-to-1.7.24"
        let healthy = try report(name, at: "02:09:56", ["containerd=1.7.24"])
        #expect(severity(healthy, "containerd-ready-after-recovery") == .note)
        #expect(severity(healthy, "shims-stay") == .note)
        #expect(severity(healthy, "binary-replaced") == nil)
        let half = try report(name, at: "02:09:57.5", [])
        #expect(severity(half, "binary-replaced") == .warning)
        let two = try report(name, at: "02:10:02.9", [])
        #expect(severity(two, "two-installs") == .warning)
    }

    @Test("S3: CRI v1 is not served")
    func s3() throws {
        let report = try report("S3-containerd-1.4.13", at: nil, ["kubelet=1.26.0"])
        #expect(severity(report, "cri-v1") == .blocker)
        let earlier = try self.report("S3-containerd-1.4.13", at: nil, ["kubelet=1.25.0"])
        #expect(severity(earlier, "cri-v1") == nil)
    }

    @Test("S4: the target's Status can deadlock")
    func s4() throws {
        let report = try report("S4-containerd-2.0.0", at: nil, ["containerd=2.0.1"])
        #expect(severity(report, "containerd-go-cni-deadlock") == .warning)
        let here = try self.report("S4-containerd-2.0.1", at: "02:06:46.5", [])
        #expect(severity(here, "containerd-go-cni-deadlock") == .warning)
        let fixed = try self.report("S4-containerd-2.0.0", at: nil, ["containerd=2.0.3"])
        #expect(severity(fixed, "containerd-go-cni-deadlock") == nil)
    }

    // MARK: The command

    @Test(arguments: [
        ["preflight", "--to", "containerd"], ["preflight", "--to", "docker=27.1"],
        ["preflight", "--at", "03:00"], ["preflight", "--verify", "--package", "a.deb"],
        ["preflight", "--against", "a.json", "--package", "a.deb"],
        ["preflight", "--to", "containerd=2.0.1", "--to", "containerd=1.7.30"],
    ])
    func wrongWordsAreRefused(_ words: [String]) {
        #expect(throws: (any Error).self) { try Crihealthd.parseAsRoot(words) }
    }

    @Test func exitStatuses() {
        #expect(PreflightReport.Verdict.allCases.map(PreflightCommand.code) == [0, 1, 2, 3])
    }

    @Test func noPageIsWiderThanAskedFor() throws {
        let report = try report(
            "S0-crio-1.29.9-to-1.30.6", at: "01:50:42.9", ["cri-o=1.30.6", "kubelet=1.32.0"])
        for width in [40, 80, 200] {
            let lines = PreflightText.render(report, width: width).split(separator: "\n")
            #expect(lines.allSatisfy { $0.count <= width })
        }
        #expect(
            PreflightText.render(report, width: 80).contains(
                "\nNot examined: the configuration files of cri-o\n"))
    }

    @Test func whatIsSavedTakesNoOtherFilesPlace() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("a.json", "old")
        let other = try directory.write("a.json.new", "another's")
        try FileBytes.save(file, Array("new".utf8), mode: 0o600)
        #expect(try FileBytes.read(file, limit: 100) == Array("new".utf8))
        #expect(try FileBytes.read(other, limit: 100) == Array("another's".utf8))
        #expect(symlink(file, directory.path + "/link") == 0)
        #expect(mkfifo(directory.path + "/pipe", 0o600) == 0)
        for name in ["link", "pipe", "."] {
            let error = #expect(throws: FileError.self) {
                try FileBytes.save(directory.path + "/" + name, [], mode: 0o600)
            }
            #expect(error?.reason == "it is there already, and is not a regular file")
        }
        #expect(FileBytes.linkTarget(directory.path + "/link") == file)
        #expect(directory.names == ["a.json", "a.json.new", "link", "pipe"])
        try FileBytes.save(directory.path + "/b.json", [], mode: 0o600)
        #expect(directory.names == ["a.json", "a.json.new", "b.json", "link", "pipe"])
    }

    @Test("what lies at the temporary's name is not overwritten, nor removed")
    func whatIsSavedOverwritesNothing() throws {
        let directory = try TemporaryDirectory()
        let beside = try directory.write("a.json.\(getpid()).new", "another's")
        let error = #expect(throws: FileError.self) {
            try FileBytes.save(directory.path + "/a.json", [], mode: 0o600)
        }
        #expect(error?.errno == EEXIST)
        #expect(try FileBytes.read(beside, limit: 100) == Array("another's".utf8))
    }

    @Test(.enabled(if: Binary.isBuilt)) func theBinaryTellsARecording() throws {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: Binary.path)
        process.arguments = [
            "preflight", "--recording", Recordings.path("S3-containerd-1.4.13"), "--to", "kubelet=1.28.0",
            "-o",
            "json",
        ]
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 2)
        struct Answer: Decodable {
            struct Finding: Decodable {
                var severity: String
                var id: String
            }
            var verdict: String
            var findings: [Finding]
            var examined: [String]
            var unread: [String]
        }
        let answer = try JSONDecoder().decode(Answer.self, from: data)
        #expect(answer.verdict == "blockers")
        #expect(answer.findings.first?.id == "cri-v1")
        #expect(!answer.examined.isEmpty && !answer.unread.isEmpty)
    }
}
