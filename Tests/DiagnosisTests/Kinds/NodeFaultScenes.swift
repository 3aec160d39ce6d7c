// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

extension CauseScene {
    private static func kernel(_ scene: inout Scene, _ messages: String...) {
        for message in messages {
            scene.journal(source: .kernel, unit: nil, message: message)
            scene.wait(.seconds(1))
        }
    }

    private static func kubelet(_ scene: inout Scene, _ messages: String...) {
        for message in messages {
            scene.line(message, unit: "kubelet.service")
            scene.wait(.seconds(1))
        }
    }

    private static func made(_ scene: inout Scene) {
        scene.wait(.seconds(1))
        scene.line(
            #"time="2026-11-22T01:50:00.000000000Z" level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:web,Uid:1,Namespace:shop,Attempt:0,} returns sandbox id \"8505bcc08d328da828c087dbbb518f33623a5a21d61b89a20f14b979f4f7c389\"""#
        )
    }

    private static func resources(_ scene: inout Scene, isReadOnly: Bool = false, tasks: UInt64 = 300) {
        scene.feed(
            .node(
                .resources(
                    NodeResources(
                        mounts: [
                            .init(
                                path: "/var/lib/containerd", mountPoint: "/var/lib/containerd",
                                source: "/dev/dm-2", type: "ext4", isReadOnly: isReadOnly, errors: 0)
                        ], tasks: .init(used: tasks, limit: 32_768)))))
    }

    private static func fault(
        _ cause: Cause, play: @escaping @Sendable (inout Scene) -> Void,
        nearMiss: @escaping @Sendable (inout Scene) -> Void,
        end: (@Sendable (inout Scene) throws -> Void)? = nil
    ) -> CauseScene { CauseScene(.nodeFault, cause, play: play, nearMiss: nearMiss, end: end) }

    /// Scenes of ``IncidentKind/nodeFault``.
    static let nodeFault: [CauseScene] = storage + limits + pressure

    private static let storage: [CauseScene] = [
        fault(
            .fileSystemReadOnly,
            play: {
                kernel(
                    &$0, "Aborting journal on device dm-2-8.",
                    "EXT4-fs (dm-2): Remounting filesystem read-only")
            },
            nearMiss: {
                kernel(&$0, "EXT4-fs (dm-2): re-mounted. Opts: errors=remount-ro. Quota mode: none.")
                $0.line(
                    #"time="2026-05-02T08:00:00.000000000Z" level=error msg="StartContainer for \"4f5a\" failed" error="failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting \"/x\" to rootfs at \"/app/c\": mkdirat /run/containerd/io.containerd.runtime.v2.task/k8s.io/4f5a/rootfs/app/c: read-only file system: unknown""#
                )
            },
            end: {
                $0.wait(.seconds(1))
                resources(&$0)
            }),
        fault(
            .fileSystemDamaged,
            play: {
                kernel(&$0, "XFS (sdb1): Corruption of in-memory data detected.  Shutting down filesystem")
            },
            nearMiss: { kernel(&$0, "XFS (sdb1): Ending clean mount", "EXT4-fs (sda1): mounted filesystem") }),
        fault(
            .diskErrors,
            play: {
                kernel(
                    &$0, "blk_update_request: I/O error, dev sdb, sector 4196352",
                    "blk_update_request: I/O error, dev sdb, sector 4196360")
            },
            nearMiss: {
                kernel(
                    &$0, "blk_update_request: I/O error, dev fd0, sector 0",
                    "Buffer I/O error on dev sr0, logical block 0, async page read")
            },
            end: { $0.wait(.seconds(3602)) }),
        fault(
            .storageHangs,
            play: { kernel(&$0, "nfs: server nas1.example.org not responding, still trying") },
            nearMiss: {
                kernel(&$0, "nfs: server nas1.example.org OK", "NFS: Registering the id_resolver key type")
            },
            end: { kernel(&$0, "nfs: server nas1.example.org OK") }),
        fault(
            .diskFull,
            play: {
                kubelet(
                    &$0,
                    #"E0412 07:01:12.334455    1201 kubelet.go:1431] "Failed to create pod directories" err="mkdir /data/kubelet/pods/5c1a: no space left on device""#
                )
            },
            nearMiss: {
                kubelet(
                    &$0,
                    #"E0412 07:01:12.334455    1201 kubelet.go:1] "Failed" err="write /var/lib/kubelet/pods/5c1a/volumes/kubernetes.io~csi/pvc-1/mount/x: no space left on device""#,
                    #"E0412 07:01:12.334455    1201 prober.go:104] "Probe failed" probeType="Liveness" output="write /data/x: no space left on device""#
                )
            }),
    ]

    private static func full(_ scene: inout Scene, inodes: UInt64) {
        scene.feed(
            .node(
                .fileSystems([
                    FileSystemUsage(
                        path: "/var/lib/kubelet", totalBytes: 1 << 36, availableBytes: 1 << 35,
                        availableInodes: inodes)
                ])))
    }

    private static let limits: [CauseScene] = [
        fault(
            .inodesExhausted,
            play: {
                kubelet(
                    &$0,
                    #"E0412 07:01:12.334455    1201 kubelet.go:1431] "Failed to create pod directories" err="mkdir /var/lib/kubelet/pods/5c1a: no space left on device""#
                )
                full(&$0, inodes: 0)
            },
            nearMiss: { full(&$0, inodes: 0) },
            end: {
                $0.wait(.seconds(1))
                full(&$0, inodes: 1 << 20)
            }),
        fault(
            .netDeviceLeaked,
            play: {
                for _ in 0..<4 {
                    kernel(&$0, "unregister_netdevice: waiting for eth0 to become free. Usage count = 1")
                    $0.wait(.seconds(9))
                }
            },
            nearMiss: { kernel(&$0, "eth0: renamed from veth12ab34c") }, end: { $0.wait(.seconds(125)) }),
        fault(
            .pidsExhausted,
            play: {
                kernel(&$0, "cgroup: fork rejected by pids controller in /system.slice/containerd.service")
            },
            nearMiss: {
                kernel(
                    &$0, "cgroup: fork rejected by pids controller in /kubepods/burstable/pod6f0c/4f5a")
                $0.line(
                    #"time="2026-05-02T08:00:00.000000000Z" level=error msg="ExecSync for \"4f5a\" failed" error="failed to exec in container: fork/exec /bin/sh: resource temporarily unavailable""#
                )
            }, end: { made(&$0) }),
        fault(
            .filesExhausted, play: { kernel(&$0, "VFS: file-max limit 1048576 reached") },
            nearMiss: {
                kubelet(
                    &$0,
                    #"E0412 07:01:12.334455    1201 x.go:1] "Unable to watch" err="failed to create fsnotify watcher: too many open files""#
                )
            }, end: { made(&$0) }),
        fault(
            .inotifyExhausted,
            play: {
                kubelet(
                    &$0,
                    #"E0412 07:01:12.334455    1201 watcher.go:152] "Failed to watch directory" err="inotify_add_watch /sys/fs/cgroup/memory/kubepods/besteffort/pod1: no space left on device""#
                )
            },
            nearMiss: {
                kubelet(
                    &$0,
                    #"E0412 07:01:12.334455    1201 kubelet.go:1431] "Failed to create pod directories" err="mkdir /data/kubelet/pods/5c1a: no space left on device""#
                )
            }, end: { $0.wait(.seconds(605)) }),
        fault(
            .memoryCgroupLeak,
            play: {
                kubelet(
                    &$0,
                    #"E1222 08:00:00.498519   15276 pod_workers.go:190] Error syncing pod 4f5a ("api-1_prod(4f5a)"), skipping: failed to ensure that the pod: 4f5a cgroups exist and are correctly applied: failed to create container for [kubepods besteffort pod4f5a] : mkdir /sys/fs/cgroup/memory/kubepods/besteffort/pod4f5a: cannot allocate memory"#
                )
            },
            nearMiss: {
                kubelet(
                    &$0,
                    #"E1222 08:00:00.498519   15276 x.go:1] "Failed" err="write /sys/fs/cgroup/cpuset/kubepods/pod1/cpuset.cpus: no space left on device""#
                )
            }, end: { made(&$0) }),
        fault(
            .busUnresponsive,
            play: {
                kubelet(
                    &$0,
                    #"E0412 07:01:12.334455    1201 pod_container_manager_linux.go:92] "Failed to create pod container" err="Timeout waiting for systemd to create kubepods-besteffort-pod4f5a.slice""#
                )
            },
            nearMiss: {
                kubelet(
                    &$0,
                    #"E0412 07:01:12.334455    1201 prober.go:104] "Probe failed" output="dial unix /run/dbus/system_bus_socket: connect: connection refused""#
                )
            }, end: { made(&$0) }),
    ]

    private static let pressure: [CauseScene] = [
        fault(
            .outOfMemory,
            play: {
                kernel(
                    &$0,
                    "Out of memory: Kill process 23793 (java) score 1967 or sacrifice child",
                    "Out of memory: Kill process 23801 (postgres) score 900 or sacrifice child")
            },
            nearMiss: {
                // A container at its own limit, and one victim alone.
                kernel(
                    &$0,
                    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,oom_memcg=/kubepods/burstable/pod1,task_memcg=/kubepods/burstable/pod1/2,task=java,pid=1,uid=0",
                    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,oom_memcg=/kubepods/burstable/pod1,task_memcg=/kubepods/burstable/pod1/2,task=java,pid=2,uid=0",
                    "Out of memory: Killed process 23793 (java) total-vm:8123456kB")
            }, end: { $0.wait(.seconds(605)) }),
        fault(
            .diskPressure,
            play: {
                kubelet(
                    &$0,
                    #"I0106 12:44:17.658831   26615 eviction_manager.go:377] "Eviction manager: must evict pod(s) to reclaim" resourceName="ephemeral-storage""#
                )
            },
            nearMiss: {
                kubelet(
                    &$0,
                    #"I0602 11:25:20.100912     877 kubelet_node_status.go:696] "Recording event message for node" node="node1" event="NodeHasNoDiskPressure""#
                )
            },
            end: {
                kubelet(
                    &$0,
                    #"I0602 11:25:20.100912     877 kubelet_node_status.go:696] "Recording event message for node" node="node1" event="NodeHasNoDiskPressure""#
                )
            }),
        fault(
            .memoryPressure,
            play: {
                kubelet(
                    &$0,
                    #"I0106 12:44:17.658831   26615 eviction_manager.go:377] "Eviction manager: must evict pod(s) to reclaim" resourceName="memory""#
                )
            },
            nearMiss: {
                kubelet(
                    &$0,
                    #"I0602 11:25:20.100912     877 kubelet_node_status.go:696] "Recording event message for node" node="node1" event="NodeHasSufficientMemory""#
                )
            }, end: { $0.wait(.seconds(605)) }),
    ]
}
