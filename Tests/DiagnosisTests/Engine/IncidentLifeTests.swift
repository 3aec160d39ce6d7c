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
}
