// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

extension CauseScene {
    /// Status hangs (or is answered late) while the lists are answered.
    private static func status(
        _ version: String, requested: Bool, hangs: Bool = true
    ) -> @Sendable (inout Scene) -> Void {
        { scene in
            scene.boots(version, plugin: "loading")
            scene.serves("v1", version)
            if requested { scene.asksForSandbox("web") }
            scene.wait(.seconds(2))
            scene.serves("v1", version)
            scene.wait(.seconds(4))
            scene.fails(.timedOut, at: .status)
            scene.wait(.seconds(1))
            if !hangs { scene.probe(.status, .status(RuntimeStatus(conditions: []))) }
            scene.probe(.pods, .pods([]))
        }
    }

    private static func blocked(
        _ cause: Cause, play: @escaping @Sendable (inout Scene) -> Void,
        nearMiss: @escaping @Sendable (inout Scene) -> Void
    ) -> CauseScene {
        CauseScene(
            .statusBlocked, cause, play: play, nearMiss: nearMiss,
            end: { $0.probe(.status, .status(RuntimeStatus(conditions: []))) })
    }

    static let statusBlocked: [CauseScene] = [
        blocked(
            .knownDefect, play: status("2.0.1", requested: true), nearMiss: status("2.0.3", requested: true)),
        blocked(
            .cniAddHangs, play: status("1.7.24", requested: true),
            nearMiss: status("1.7.24", requested: false)),
        blocked(
            .statusHangs, play: status("1.7.24", requested: false),
            nearMiss: status("1.7.24", requested: false, hangs: false)),
    ]

    private static let file = RuntimeBinaries.File(path: "/usr/bin/containerd", device: 1, inode: 10)
    private static let other = RuntimeBinaries.File(path: "/usr/local/bin/containerd", device: 1, inode: 11)

    private static func binaries(
        onDisk: RuntimeBinaries.OnDisk = .same, configured: RuntimeBinaries.File = file,
        copies: [RuntimeBinaries.File] = [file], shims: RuntimeBinaries.OnDisk? = nil
    ) -> RuntimeBinaries {
        RuntimeBinaries(
            unit: Scene.unit, running: .init(pid: 58, path: file.path, onDisk: onDisk),
            configured: configured,
            copies: copies,
            oldShims: shims.map { [.init(pid: 100, path: "/usr/bin/containerd-shim-runc-v2", onDisk: $0)] }
                ?? [], shims: 3)
    }

    private static func upgrade(_ cause: Cause, _ found: RuntimeBinaries, nearMiss: RuntimeBinaries)
        -> CauseScene
    {
        CauseScene(
            .upgradeIncomplete, cause,
            play: {
                $0.starts()
                $0.feed(.node(.binaries(found)))
            },
            nearMiss: {
                $0.starts()
                $0.feed(.node(.binaries(nearMiss)))
            }, end: { $0.feed(.node(.binaries(binaries()))) })
    }

    static let upgradeIncomplete: [CauseScene] = [
        upgrade(
            .binaryRemoved, binaries(onDisk: .deleted, copies: []), nearMiss: binaries(onDisk: .replaced)),
        upgrade(.restartPending, binaries(onDisk: .replaced), nearMiss: binaries()),
        // A wrapper starts something else by design.
        upgrade(
            .unitPointsElsewhere, binaries(configured: other, copies: [file, other]),
            nearMiss: binaries(
                configured: RuntimeBinaries.File(
                    path: "/usr/local/bin/start-containerd", device: 1, inode: 99))),
        upgrade(
            .twoInstalls, binaries(copies: [other, file]), nearMiss: binaries(copies: [file])),
        upgrade(.oldShims, binaries(shims: .replaced), nearMiss: binaries()),
    ]
}
