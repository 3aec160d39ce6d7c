// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

extension CauseScene {
    private static let v1 =
        "validate CRI v1 runtime API for endpoint: rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"

    private static func version(
        _ cause: Cause, play: @escaping @Sendable (inout Scene) -> Void,
        nearMiss: @escaping @Sendable (inout Scene) -> Void
    ) -> CauseScene {
        CauseScene(
            .criVersionUnsupported, cause,
            play: {
                play(&$0)
                $0.refuses(v1)
                $0.wait(.seconds(11))
            },
            nearMiss: {
                nearMiss(&$0)
                $0.wait(.seconds(60))
            },
            end: {
                $0.restarts("1.7.30", plugin: "loading")
                $0.answers()
            })
    }

    static let criVersionUnsupported: [CauseScene] = [
        version(
            .criPluginDisabled, play: { $0.boots("1.7.30", plugin: nil) },
            nearMiss: {
                $0.boots("1.7.30", plugin: nil)
                $0.asksForSandbox("web")
                $0.refuses(v1)
            }),
        version(
            .criPluginFailed, play: { $0.boots("2.0.5", plugin: "failed") },
            nearMiss: {
                $0.boots("2.0.5", plugin: "loading")
                $0.line(
                    #"time="2026-11-22T01:42:20Z" level=warning msg="failed to load plugin" error="devmapper not configured" id=io.containerd.snapshotter.v1.devmapper type=io.containerd.snapshotter.v1"#
                )
                $0.serves("v1", "2.0.5")
            }),
        version(
            .runtimeTooOld, play: { $0.boots("1.5.9", plugin: "loading") },
            nearMiss: {
                $0.boots("1.5.9", plugin: "loading")
                $0.refuses(v1)
                $0.wait(.seconds(1))
                $0.serves("v1alpha2", "1.5.9")
            }),
        version(
            .criNotServed, play: { $0.starts() },
            nearMiss: {
                $0.starts()
                $0.probe(
                    .status,
                    .failed(ProbeFailure(reason: .unimplemented, text: "unknown method RuntimeConfig")))
            }),
    ]
}
