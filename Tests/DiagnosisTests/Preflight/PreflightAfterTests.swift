// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

/// After an upgrade: whether it is in force, and what is worse than before.
@Suite("Preflight after an upgrade") struct PreflightAfterTests {
    private static func severities(_ report: PreflightReport) -> [String: PreflightFinding.Severity] {
        Dictionary(report.findings.map { ($0.id, $0.severity) }) { first, _ in first }
    }

    private static func node(_ version: String) throws -> Scene {
        var scene = try Scene()
        scene.starts()
        scene.serves("v1", version)
        return scene
    }

    private static func target(_ text: String) -> [UpgradeTarget] { [UpgradeTarget(text)].compactMap(\.self) }

    @Test func whetherItIsInForce() throws {
        let plan = PreflightPlan(targets: Self.target("containerd=2.1.9"), isAfter: true)
        let done = try Self.node("2.1.9").engine.preflight(plan)
        #expect(Self.severities(done)["not-in-force"] == nil)
        #expect(done.examined.contains("that containerd runs as upstream's 2.1.9"))
        let left = try Self.node("1.7.24").engine.preflight(plan)
        #expect(Self.severities(left)["not-in-force"] == .warning)
        // What runs is judged, not what was to come.
        #expect(Self.severities(left)["containerd-2.0"] == nil)
        #expect(left.components.first?.running == "1.7.24" && left.components.first?.target == "2.1.9")
        let unknown = try Self.node("2.1.9").engine.preflight(
            PreflightPlan(targets: Self.target("kubelet=1.34.2"), isAfter: true))
        #expect(unknown.unread.contains("kubelet: whether 1.34.2 runs now"))
    }

    @Test func theVersionsThatWereToComeAreThoseOfTheRunBefore() throws {
        let before = try Self.node("1.7.24").engine.preflight(Self.target("containerd=2.1.9")).state
        let plan = PreflightPlan(isAfter: true, before: before)
        #expect(Self.severities(try Self.node("1.7.24").engine.preflight(plan))["not-in-force"] == .warning)
        #expect(Self.severities(try Self.node("2.1.9").engine.preflight(plan))["not-in-force"] == nil)
    }

    @Test func theStateIsReadBackAsItWasWritten() throws {
        var scene = try Self.node("2.1.9")
        scene.killed()
        scene.wait(.seconds(60))
        let state = scene.engine.preflight(Self.target("containerd=2.1.10")).state
        #expect(state.targets == ["containerd": "2.1.10"])
        #expect(state.incidents.contains { $0.hasPrefix("RuntimeDown/") })
        let data = try JSONEncoder().encode(state)
        #expect(try JSONDecoder().decode(PreflightState.self, from: data) == state)
    }

    @Test func anIncidentIsToldApartFromOneThatWasThere() throws {
        var scene = try Self.node("2.1.9")
        let well = scene.engine.preflight([]).state
        scene.killed()
        scene.wait(.seconds(60))
        let broken = scene.engine.preflight([]).state
        func evidence(_ before: PreflightState) -> String? {
            let report = scene.engine.preflight(PreflightPlan(isAfter: true, before: before))
            return report.findings.first { $0.id == "open-incident" }?.evidence.first
        }
        #expect(evidence(well)?.hasPrefix("it was not open before the upgrade (") == true)
        #expect(evidence(broken)?.hasPrefix("it was open before the upgrade, too (") == true)
        #expect(
            scene.engine.preflight(PreflightPlan(isAfter: true)).findings.first { $0.id == "open-incident" }?
                .evidence == [])
    }

    @Test func shimsOfBefore() throws {
        var scene = try Self.node("2.1.9")
        let file = RuntimeBinaries.File(path: "/usr/bin/containerd", device: 1, inode: 10)
        let shim = RuntimeBinaries.Process(
            pid: 77, path: "/usr/bin/containerd-shim-runc-v2", onDisk: .replaced)
        scene.feed(
            .node(
                .binaries(
                    RuntimeBinaries(
                        unit: Scene.unit, running: .init(pid: 58, path: file.path, onDisk: .same),
                        configured: file, copies: [file], oldShims: [shim], shims: 3))))
        let report = scene.engine.preflight(PreflightPlan(isAfter: true))
        let finding = try #require(report.findings.first { $0.id == "shims-old" })
        #expect(finding.sentence.hasPrefix("1 of 3 shims and monitors runs") && finding.severity == .note)
        #expect(Self.severities(scene.engine.preflight([]))["shims-old"] == nil)
    }

    @Test func theKubeletThatRunsOn() throws {
        var scene = try Self.node("2.1.9")
        let kubelet = KubeletProcess(pid: 7, program: "kubelet", unit: "kubelet.service", flags: [])
        scene.feed(.node(.kubelet(kubelet)))
        #expect(
            scene.engine.preflightQuestions.contains(
                .binaries(unit: "kubelet.service", pid: 7, execStart: nil)))
        #expect(scene.engine.preflight([]).unread.contains("which binary kubelet.service runs"))
        let file = RuntimeBinaries.File(path: "/usr/bin/kubelet", device: 1, inode: 20)
        scene.feed(
            .node(
                .binaries(
                    RuntimeBinaries(
                        unit: "kubelet.service", running: .init(pid: 7, path: file.path, onDisk: .replaced),
                        configured: file, copies: [file], oldShims: [], shims: 0))))
        let finding = try #require(scene.engine.preflight([]).findings.first { $0.id == "binary-replaced" })
        #expect(finding.subject == "kubelet.service" && finding.sentence.hasPrefix("the kubelet that runs"))
    }

    @Test func fewerPodsAndNewLines() throws {
        var scene = try Self.node("2.1.9")
        var before = scene.engine.preflight([]).state
        before.readyPods = ["containerd": 3]
        let unknown = scene.engine.preflight(PreflightPlan(isAfter: true, before: before))
        #expect(unknown.unread.contains { $0.hasPrefix("how many pods of containerd are ready") })
        scene.wait(.seconds(5))
        scene.line("time=\"2026-11-22T02:00:00Z\" level=error msg=\"the frobnicator lost its widget\"")
        let report = scene.engine.preflight(PreflightPlan(isAfter: true, before: before))
        let finding = try #require(report.findings.first { $0.id == "new-lines" })
        #expect(finding.evidence.first?.contains("frobnicator") == true)
        let known = scene.engine.preflight(PreflightPlan(isAfter: true, before: report.state))
        #expect(Self.severities(known)["new-lines"] == nil)
    }
}
