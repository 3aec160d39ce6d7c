// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

extension CauseScene {
    private static let id = "8505bcc08d328da828c087dbbb518f33623a5a21d61b89a20f14b979f4f7c389"

    private static func says(_ scene: inout Scene, _ rest: String) {
        scene.line(#"time="2026-11-22T01:50:00.000000000Z" \#(rest)"#)
        scene.wait(.seconds(1))
    }

    private static func stuck(
        _ cause: Cause, play: @escaping @Sendable (inout Scene) -> Void,
        nearMiss: @escaping @Sendable (inout Scene) -> Void,
        end: (@Sendable (inout Scene) throws -> Void)? = nil
    ) -> CauseScene { CauseScene(.containerStuck, cause, play: play, nearMiss: nearMiss, end: end) }

    private static let silence =
        #"level=error msg="get state for \#(id)" error="context deadline exceeded: unknown""#

    private static func lists(_ scene: inout Scene, _ state: Container.State) {
        scene.probe(.pods, .pods([]))
        scene.probe(
            .containers,
            .containers([
                Container(
                    id: id, podSandboxID: "1", name: "web", podName: "web-1", namespace: "shop", state: state)
            ]))
    }

    /// Scenes of ``IncidentKind/containerStuck``.
    static let containerStuck: [CauseScene] = [
        stuck(
            .createHangs,
            play: {
                says(
                    &$0,
                    #"level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:web-1,Uid:1,Namespace:shop,Attempt:0,}""#
                )
                $0.wait(.seconds(245))
            },
            nearMiss: {
                says(
                    &$0,
                    #"level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:web-1,Uid:1,Namespace:shop,Attempt:0,}""#
                )
                $0.wait(.seconds(100))
                says(
                    &$0,
                    #"level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:web-1,Uid:1,Namespace:shop,Attempt:0,} returns sandbox id \"\#(id)\"""#
                )
                $0.wait(.seconds(245))
            },
            end: {
                says(
                    &$0,
                    #"level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:web-1,Uid:1,Namespace:shop,Attempt:0,} returns sandbox id \"\#(id)\"""#
                )
            }),
        stuck(
            .stopHangs,
            play: {
                says(
                    &$0,
                    #"level=error msg="StopContainer for \"\#(id)\" failed" error="rpc error: code = DeadlineExceeded desc = an error occurs during waiting for container \"\#(id)\" to be killed: wait container \"\#(id)\": context deadline exceeded""#
                )
            },
            nearMiss: {
                says(&$0, #"level=info msg="StopContainer for \"\#(id)\" with timeout 86400 (s)""#)
                $0.wait(.seconds(3600))
                says(
                    &$0,
                    #"level=error msg="StopContainer for \"\#(id)\" failed" error="an error occurred when try to find container \"\#(id)\": not found""#
                )
            },
            end: { says(&$0, #"level=info msg="StopContainer for \"\#(id)\" returns successfully""#) }),
        stuck(
            .shimUnresponsive,
            play: {
                says(
                    &$0,
                    #"level=error msg="StopContainer for \"\#(id)\" failed" error="rpc error: code = DeadlineExceeded desc = failed to get task for container \"\#(id)\": context deadline exceeded""#
                )
            },
            nearMiss: {
                says(
                    &$0,
                    #"level=error msg="ExecSync for \"\#(id)\" failed" error="rpc error: code = DeadlineExceeded desc = failed to load task: context deadline exceeded""#
                )
            },
            end: { says(&$0, #"level=info msg="StopContainer for \"\#(id)\" returns successfully""#) }),
        // No stop has failed in words that say why: as containerd 1.6 and 1.7 log it for a shim that is stopped (SIGSTOP).
        stuck(
            .shimUnresponsive,
            play: {
                says(&$0, silence)
                $0.wait(.seconds(3))
                says(
                    &$0,
                    #"level=error msg="StopPodSandbox for \"1\" failed" error="failed to stop container \"\#(id)\": failed to kill container \"\#(id)\": context canceled: unknown""#
                )
                says(&$0, silence)
            },
            nearMiss: {
                // A busy node: the shim answered later.
                says(&$0, silence)
                says(&$0, silence)
                $0.wait(.seconds(60))
            },
            end: { says(&$0, #"level=info msg="StopContainer for \"\#(id)\" returns successfully""#) }),
        stuck(
            .startLost,
            play: {
                says(&$0, #"level=info msg="cleaning leaked shim process" id=\#(id) namespace=k8s.io"#)
                $0.wait(.seconds(70))
                lists(&$0, .created)
            },
            nearMiss: {
                says(&$0, #"level=info msg="cleaning leaked shim process" id=\#(id) namespace=k8s.io"#)
                $0.wait(.seconds(70))
                lists(&$0, .exited)
            }, end: { lists(&$0, .running) }),
        stuck(
            .shimLost,
            play: {
                says(
                    &$0,
                    #"level=error msg="failed to get task exit status for \"\#(id)\"" error="ttrpc: closed: unknown""#
                )
                // It is still listed as ready for a moment: that is no proof.
                $0.probe(
                    .pods,
                    .pods([PodSandbox(id: id, name: "web-1", namespace: "shop", uid: "u", ready: true)]))
            },
            nearMiss: { says(&$0, #"level=info msg="shim disconnected" id=\#(id) namespace=k8s.io"#) },
            end: {
                $0.wait(.seconds(1))
                lists(&$0, .running)
            }),
        stuck(
            .staleNames,
            play: {
                $0.line(
                    #"E0816 10:49:35.134458    1503 remote_runtime.go:92] RunPodSandbox from runtime service failed: rpc error: code = Unknown desc = pod sandbox with name "k8s_web-1_shop_377428dfa6031e5c71f7b497d2a381b1_0" already exists"#,
                    unit: "kubelet.service")
            },
            nearMiss: {
                $0.line(
                    #"E0816 10:49:35.134458    1503 nestedpendingoperations.go:92] "Operation failed" err="pod volume with name \"x\" already exists""#,
                    unit: "kubelet.service")
            }),
    ]
}
