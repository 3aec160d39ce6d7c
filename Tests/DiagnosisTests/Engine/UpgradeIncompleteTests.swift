// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What runs against what is installed.
@Suite struct UpgradeIncompleteTests {
    private static let file = RuntimeBinaries.File(path: "/usr/bin/containerd", device: 1, inode: 10)

    private static func report(
        onDisk: RuntimeBinaries.OnDisk = .same, path: String = "/usr/bin/containerd",
        configured: RuntimeBinaries.File? = file, copies: [RuntimeBinaries.File] = [file], oldShims: Int = 0
    ) -> RuntimeBinaries {
        RuntimeBinaries(
            unit: Scene.unit, running: .init(pid: 58, path: path, onDisk: onDisk), configured: configured,
            copies: copies,
            oldShims: (0..<oldShims).map {
                .init(pid: Int32(100 + $0), path: "/usr/bin/containerd-shim-runc-v2", onDisk: .replaced)
            }, shims: 3)
    }

    private static let other = RuntimeBinaries.File(path: "/usr/local/bin/containerd", device: 1, inode: 11)

    private func scene(_ report: RuntimeBinaries) throws -> Scene {
        var scene = try Scene()
        scene.starts()
        scene.feed(.node(.binaries(report)))
        return scene
    }

    @Test func oneInstallThatRunsIsNone() throws {
        let scene = try scene(Self.report())
        #expect(scene.transitions.isEmpty)
        #expect(scene.condition(.upgradeComplete)?.status == .true)
    }

    @Test(
        arguments: [
            (report(onDisk: .replaced), "RestartPending", Severity.warning),
            (report(onDisk: .deleted, copies: []), "BinaryRemoved", .warning),
            (report(configured: other, copies: [file, other]), "UnitPointsElsewhere", .warning),
            (report(copies: [other, file]), "TwoInstalls", .warning),
            (report(oldShims: 2), "OldShims", .info),
            (report(onDisk: .replaced, oldShims: 2), "RestartPending", .warning),
        ])
    func gaps(_ report: RuntimeBinaries, _ cause: String, _ severity: Severity) throws {
        var scene = try scene(report)
        #expect(scene.openNames == ["UpgradeIncomplete/\(cause)"])
        #expect(scene.open.map(\.severity) == [severity])
        #expect(scene.condition(.upgradeComplete)?.status == (severity == .info ? .true : .false))
        #expect(scene.condition(.upgradeComplete)?.reason == cause)
        scene.feed(.node(.binaries(Self.report())))
        #expect(scene.openNames == [])
    }

    /// Old shims are what every upgrade leaves: no reason to call the node degraded.
    @Test func oldShimsAloneLeaveTheVerdict() throws {
        let scene = try scene(Self.report(oldShims: 1))
        #expect(scene.engine.snapshot(at: scene.now).verdict == .healthy)
    }

    @Test("a unit without a main process is not asked for one again and again")
    func withoutMainProcess() throws {
        var scene = try Scene()
        scene.starts()
        scene.feed(.unit(UnitState(name: Scene.unit, activeState: "active", subState: "exited")))
        scene.inquiries = []
        for _ in 0..<10 {
            scene.answers()
            scene.wait(.seconds(5))
        }
        #expect(!scene.inquiries.contains(.unit(Scene.unit)))
        scene.wait(.seconds(20))
        #expect(scene.inquiries.contains(.unit(Scene.unit)))
    }

    /// A wrapper starts something else by design.
    @Test(arguments: ["/usr/local/bin/start-containerd", "/bin/sh"])
    func aWrapperIsNoOtherBinary(_ wrapper: String) throws {
        let scene = try scene(
            Self.report(configured: RuntimeBinaries.File(path: wrapper, device: 1, inode: 99)))
        #expect(scene.transitions.isEmpty)
    }

    @Test func k3sUnpacksItself() throws {
        let k3s = RuntimeBinaries.File(path: "/usr/local/bin/k3s", device: 1, inode: 5)
        let scene = try scene(
            Self.report(
                path: "/var/lib/rancher/k3s/data/abc/bin/k3s", configured: k3s, copies: [k3s, Self.other]))
        #expect(scene.transitions.isEmpty)
    }

    /// What was seen of the process before the restart says nothing of the one after it.
    @Test func aRestartVoidsTheReport() throws {
        var scene = try scene(Self.report(onDisk: .replaced))
        scene.stops("restart")
        scene.starts()
        #expect(scene.openNames == ["UpgradeIncomplete/RestartPending"])
        scene.feed(.node(.binaries(Self.report())))
        #expect(scene.openNames == [])
        #expect(scene.resolvedNames == ["UpgradeIncomplete/RestartPending"])
    }

    @Test func itIsAskedOncePerMinuteAndAtOnceAfterARestart() throws {
        var scene = try Scene()
        scene.starts()
        scene.feed(
            .unit(
                UnitState(
                    name: Scene.unit, activeState: "active", subState: "running", mainPID: 58,
                    execStart: "/usr/bin/containerd")))
        let question = Inquiry.binaries(unit: Scene.unit, pid: 58, execStart: "/usr/bin/containerd")
        #expect(scene.inquiries.filter { $0 == question }.count == 1)
        scene.feed(.node(.binaries(Self.report())))
        for _ in 0..<59 { scene.wait(.seconds(1)) }
        #expect(scene.inquiries.filter { $0 == question }.count == 1)
        scene.wait(.seconds(2))
        #expect(scene.inquiries.filter { $0 == question }.count == 2)
    }
}
