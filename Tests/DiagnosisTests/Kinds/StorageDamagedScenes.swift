// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

extension CauseScene {
    private static func one(_ cause: Cause, _ error: String) -> CauseScene {
        CauseScene(
            .storageDamaged, cause,
            play: {
                $0.starts()
                $0.lines([FailedCreation.sandbox("web-1", error)])
            },
            nearMiss: {
                $0.starts()
                $0.lines([
                    FailedCreation.sandbox(
                        "web-1",
                        FailedCreation.runc
                            + "exec: \"/\(error)\": stat /x: no such file or directory: unknown"),
                    FailedCreation.pull(
                        "registry.example/a:1", "failed to resolve reference: registry.example/a:1: not found"
                    ),
                ])
            },
            end: { scene in
                scene.lines([FailedCreation.sandboxMade("web-2", 2)])
                #expect(scene.openNames == ["StorageDamaged/\(cause.rawValue)"])
                scene.lines([FailedCreation.sandboxMade("web-1", 1)])
            })
    }

    static let storageDamaged: [CauseScene] = [
        one(
            .databaseCorrupt,
            #"creating pod sandbox with name "x": loading primary layer store data: /var/lib/containers/storage/overlay-layers/layers.json: unexpected end of JSON input"#
        ),
        one(
            .contentMissing,
            "failed to create containerd container: error unpacking image: failed to resolve rootfs: content digest sha256:65ec: not found"
        ),
        one(
            .snapshotMissing,
            #"failed to create containerd container: failed to create snapshot: missing parent "k8s.io/3/sha256:e171" bucket: not found"#
        ),
        one(
            .snapshotterMismatch,
            #"failed to create containerd container: error unpacking image: can not find snapshotter "nydus": not found"#
        ),
        one(.layerMissing, #"error creating pod sandbox with name "k8s_web-1": layer not known"#),
    ]
}

@Suite("Damaged stores") struct StorageDamagedTests {
    @Test("it is over when nobody meets it any more")
    func quiet() throws {
        var scene = try Scene()
        scene.starts()
        scene.lines([
            FailedCreation.sandbox(
                "web-1", #"error creating pod sandbox with name "k8s_web-1": layer not known"#)
        ])
        #expect(scene.openNames == ["StorageDamaged/LayerMissing"])
        scene.wait(.seconds(601))
        #expect(scene.openNames == [])
    }
}
