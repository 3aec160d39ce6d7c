// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

@Suite struct IncidentLifeTests {
    @Test func reopeningWithinTenMinutesIsTheSameIncident() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        let id = try #require(scene.open.first?.id)
        scene.starts()
        scene.wait(.seconds(300))
        scene.killed()
        #expect(scene.open.map(\.id) == [id])
        #expect(scene.open.first?.occurrences == 2)
    }

    @Test func theStateSurvivesARestart() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        let before = scene.open
        let data = try JSONEncoder().encode(scene.engine.state)
        scene.engine = Engine(
            rules: Scene.shipped, restoring: try JSONDecoder().decode(EngineState.self, from: data))
        scene.feed(
            .started(
                DaemonStart(bootID: "boot-1", version: "test", hostname: "node1", endpoints: [Scene.endpoint])
            ))
        #expect(scene.open.map(\.id) == before.map(\.id))
        #expect(scene.open.first?.timeline == before.first?.timeline)
        #expect(scene.transitions.count == 1)
        scene.starts()
        #expect(scene.openNames == [])
    }

    @Test func anIncidentSurvivesARebootUntilThereIsEvidence() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        let id = try #require(scene.open.first?.id)
        scene.reboot()
        #expect(scene.open.map(\.id) == [id])
        scene.starts()
        #expect(scene.openNames == [])
    }

    @Test func aStopThatLastsThroughARebootStaysAStop() throws {
        var scene = try Scene()
        scene.starts()
        scene.manager(MessageID.unitStopped, ["JOB_TYPE": "stop"])
        scene.wait(.seconds(5))
        let before = try #require(scene.open.first)
        let last = scene.now.wall
        scene.reboot()
        // The endpoint is asked before the bus has told that the unit was not started.
        scene.fails(.socketMissing, at: .socket)
        scene.wait(.seconds(1))
        scene.fails(.socketMissing, at: .socket)
        scene.feed(.unit(UnitState(name: Scene.unit, activeState: "inactive", subState: "dead")))
        scene.wait(.seconds(60))
        let after = try #require(scene.open.first)
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
        #expect(after.id == before.id && after.sentence == before.sentence)
        #expect(
            after.timeline.last?.text
                == "The node booted; the boot before was last seen at \(last.date) \(last.clock) UTC")
    }

    @Test func kubeletComplaintsFoldUnderTheirCause() throws {
        var scene = try Scene()
        scene.starts()
        let complaint =
            #"E1122 02:06:58.524726     218 kubelet.go:2855] "Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized""#
        scene.killed()
        scene.line(complaint, unit: "kubelet.service")
        scene.line(
            #"I1122 02:06:58.524726     218 kubelet.go:2137] "Skipping pod synchronization" err="[container runtime is down, PLEG is not healthy: pleg was last seen active 3m2s ago; threshold is 3m0s]""#,
            unit: "kubelet.service")
        #expect(scene.openNames == ["RuntimeDown/Killed"])
        #expect(scene.open.first?.symptoms.isEmpty == false)
    }

    @Test func theKubeletAloneIsASuspicion() throws {
        var scene = try Scene()
        scene.line(
            #"I1122 02:06:58.524726     218 kubelet.go:2137] "Skipping pod synchronization" err="container runtime is down""#,
            unit: "kubelet.service")
        #expect(scene.openNames == ["RuntimeDown/ReportedByKubelet"])
        #expect(scene.open.map(\.status) == [.suspected])
        scene.answers()
        #expect(scene.openNames == [])
    }

    @Test func aBrokenProbeIsNeverABrokenRuntime() throws {
        var scene = try Scene()
        scene.manager(MessageID.unitStarted)
        scene.probe(.connect, .reached)
        scene.probe(.version, .broken(ProbeBreakage(reason: .crictlMissing, text: "no crictl")))
        scene.wait(.seconds(60))
        #expect(scene.openNames == ["MonitoringImpaired/CrictlMissing"])
        #expect(scene.condition(.runtimeReady)?.status == .unknown)
        scene.answers()
        #expect(scene.openNames == [])
        #expect(scene.condition(.runtimeReady)?.status == .true)
    }

    @Test func whatWasKnownIsUnknownWithoutAProber() throws {
        let ready = ["RuntimeReady", "NetworkReady"].map {
            RuntimeStatus.Condition(type: $0, status: true, reason: "", message: "")
        }
        let told: [Condition.Kind] = [.runtimeReady, .networkReady, .criVersionSupported]
        var scene = try Scene()
        scene.starts()
        scene.probe(.status, .status(RuntimeStatus(conditions: ready)))
        #expect(told.map { scene.condition($0)?.status } == [.true, .true, .true])
        // The cheapest rung, asked every second, tells first.
        scene.wait(.seconds(1))
        scene.probe(.socket, .broken(ProbeBreakage(reason: .proberUnreachable, errno: 111, text: "connect")))
        #expect(told.map { scene.condition($0)?.status } == [.unknown, .unknown, .unknown])
        #expect(scene.openNames == ["MonitoringImpaired/ProberUnreachable"])
        // It is back; the runtime is known again when it has answered, not before.
        scene.wait(.seconds(1))
        scene.probe(.socket, .reached)
        scene.probe(.connect, .reached)
        #expect(scene.condition(.runtimeReady)?.status == .unknown)
        scene.wait(.seconds(1))
        scene.answers()
        #expect(told.map { scene.condition($0)?.status } == [.true, .true, .true])
        #expect(scene.openNames == [])
    }

    @Test func conditionsStartUnknown() throws {
        let scene = try Scene()
        for condition in scene.engine.snapshot(at: scene.now).conditions
        where condition.type != .monitoringHealthy {
            #expect(condition.status == .unknown, "\(condition.type)")
        }
        #expect(scene.engine.snapshot(at: scene.now).verdict == .unknown)
    }

    @Test func blindWindowsAreShownAndExpire() throws {
        var scene = try Scene()
        scene.starts()
        scene.feed(.daemon(.blind(BlindWindow(reason: .vacuumed, from: nil, to: nil))))
        #expect(scene.openNames == ["MonitoringImpaired/BlindWindow"])
        #expect(scene.engine.snapshot(at: scene.now).verdict == .healthy)
        scene.wait(.seconds(3601))
        #expect(scene.openNames == [])
        #expect(
            scene.engine.snapshot(at: scene.now).resolved.first?.timeline.last?.text.hasPrefix("Expired")
                == true)
    }

    /// The follower declares what journald suppressed; the line itself, which comes with it, is no second loss.
    @Test func whatJournaldSuppressedIsCountedOnce() throws {
        var scene = try Scene()
        scene.feed(
            .daemon(
                .blind(
                    BlindWindow(
                        reason: .suppressed, from: nil, to: scene.now.wall, unit: Scene.unit, entries: 12))))
        scene.journal(
            source: .journald, message: "Suppressed 12 messages from containerd.service",
            messageID: MessageID.journalDropped, fields: ["N_DROPPED": "12"])
        let snapshot = scene.engine.snapshot(at: scene.now)
        #expect(snapshot.monitoring.blindWindows.count == 1)
        #expect(snapshot.statistics.blindWindows == 1)
    }

    @Test func aRuleOfTheSiteOpensAndClearsByItself() throws {
        var scene = try Scene(rules: [
            """
            [[rule]]
            id = "site-flap"
            signal = "site-flap"
            emitter = "containerd"
            template = "the flux {name} flaps"
            meaning = "The flux flaps."
            severity = "warning"
            examples = ['the flux f1 flaps']
            [rule.incident]
            kind = "FluxFlapping"
            severity = "warning"
            sentence = "flux {name} flaps"
            count = 3
            within = "1m"
            quiet = "5m"
            """
        ])
        for _ in 0..<3 {
            #expect(scene.openNames == [])
            scene.line("the flux f1 flaps")
            scene.wait(.seconds(1))
        }
        #expect(scene.openNames == ["FluxFlapping/site-flap"])
        #expect(scene.open.first?.sentence == "flux f1 flaps")
        scene.wait(.seconds(301))
        #expect(scene.openNames == [])
    }

    @Test("incidents outlive an upgrade that cannot read the facts of the version before it")
    func factsOfAnotherVersion() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        let state = try JSONEncoder().encode(scene.engine.state)
        var document = try #require(JSONSerialization.jsonObject(with: state) as? [String: Any])
        var facts = try #require(document["facts"] as? [String: Any])
        facts["containers"] = ["written": "otherwise"]
        document["facts"] = facts
        let old = try JSONDecoder().decode(
            EngineState.self, from: JSONSerialization.data(withJSONObject: document))
        #expect(old.hasLostFacts)
        #expect(try !JSONDecoder().decode(EngineState.self, from: state).hasLostFacts)
        scene.engine = Engine(rules: Scene.shipped, restoring: old)
        scene.feed(
            .started(
                DaemonStart(bootID: "boot-1", version: "test", hostname: "node1", endpoints: [Scene.endpoint])
            ))
        #expect(scene.openNames == ["RuntimeDown/Killed"])
        scene.wait(.seconds(1))
        scene.answers()
        #expect(scene.openNames == [])
        #expect(scene.resolvedNames == ["RuntimeDown/Killed"])
    }

    @Test("what is said again with other numbers is evidence once")
    func repeatedEvidence() throws {
        var node = try ContainerScene()
        node.stop()
        node.start(ready: false)
        for _ in 0..<6 {
            node.scene.wait(.seconds(10))
            node.killFails(2)
        }
        let evidence = try #require(node.scene.open.first).evidence.map(\.summary)
        #expect(evidence.count { $0.contains("times to kill") } == 1)
        #expect(evidence.contains { $0.contains("has tried 6 times") })
    }
}
