// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// `systemctl stop` is an outage until the runtime is up again; `systemctl disable --now`, where another runtime serves,
/// says that it is not wanted.
@Suite struct GivenUpTests {
    private static func stop(_ scene: inout Scene) {
        scene.stops()
    }

    private static func bus(_ scene: inout Scene, _ fileState: String, loadState: String = "loaded") {
        scene.feed(
            .unit(
                UnitState(
                    name: Scene.unit, loadState: loadState, activeState: "inactive", subState: "dead",
                    unitFileState: fileState)))
    }

    @Test(
        "the only runtime, stopped and disabled: the node is down",
        arguments: [
            ("disabled", "loaded"), ("masked", "masked"), ("masked-runtime", "masked"), ("", "not-found"),
            ("enabled", "loaded"), ("static", "loaded"),
        ])
    func only(_ fileState: String, _ loadState: String) throws {
        var scene = try Scene()
        scene.starts()
        Self.stop(&scene)
        Self.bus(&scene, fileState, loadState: loadState)
        scene.wait(.seconds(60))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
        #expect(scene.condition(.runtimeReady)?.status == .false)
    }

    @Test("a second runtime that is given up leaves the verdict to the first")
    func second() throws {
        var scene = try Scene(endpoints: [Scene.endpoint, ContainerScene.endpoint])
        scene.starts()
        scene.record(MessageID.unitStarted, of: ContainerScene.unit)
        scene.journal(
            source: .manager, unit: ContainerScene.unit, message: "", messageID: MessageID.unitStopped,
            fields: ["JOB_TYPE": "stop"])
        scene.wait(.seconds(5))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
        #expect(scene.inquiries.contains(.unit(ContainerScene.unit)), "it may be disabled later")
        scene.answers()
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
        scene.feed(
            .unit(
                UnitState(
                    name: ContainerScene.unit, activeState: "inactive", subState: "dead",
                    unitFileState: "disabled")))
        #expect(scene.openNames == [])
        #expect(scene.condition(.runtimeReady)?.status == .true)
    }
}
