// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

extension Scene {
    /// A start that ends after these lines.
    mutating func startSays(_ lines: [String], thenExits status: Int = 1) {
        manager(MessageID.unitStarting)
        wait(.milliseconds(100))
        for line in lines { self.line(line) }
        exits(status)
    }

    mutating func exits(
        _ status: Int, code: String = "exited", result: String = "exit-code", message: String = ""
    ) {
        manager(MessageID.processExit, ["EXIT_CODE": code, "EXIT_STATUS": "\(status)"], message: message)
        manager(MessageID.unitFailed, ["UNIT_RESULT": result])
    }

    mutating func manager(says message: String) { journal(source: .manager, message: message) }

    mutating func kernel(_ message: String) { journal(source: .kernel, unit: nil, message: message) }
}

extension CauseScene {
    private static func start(_ cause: Cause, says line: String, nearMiss: String) -> CauseScene {
        CauseScene(
            .runtimeDown, cause, play: { $0.startSays([line]) }, nearMiss: { $0.startSays([nearMiss]) },
            end: { $0.starts() })
    }

    private static let harmless =
        #"time="2026-01-11T09:00:00Z" level=info msg="starting containerd" version=1.7.24"#
    private static func fatal(_ message: String) -> String {
        #"time="2026-01-11T09:00:00Z" level=fatal msg="\#(message)""#
    }

    static let runtimeDown = startWords + startEnds + standing

    private static let startWords: [CauseScene] = [
        start(
            .configInvalid,
            says:
                "containerd: failed to load TOML from /etc/containerd/config.toml: failed to unmarshal TOML at row 12 column 46: toml: expected character ]",
            nearMiss: harmless),
        start(
            .binaryMissing,
            says: fatal(
                #"validating runtime config: runtime validation: invalid runtime_path for runtime 'kata': stat /usr/bin/kata: no such file or directory"#
            ), nearMiss: harmless),
        start(
            .binaryUnusable,
            says:
                "/usr/bin/containerd: symbol lookup error: /usr/bin/containerd: undefined symbol: seccomp_api_set",
            nearMiss:
                "/usr/bin/containerd-shim-runc-v2: symbol lookup error: /usr/bin/containerd-shim-runc-v2: undefined symbol: x"
        ),
        CauseScene(
            .runtimeDown, .startPreFailed,
            play: { scene in
                scene.manager(MessageID.unitStarting)
                scene.journal(
                    source: .unit, unit: "modprobe.service",
                    message: "modprobe: FATAL: Module overlay not found in directory /lib/modules/4.9.87")
                scene.exits(
                    1, message: "containerd.service: Control process exited, code=exited, status=1/FAILURE")
            },
            nearMiss: { scene in
                // A reload that fails ends nothing.
                scene.starts()
                scene.manager(
                    MessageID.processExit, ["EXIT_CODE": "exited", "EXIT_STATUS": "1"],
                    message: "containerd.service: Control process exited, code=exited, status=1/FAILURE")
            }, end: { $0.starts() }),
        start(
            .addressInUse,
            says:
                "containerd: failed to get listener for metrics endpoint: listen tcp 127.0.0.1:1338: bind: address already in use",
            nearMiss: harmless),
        start(
            .addressNotAvailable,
            says:
                "containerd: failed to get listener for metrics endpoint: listen tcp 10.0.0.5:1338: bind: cannot assign requested address",
            nearMiss: "containerd: failed to get listener for metrics endpoint: listen tcp: missing port"),
        start(
            .networkNotUp,
            says: fatal(#"no default routes found in \"/proc/net/route\" or \"/proc/net/ipv6_route\""#),
            nearMiss: harmless),
        start(
            .stateLocked,
            says:
                #"time="2025-01-10T10:00:10Z" level=warning msg="waiting for response from boltdb open" plugin=bolt"#,
            nearMiss: harmless),
        start(
            .databaseCorrupt,
            says: "panic: freepages: failed to get all reachable pages (page 214: multiple references)",
            nearMiss: "panic: runtime error: index out of range [3] with length 3"),
        start(
            .diskFull,
            says: fatal(
                "write /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db: no space left on device"),
            nearMiss: fatal("inotify_add_watch /x: no space left on device")),
        start(
            .securityProfileMissing,
            says: fatal(#"config provided AppArmor profile \"crio-default\" not loaded"#), nearMiss: harmless),
        start(
            .kernelFeatureMissing, says: fatal("failed to find memory cgroup (v2)"),
            nearMiss: fatal("failed to find memory")),
        start(
            .pathUnusable,
            says:
                "containerd: failed to get listener for main endpoint: failed to create unix socket on /run/containerd/containerd.sock: is a directory",
            nearMiss: harmless),
        start(
            .engineIncompatible,
            says: fatal(
                "failed to get docker version from dockerd: Error response from daemon: client version 1.43 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version"
            ), nearMiss: fatal("failed to get docker version from dockerd: Error response from daemon: x")),
        start(
            .embeddedRuntimeExited, says: "containerd: exit status 2",
            nearMiss: "containerd: failed to load TOML: /etc/containerd/config.toml: (1, 2): x"),
    ]

    private static let startEnds: [CauseScene] = [
        CauseScene(
            .runtimeDown, .oomKilled,
            play: { scene in
                scene.starts()
                scene.killed()
                scene.wait(.seconds(1))
                scene.kernel("Out of memory: Kill process 994 (containerd) score 4 or sacrifice child")
            },
            nearMiss: { scene in
                scene.starts()
                scene.kernel("Out of memory: Kill process 994 (containerd-shim) score 4 or sacrifice child")
                scene.killed()
            }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .watchdogTimeout,
            play: { scene in
                scene.starts()
                scene.exits(6, code: "dumped", result: "watchdog")
            }, nearMiss: { $0.startSays([harmless]) }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .crashed,
            play: { scene in
                scene.starts()
                scene.line("panic: runtime error: invalid memory address or nil pointer dereference")
                scene.exits(2)
            }, nearMiss: { $0.startSays([harmless], thenExits: 2) }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .dependencyFailed,
            play: { scene in
                scene.manager(
                    says: "containerd.service: Job containerd.service/start failed with result 'dependency'.")
            }, nearMiss: { $0.startSays([harmless]) }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .recoverySlow,
            play: { scene in
                scene.manager(MessageID.unitStarting)
                for _ in 0..<3 {
                    scene.wait(.seconds(25))
                    scene.line(
                        #"time="2021-03-04T12:43:39.886435469+02:00" level=info msg="cleaning up dead shim""#)
                }
                scene.manager(says: "containerd.service: start operation timed out. Terminating.")
                scene.exits(15, code: "killed", result: "timeout")
            },
            nearMiss: { scene in
                scene.manager(MessageID.unitStarting)
                scene.wait(.seconds(90))
                scene.manager(says: "containerd.service: start operation timed out. Terminating.")
                scene.exits(15, code: "killed", result: "timeout")
            }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .startTimeout,
            play: { scene in
                scene.manager(MessageID.unitStarting)
                scene.wait(.seconds(90))
                scene.manager(says: "containerd.service: start operation timed out. Terminating.")
                scene.exits(15, code: "killed", result: "timeout")
            }, nearMiss: { $0.startSays([harmless]) }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .crashLooping,
            play: { scene in
                scene.startSays([harmless])
                scene.manager(MessageID.restartScheduled, ["N_RESTARTS": "805"])
            },
            nearMiss: { scene in
                scene.starts()
                scene.wait(.seconds(3600))
                scene.exits(1)
                // Now and then, over months.
                scene.manager(MessageID.restartScheduled, ["N_RESTARTS": "9"])
            }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .killed,
            play: { scene in
                scene.starts()
                scene.killed()
            }, nearMiss: { $0.startSays([harmless]) }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .exited, play: { $0.startSays([fatal("something new")]) },
            nearMiss: { $0.starts() }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .failed,
            play: { scene in
                scene.manager(MessageID.unitStarting)
                scene.manager(MessageID.unitFailed, ["UNIT_RESULT": "resources"])
            }, nearMiss: { $0.startSays([harmless]) }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .stopped,
            play: { scene in
                scene.starts()
                scene.stops()
                scene.wait(.seconds(1))
            },
            nearMiss: { scene in
                scene.starts()
                scene.stops("restart")
                scene.starts()
            }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .leftStopped,
            play: { scene in
                scene.starts()
                scene.journal(
                    source: .manager, unit: "docker.service", message: "", messageID: MessageID.unitStarted)
                scene.wait(.seconds(60))
                scene.journal(
                    source: .manager, unit: "docker.service", message: "", messageID: MessageID.unitStopping)
                scene.manager(MessageID.unitStopping)
                scene.journal(
                    source: .manager, unit: "docker.service", message: "", messageID: MessageID.unitStopped,
                    fields: ["JOB_TYPE": "stop"])
                scene.manager(MessageID.unitStopped, ["JOB_TYPE": "restart"])
                scene.starts()
            },
            nearMiss: { scene in
                // Docker was stopped alone.
                scene.starts()
                scene.journal(
                    source: .manager, unit: "docker.service", message: "", messageID: MessageID.unitStarted)
                scene.wait(.seconds(60))
                scene.journal(
                    source: .manager, unit: "docker.service", message: "", messageID: MessageID.unitStopping)
                scene.journal(
                    source: .manager, unit: "docker.service", message: "", messageID: MessageID.unitStopped,
                    fields: ["JOB_TYPE": "stop"])
                scene.wait(.seconds(60))
            },
            end: { scene in
                scene.journal(
                    source: .manager, unit: "docker.service", message: "", messageID: MessageID.unitStarted)
                scene.wait(.seconds(5))
            }),
    ]

    private static func fails(
        _ cause: Cause, _ reason: ProbeFailure.Reason, times: Int = 3,
        nearMiss: @escaping @Sendable (inout Scene) throws -> Void = { $0.starts() }
    ) -> CauseScene {
        CauseScene(
            .runtimeDown, cause,
            play: { scene in
                scene.starts()
                scene.wait(.seconds(10))
                for _ in 0..<times {
                    scene.fails(reason)
                    scene.wait(.seconds(1))
                }
            }, nearMiss: nearMiss, end: { $0.answers() })
    }

    private static let standing: [CauseScene] = [
        fails(.socketMissing, .socketMissing), fails(.connectionRefused, .refused), fails(.hung, .timedOut),
        fails(.socketTakenOver, .notGRPC), fails(.apiError, .rpc),
        CauseScene(
            .runtimeDown, .stuckActivating,
            play: { scene in
                scene.manager(MessageID.unitStarting)
                scene.wait(.seconds(70))
            },
            nearMiss: { scene in
                scene.manager(MessageID.unitStarting)
                scene.wait(.seconds(10))
                scene.manager(MessageID.unitStarted)
            }, end: { $0.starts() }),
        CauseScene(
            .runtimeDown, .runtimeNotReady,
            play: { scene in
                scene.starts()
                scene.probe(
                    .status,
                    .status(
                        RuntimeStatus(conditions: [
                            RuntimeStatus.Condition(
                                type: "RuntimeReady", status: false, reason: "DockerDaemonNotReady",
                                message: "docker")
                        ])))
            }, nearMiss: { $0.starts() },
            end: { scene in
                scene.probe(
                    .status,
                    .status(
                        RuntimeStatus(conditions: [
                            RuntimeStatus.Condition(
                                type: "RuntimeReady", status: true, reason: "", message: "")
                        ])))
                scene.answers()
            }),
        CauseScene(
            .runtimeDown, .reportedByKubelet,
            play: { scene in
                scene.kubelet(
                    #"E0722 07:26:56.863708   14287 kubelet.go:2034] "Skipping pod synchronization" err="container runtime is down""#
                )
            },
            nearMiss: { scene in
                scene.starts()
                scene.kubelet(
                    #"E0126 13:04:10.153581     698 generic.go:256] "GenericPLEG: Unable to retrieve pods" err="rpc error: code = Unavailable desc = connection error""#
                )
            }, end: { $0.starts() }),
    ]
}
