// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// Status hangs while the rest answers, and what looks alike.
@Suite struct StatusBlockedTests {
    private func blocked(_ version: String, requested: Bool = true) throws -> Scene {
        var scene = try Scene()
        scene.boots(version, plugin: "loading")
        scene.serves("v1", version)
        if requested { scene.asksForSandbox("web") }
        scene.wait(.seconds(2))
        scene.serves("v1", version)
        scene.wait(.seconds(4))
        scene.fails(.timedOut, at: .status)
        return scene
    }

    @Test(arguments: [
        ("2.0.1", "KnownDefect"), ("v2.0.2", "KnownDefect"), ("2.0.3", "CNIAddHangs"),
        ("1.7.24~ds1", "CNIAddHangs"),
    ])
    func theVersionNamesTheCause(_ version: String, _ cause: String) throws {
        var scene = try blocked(version)
        #expect(scene.openNames == [])
        #expect(scene.inquiries.contains(.probe(Scene.endpoint, from: .pods)))
        scene.wait(.seconds(1))
        scene.probe(.pods, .pods([]))
        #expect(scene.openNames == ["StatusBlocked/\(cause)"])
        #expect(scene.open.first?.explanation.contains("once a minute") == true)
        scene.probe(.status, .status(RuntimeStatus(conditions: [])))
        #expect(scene.openNames == [])
        #expect(scene.resolvedNames == ["StatusBlocked/\(cause)"])
    }

    @Test func withoutASandboxInTheMakingNoCauseIsClaimed() throws {
        var scene = try blocked("1.7.24", requested: false)
        scene.wait(.seconds(1))
        scene.probe(.pods, .pods([]))
        #expect(scene.openNames == ["StatusBlocked/StatusHangs"])
    }

    @Test func aSandboxWithItsResultIsNotPending() throws {
        var scene = try blocked("1.7.24")
        scene.line(
            "time=\"2026-11-22T01:50:00Z\" level=info msg=\"RunPodSandbox for &PodSandboxMetadata{Name:web,Uid:1,Namespace:default,Attempt:0,} returns sandbox id \\\"8505bcc08d328da828c087dbbb518f33623a5a21d61b89a20f14b979f4f7c389\\\"\""
        )
        scene.wait(.seconds(1))
        scene.probe(.pods, .pods([]))
        #expect(scene.openNames == ["StatusBlocked/StatusHangs"])
    }

    @Test func aSocketWithoutAUnitNamesNoneInACommand() throws {
        let bare = Endpoint(socketPath: "/srv/cri.sock", runtime: .containerd, unit: nil)
        var scene = try Scene(endpoints: [bare])
        func report(_ rung: ProbeReport.Rung, _ outcome: ProbeReport.Outcome) -> Observation.Event {
            .probe(ProbeReport(endpoint: bare, rung: rung, outcome: outcome, latency: .milliseconds(20)))
        }
        for _ in 0..<4 {
            scene.wait(.seconds(10))
            scene.feed(
                report(
                    .version, .version(RuntimeVersion(name: "containerd", version: "2.0.1", apiVersion: "v1"))
                ))
            scene.feed(report(.status, .failed(ProbeFailure(reason: .timedOut, text: "recorded"))))
            scene.wait(.seconds(1))
            scene.feed(report(.pods, .pods([])))
        }
        #expect(scene.openNames.contains { $0.hasPrefix("StatusBlocked/") }, "\(scene.openNames)")
        let steps = scene.open.flatMap(\.nextSteps)
        #expect(!steps.isEmpty && steps.allSatisfy { !"\($0)".contains("systemctl") }, "\(steps)")
    }

    @Test func aRuntimeThatHangsAsAWholeIsRuntimeDown() throws {
        var scene = try blocked("2.0.1")
        scene.wait(.seconds(4))
        scene.fails(.timedOut, at: .pods)
        scene.wait(.seconds(4))
        scene.fails(.timedOut)
        scene.wait(.seconds(4))
        scene.fails(.timedOut)
        #expect(scene.openNames == ["RuntimeDown/Hung"])
        #expect(!scene.transitions.contains { $0.incident.kind == .statusBlocked })
    }

    @Test func oneSlowStatusThatIsAnsweredNextTimeIsNone() throws {
        var scene = try blocked("2.0.1")
        scene.wait(.seconds(1))
        scene.probe(.status, .status(RuntimeStatus(conditions: [])))
        scene.probe(.pods, .pods([]))
        #expect(scene.transitions.isEmpty)
    }

    @Test func theKubeletsComplaintIsItsSymptom() throws {
        var scene = try blocked("2.0.2")
        scene.wait(.seconds(1))
        scene.probe(.pods, .pods([]))
        scene.line(
            "I0110 10:00:31.000000    1234 kubelet.go:2461] \"Skipping pod synchronization\" err=\"container runtime is down\"",
            unit: "kubelet.service")
        #expect(scene.openNames == ["StatusBlocked/KnownDefect"])
        #expect(scene.open.first?.symptoms.map(\.name) == ["kubelet-runtime-down"])
    }

    @Test func aRestartEndsIt() throws {
        var scene = try blocked("2.0.1")
        scene.wait(.seconds(1))
        scene.probe(.pods, .pods([]))
        scene.restarts("2.0.1", plugin: "loading")
        #expect(scene.openNames == [])
    }
}

extension Scene {
    mutating func asksForSandbox(_ pod: String) {
        line(
            "time=\"2026-11-22T01:50:00Z\" level=info msg=\"RunPodSandbox for &PodSandboxMetadata{Name:\(pod),Uid:1,Namespace:default,Attempt:0,}\""
        )
    }
}
