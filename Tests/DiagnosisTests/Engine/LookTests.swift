// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What one look at the node can refute does not make it unhealthy before somebody has looked.
@Suite struct LookTests {
    private static let full = FailedCreation.sandbox(
        "web-1",
        "failed to create containerd task: write /run/containerd/x/config.json: no space left on device")
    private static let missing = FailedCreation.sandbox(
        "web-1",
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime error: fork/exec /usr/bin/runc: no such file or directory: unknown"
    )

    /// A node on which somebody looks, or a recording.
    private func scene(isLive: Bool) throws -> Scene {
        var scene = try Scene()
        scene.starts()
        if isLive { scene.feed(.node(.kubelet(nil))) }
        return scene
    }

    private func usage(_ free: UInt64) -> [FileSystemUsage] {
        ["/run/containerd", "/var/lib/containerd"].map {
            FileSystemUsage(path: $0, totalBytes: 64 << 30, availableBytes: free, availableInodes: 9)
        }
    }

    @Test func aDiskThatIsFullIsConfirmedByALook() throws {
        var scene = try scene(isLive: true)
        scene.line(Self.full)
        #expect(scene.openNames == ["CreateFailing/DiskFull"])
        #expect(scene.open.first?.status == .suspected)
        #expect(scene.engine.snapshot(at: scene.now).verdict != .unhealthy)
        #expect(scene.inquiries.contains { if case .fileSystems = $0 { true } else { false } })
        scene.wait(.milliseconds(100))
        scene.feed(.node(.fileSystems(usage(0))))
        #expect(scene.open.first?.status == .confirmed)
        #expect(scene.engine.snapshot(at: scene.now).verdict == .unhealthy)
    }

    @Test func aDiskThatIsNotFullIsNoOutageHoweverOftenItIsSaid() throws {
        var scene = try scene(isLive: true)
        for _ in 0..<3 {
            scene.line(Self.full)
            #expect(scene.engine.snapshot(at: scene.now).verdict != .unhealthy)
            scene.wait(.milliseconds(100))
            scene.feed(.node(.fileSystems(usage(9 << 30))))
            #expect(scene.engine.snapshot(at: scene.now).verdict != .unhealthy)
            scene.wait(.seconds(20))
        }
    }

    @Test func aProberThatDoesNotAnswerKeepsNothingSuspected() throws {
        var scene = try scene(isLive: true)
        scene.line(Self.full)
        scene.wait(.seconds(6))
        #expect(scene.open.first?.status == .confirmed)
    }

    @Test func aRecordingIsNotLookedAt() throws {
        var scene = try scene(isLive: false)
        scene.line(Self.full)
        #expect(scene.open.first?.status == .confirmed)
    }

    @Test(
        arguments: [(nil, ["CreateFailing/OCIRuntimeMissing"]), ("/usr/bin/runc", [])]
            as [(String?, [String])])
    func anOCIRuntimeIsLookedFor(_ path: String?, _ open: [String]) throws {
        var scene = try scene(isLive: true)
        scene.line(Self.missing)
        #expect(scene.openNames == ["CreateFailing/OCIRuntimeMissing"])
        #expect(scene.open.first?.status == .suspected)
        scene.wait(.milliseconds(100))
        scene.feed(.node(.binary(name: "runc", path: path)))
        #expect(scene.openNames == open)
        #expect(scene.open.allSatisfy { $0.status == .confirmed })
    }
}
