// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

extension Scene {
    static let kubelet = "kubelet.service"

    mutating func kubelet(_ line: String) { self.line(line, unit: Self.kubelet) }

    mutating func kubelet(record id: String, _ fields: [String: String] = [:], message: String = "") {
        journal(source: .manager, unit: Self.kubelet, message: message, messageID: id, fields: fields)
    }

    /// It runs, and has done so for long.
    mutating func kubeletRuns() {
        kubelet(record: MessageID.unitStarted)
        kubelet(
            #"I0418 09:55:00.000000    1234 kuberuntime_manager.go:257] "Container runtime initialized" containerRuntime="containerd" version="v1.6.28" apiVersion="v1""#
        )
        wait(.seconds(120))
    }

    /// An attempt that ends with these last words.
    mutating func kubeletSays(_ line: String, thenExits status: Int = 1) {
        kubelet(record: MessageID.unitStarted)
        wait(.milliseconds(300))
        kubelet(line)
        kubeletExits(status)
    }

    mutating func kubeletExits(_ status: Int = 1, code: String = "exited", result: String = "exit-code") {
        kubelet(record: MessageID.processExit, ["EXIT_CODE": code, "EXIT_STATUS": "\(status)"])
        kubelet(record: MessageID.unitFailed, ["UNIT_RESULT": result])
    }

    mutating func kubeletRestarts(_ counter: Int) {
        wait(.seconds(10))
        kubelet(record: MessageID.restartScheduled, ["N_RESTARTS": "\(counter)"])
        kubelet(record: MessageID.unitStopped, ["JOB_TYPE": "restart"])
    }

    /// It starts, and stays.
    mutating func kubeletStays() {
        kubelet(record: MessageID.unitStarted)
        wait(.seconds(15))
    }
}

extension CauseScene {
    /// Last words that tell a cause, in one of the forms in which kubelets say them.
    private static func kubelet(_ cause: Cause, says line: String, nearMiss: String) -> CauseScene {
        CauseScene(
            .kubeletDown, cause, play: { $0.kubeletSays(line) }, nearMiss: { $0.kubeletSays(nearMiss) },
            end: { $0.kubeletStays() })
    }

    private static func failed(_ error: String, at place: String = "run.go:72") -> String {
        #"E1130 10:20:24.593801   11034 \#(place)] "command failed" err="\#(error)""#
    }

    static let kubeletDown = kubeletWords + kubeletEnds

    private static let kubeletWords: [CauseScene] = [
        CauseScene(
            .kubeletDown, .certificateExpired,
            play: { scene in
                scene.kubelet(record: MessageID.unitStarted)
                scene.kubelet(
                    #"E1130 10:20:24.593801   11034 bootstrap.go:267] "Unhandled Error" err="part of the existing bootstrap client certificate in /etc/kubernetes/kubelet.conf is expired: 2025-12-06 18:55:55 +0000 UTC" logger="UnhandledError""#
                )
                scene.kubelet(
                    failed(
                        "failed to run Kubelet: unable to load bootstrap kubeconfig: stat /etc/kubernetes/bootstrap-kubelet.conf: no such file or directory"
                    ))
                scene.kubeletExits()
            },
            nearMiss: { scene in
                // A node that has not joined yet.
                scene.kubeletSays(
                    failed(
                        "failed to run Kubelet: unable to load bootstrap kubeconfig: stat /etc/kubernetes/bootstrap-kubelet.conf: no such file or directory"
                    ))
            }, end: { $0.kubeletStays() }),
        kubelet(
            .cgroupDriverMismatch,
            says:
                #"F0612 12:23:42.383482   17481 server.go:233] failed to run Kubelet: failed to create kubelet: misconfiguration: kubelet cgroup driver: "cgroupfs" is different from docker cgroup driver: "systemd""#,
            nearMiss: "I0612 12:23:42.383482   17481 server.go:233] kubelet cgroup driver: \"systemd\""),
        kubelet(
            .cgroupVersionUnsupported,
            says: failed(
                "failed to validate kubelet configuration, error: kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported and will be removed in a future release, path: &TypeMeta{Kind:,APIVersion:,}"
            ), nearMiss: failed("failed to run Kubelet: invalid configuration: x")),
        kubelet(
            .cpuManagerStateInvalid,
            says:
                #"E0301 07:00:00.000000    1200 kubelet.go:1384] "Failed to start ContainerManager" err="start cpu manager error: could not restore state from checkpoint: configured policy \"static\" differs from state checkpoint policy \"none\", please drain this node and delete the CPU manager checkpoint file \"/var/lib/kubelet/cpu_manager_state\" before restarting Kubelet""#,
            nearMiss:
                #"E0301 07:00:00.000000    1200 kubelet.go:1384] "Failed to start ContainerManager" err="something else""#
        ),
        kubelet(
            .endpointMissing,
            says: failed(
                #"failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \"unix:///run/containerd/wrong.sock\": rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix /run/containerd/wrong.sock: connect: no such file or directory\""#
            ), nearMiss: failed("failed to run Kubelet: x")),
        CauseScene(
            .kubeletDown, .criVersionUnsupported,
            play: { scene in
                // The socket that was watched answers: it is another one that does not.
                scene.answers()
                scene.kubeletSays(
                    failed(
                        #"failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \"unix:///run/other.sock\": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"#
                    ))
            }, nearMiss: { $0.kubeletSays(failed("failed to run Kubelet: x")) }, end: { $0.kubeletStays() }),
        kubelet(
            .flagRemoved, says: failed("failed to parse kubelet flag: unknown flag: --container-runtime"),
            nearMiss:
                "Flag --register-with-taints has been deprecated, This parameter should be set via the config file"
        ),
        kubelet(
            .configInvalid,
            says: failed(
                "failed to load kubelet config file, path: /var/lib/kubelet/config.yaml, error: failed to load Kubelet config file /var/lib/kubelet/config.yaml, error failed to decode, error: yaml: line 12: mapping values are not allowed in this context"
            ),
            nearMiss: failed(
                #"failed to load kubelet config file, path: /var/lib/kubelet/config.yaml, error: failed to load Kubelet config file /var/lib/kubelet/config.yaml, error failed to read kubelet config file \"/var/lib/kubelet/config.yaml\", error: open /var/lib/kubelet/config.yaml: no such file or directory"#
            )),
        kubelet(
            .swapOn,
            says:
                "F0612 12:23:42.383482   17481 server.go:273] failed to run Kubelet: running with swap on is not supported, please disable swap! or set --fail-swap-on flag to false. /proc/swaps contained: [Filename Type Size Used Priority /dev/dm-1 partition 4194300 0 -2]",
            nearMiss: #"I0205 10:58:14.917220 12704 swap_util.go:115] "Swap is on" /proc/swaps contents=<"#),
        kubelet(
            .cgroupSetupFailed,
            says:
                #"E0816 21:41:25.619189   16778 kubelet.go:1384] "Failed to start ContainerManager" err="Unit kubepods.slice already exists.""#,
            nearMiss:
                #"E0816 21:41:25.619189   16778 kubelet.go:1384] "Failed to start node shutdown manager" err="Unit kubepods.slice already exists.""#
        ),
        kubelet(
            .inotifyExhausted,
            says:
                "F0812 16:26:52.166979  111106 server.go:269] failed to run Kubelet: inotify_init: too many open files",
            nearMiss:
                "F0812 16:26:52.166979  111106 server.go:269] failed to run Kubelet: open /x: too many open files"
        ),
        kubelet(
            .addressInUse,
            says:
                #"E0301 07:00:00.000000    1200 server.go:201] "Failed to listen and serve" err="listen tcp 0.0.0.0:10250: bind: address already in use""#,
            nearMiss: failed("failed to run Kubelet: x")),
        kubelet(
            .diskFull,
            says: failed("failed to run Kubelet: mkdir /var/lib/kubelet/pki: no space left on device"),
            nearMiss: failed("failed to run Kubelet: inotify_add_watch /x: no space left on device")),
        kubelet(
            .pathUnusable,
            says: failed(
                "failed to run Kubelet: error creating root directory: mkdir /var/lib/kubelet: read-only file system"
            ),
            nearMiss: failed("failed to run Kubelet: x")),
    ]

    private static let kubeletEnds: [CauseScene] = [
        CauseScene(
            .kubeletDown, .binaryMissing,
            play: { scene in
                scene.kubelet(record: MessageID.unitStarted)
                scene.journal(
                    source: .manager, unit: Scene.kubelet,
                    message:
                        "kubelet.service: Unable to locate executable '/usr/bin/kubelet': No such file or directory"
                )
                scene.kubeletExits(203)
            }, nearMiss: { $0.kubeletExits(1) }, end: { $0.kubeletStays() }),
        CauseScene(
            .kubeletDown, .binaryUnusable,
            play: { scene in
                scene.kubelet(record: MessageID.unitStarted)
                scene.journal(
                    source: .manager, unit: Scene.kubelet,
                    message: "kubelet.service: Failed to execute /usr/bin/kubelet: Exec format error")
                scene.kubeletExits(203)
            }, nearMiss: { $0.kubeletExits(1) }, end: { $0.kubeletStays() }),
        CauseScene(
            .kubeletDown, .oomKilled,
            play: { scene in
                scene.kubeletRuns()
                scene.kubeletExits(9, code: "killed", result: "signal")
                scene.journal(
                    source: .kernel, unit: nil,
                    message: "Out of memory: Kill process 700 (kubelet) score 4 or sacrifice child")
            },
            nearMiss: { scene in
                scene.kubeletRuns()
                scene.journal(
                    source: .kernel, unit: nil,
                    message: "Out of memory: Kill process 701 (kubelet-helper) score 4 or sacrifice child")
                scene.kubeletExits(9, code: "killed", result: "signal")
            }, end: { $0.kubeletStays() }),
        CauseScene(
            .kubeletDown, .watchdogTimeout,
            play: { scene in
                scene.kubeletRuns()
                scene.kubeletExits(6, code: "dumped", result: "watchdog")
            }, nearMiss: { $0.kubeletExits(6, code: "dumped", result: "core-dump") },
            end: { $0.kubeletStays() }),
        CauseScene(
            .kubeletDown, .crashed,
            play: { scene in
                scene.kubeletRuns()
                scene.kubelet("panic: runtime error: invalid memory address or nil pointer dereference")
                scene.kubeletExits(2)
            }, nearMiss: { $0.kubeletExits(2) }, end: { $0.kubeletStays() }),
        CauseScene(
            .kubeletDown, .dependencyFailed,
            play: { scene in
                scene.journal(
                    source: .manager, unit: Scene.kubelet,
                    message: "kubelet.service: Job kubelet.service/start failed with result 'dependency'.")
            },
            nearMiss: { scene in
                scene.journal(
                    source: .manager, unit: "foo.service",
                    message: "foo.service: Job foo.service/start failed with result 'dependency'.")
            }, end: { $0.kubeletStays() }),
        CauseScene(
            .kubeletDown, .crashLooping,
            play: { scene in
                for counter in 1...3 {
                    scene.kubelet(record: MessageID.unitStarted)
                    scene.kubeletExits(255)
                    scene.kubeletRestarts(counter)
                }
            },
            nearMiss: { scene in
                scene.kubeletRuns()
                scene.wait(.seconds(3600))
                scene.kubeletExits(255)
                // Once a day since it was started by hand.
                scene.kubelet(record: MessageID.restartScheduled, ["N_RESTARTS": "9"])
            }, end: { $0.kubeletStays() }),
        CauseScene(
            .kubeletDown, .killed,
            play: { scene in
                scene.kubeletRuns()
                scene.kubeletExits(9, code: "killed", result: "signal")
            },
            nearMiss: { scene in
                scene.kubeletRuns()
                scene.kubelet(record: MessageID.unitStopping)
                scene.kubelet(record: MessageID.unitStopped, ["JOB_TYPE": "restart"])
                scene.kubeletStays()
            }, end: { $0.kubeletStays() }),
        CauseScene(
            .kubeletDown, .exited,
            play: { scene in
                scene.kubeletRuns()
                scene.kubeletSays(failed("failed to run Kubelet: could not init cloud provider"))
            }, nearMiss: { $0.kubeletRuns() }, end: { $0.kubeletStays() }),
        CauseScene(
            .kubeletDown, .leftStopped,
            play: { scene in
                scene.starts()
                scene.kubeletRuns()
                scene.kubelet(record: MessageID.unitStopping)
                scene.manager(MessageID.unitStopping)
                scene.kubelet(record: MessageID.unitStopped, ["JOB_TYPE": "stop"])
                scene.manager(MessageID.unitStopped, ["JOB_TYPE": "restart"])
                scene.starts()
            },
            nearMiss: { scene in
                // Stopped by hand, an hour after the runtime was restarted.
                scene.starts()
                scene.kubeletRuns()
                scene.manager(MessageID.unitStopping)
                scene.manager(MessageID.unitStopped, ["JOB_TYPE": "restart"])
                scene.starts()
                scene.wait(.seconds(3600))
                scene.kubelet(record: MessageID.unitStopping)
                scene.kubelet(record: MessageID.unitStopped, ["JOB_TYPE": "stop"])
                scene.wait(.seconds(5))
            }, end: { $0.kubeletStays() }),
        CauseScene(
            .kubeletDown, .stopped,
            play: { scene in
                scene.kubeletRuns()
                scene.kubelet(record: MessageID.unitStopping)
                scene.kubelet(record: MessageID.unitStopped, ["JOB_TYPE": "stop"])
                scene.wait(.seconds(1))
            },
            nearMiss: { scene in
                scene.kubeletRuns()
                scene.kubelet(record: MessageID.unitStopping)
                scene.kubelet(record: MessageID.unitStopped, ["JOB_TYPE": "restart"])
                scene.kubeletStays()
            }, end: { $0.kubeletStays() }),
    ]

    // MARK: PLEG

    private static func unhealthy(_ age: String) -> String {
        #"E1014 17:11:36.272418    2261 kubelet.go:1765] "Skipping pod synchronization" err="PLEG is not healthy: pleg was last seen active \#(age) ago; threshold is 3m0s""#
    }

    private static let yetToBe =
        #"E0531 19:36:53.675950   87963 kubelet.go:2040] "Skipping pod synchronization" err="[container runtime status check may not have completed yet, PLEG is not healthy: pleg has yet to be successful]""#

    static let plegUnhealthy: [CauseScene] = [
        CauseScene(
            .plegUnhealthy, .sandboxHangs,
            play: { scene in
                scene.kubelet(unhealthy("3m57.160784417s"))
                scene.kubelet(
                    #"E1014 17:11:39.144395    2261 kuberuntime_manager.go:940] PodSandboxStatus of sandbox "f58e89ba442091b7c67fd6c5a1750998456d5b2ec292fb1946754bee1e79984e" for pod "test-1_default(1a36d5ca-48f8-487b-823e-f11573afdd8f)" error: rpc error: code = DeadlineExceeded desc = context deadline exceeded"#
                )
            }, nearMiss: { $0.kubelet(yetToBe) }, end: { $0.wait(.seconds(130)) }),
        CauseScene(
            .plegUnhealthy, .runtimeHangs,
            play: { scene in
                scene.kubelet(
                    #"E0126 13:04:10.153581     698 generic.go:256] "GenericPLEG: Unable to retrieve pods" err="rpc error: code = DeadlineExceeded desc = context deadline exceeded""#
                )
                scene.kubelet(unhealthy("3m57.160784417s"))
            }, nearMiss: { $0.kubelet(yetToBe) }, end: { $0.wait(.seconds(130)) }),
        CauseScene(
            .plegUnhealthy, .storageHangs,
            play: { scene in
                scene.line(
                    #"time="2025-02-01T10:00:00.000000000Z" level=error msg="Detected process (4711) blocked in uninterruptible sleep for more than 120 seconds for container 5af774e767324ab80e6841f4e51f8a7e04ca00fa72a4912fabf402449002739b""#,
                    unit: "crio.service")
                scene.kubelet(unhealthy("3m57.160784417s"))
            }, nearMiss: { $0.kubelet(unhealthy("3m57.160784417s")) }),
        CauseScene(
            .plegUnhealthy, .unexplained, play: { $0.kubelet(unhealthy("16m3.1s")) },
            nearMiss: { scene in
                for _ in 0..<10 {
                    scene.kubelet(yetToBe)
                    scene.wait(.seconds(5))
                }
            }, end: { $0.wait(.seconds(130)) }),
    ]
}
