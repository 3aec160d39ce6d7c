// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

extension CauseScene {
    /// One line of a failed creation opens it; another does not; the same stage works again.
    private static func one(_ cause: Cause, _ line: String, not other: String, ends end: String? = nil)
        -> CauseScene
    {
        CauseScene(
            .createFailing, cause,
            play: {
                $0.starts()
                $0.lines([line])
            },
            nearMiss: {
                $0.starts()
                $0.lines([other, other, other])
            },
            end: { scene in scene.lines([end ?? FailedCreation.sandboxMade("web-9", 9)]) })
    }

    private static let pod =
        FailedCreation.runc + #"exec: "/app": stat /app: no such file or directory: unknown"#

    /// The same failure of two pods opens it; of one pod twice it does not.
    private static func two(_ cause: Cause, _ error: String) -> CauseScene {
        CauseScene(
            .createFailing, cause,
            play: { scene in
                scene.starts()
                for _ in 0..<2 {
                    scene.wait(.seconds(3))
                    scene.lines([
                        FailedCreation.sandbox("web-1", error), FailedCreation.sandbox("web-2", error),
                    ])
                }
            },
            nearMiss: { scene in
                scene.starts()
                for _ in 0..<2 {
                    scene.wait(.seconds(12))
                    scene.lines([FailedCreation.sandbox("web-1", error)])
                }
            }, end: { $0.lines([FailedCreation.sandboxMade("web-2", 2)]) })
    }

    private static func image(_ error: String) -> String {
        FailedCreation.sandbox(
            "web-1",
            #"failed to get sandbox image "registry.example/pause:3.9": failed to pull image "registry.example/pause:3.9": failed to pull and unpack image "registry.example/pause:3.9": failed to resolve reference "registry.example/pause:3.9": "#
                + error)
    }

    static let createFailing: [CauseScene] = [
        one(
            .sandboxImageUnavailable,
            image(
                #"failed to do request: Head "https://registry.example/v2/pause/manifests/3.9": dial tcp: lookup registry.example on 192.0.2.53:53: server misbehaving"#
            ),
            not: FailedCreation.pull(
                "registry.example/shop/web:1",
                #"failed to do request: Head "https://registry.example/v2/shop/web/manifests/1": dial tcp: lookup registry.example on 192.0.2.53:53: server misbehaving"#
            )),
        one(
            .runtimeHandlerMissing,
            FailedCreation.sandbox(
                "gpu-1", #"failed to get sandbox runtime: no runtime for "nvidia" is configured"#),
            not: FailedCreation.sandbox(
                "gpu-1", #"failed to get RuntimeClass: runtimeclass.node.k8s.io "nvidia" not found"#),
            ends: FailedCreation.sandboxMade("gpu-1", 1)),
        one(
            .hookFailed,
            FailedCreation.sandbox(
                "gpu-1",
                FailedCreation.runc
                    + "error during container init: error running prestart hook #0: exit status 1, stdout: , stderr: nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown"
            ),
            not: FailedCreation.sandbox(
                "gpu-1",
                FailedCreation.runc
                    + "error during container init: error running prestart hook #0: exit status 1, stdout: , stderr: nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.6: unknown"
            ), ends: FailedCreation.sandboxMade("gpu-1", 1)),
        one(
            .ociRuntimeMissing,
            FailedCreation.sandbox(
                "web-1",
                #"failed to create containerd task: failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime error (open /run/containerd/x/log.json: no such file or directory): exec: "runc": executable file not found in $PATH: unknown"#
            ), not: FailedCreation.sandbox("web-1", pod)),
        one(
            .ociRuntimeIncompatible,
            FailedCreation.sandbox("web-1", "container create failed: unknown version specified"),
            not: FailedCreation.sandbox("web-1", pod)),
        one(
            .engineIncompatible,
            FailedCreation.kubelet("web-1", #"Id or size of image "registry.example/web:1" is not set"#),
            not: FailedCreation.kubelet("web-1", #"container has runAsNonRoot and image will run as root"#),
            ends: FailedCreation.containerMade(in: 1, 2)),
        one(
            .cgroupDriverMismatch,
            FailedCreation.sandbox(
                "web-1",
                #"failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "/kubepods/pod1/x" instead: unknown"#
            ), not: FailedCreation.sandbox("web-1", pod)),
        one(
            .kernelFeatureMissing,
            FailedCreation.sandbox(
                "web-1",
                "failed to create containerd container: failed to mount /srv/tmpmounts/containerd-mount1: no such device"
            ), not: FailedCreation.sandbox("web-1", pod)),
        one(
            .seccompFailed,
            FailedCreation.sandbox(
                "web-1",
                FailedCreation.runc
                    + "error during container init: unable to init seccomp: error loading seccomp filter into kernel: error loading seccomp filter: errno 524: unknown"
            ),
            not: FailedCreation.container(
                in: 1,
                #"failed to create containerd container: cannot load seccomp profile "/var/lib/kubelet/seccomp/a.json": open /var/lib/kubelet/seccomp/a.json: no such file or directory"#
            ), ends: FailedCreation.sandboxMade("web-1", 1)),
        one(
            .appArmorFailed,
            FailedCreation.container(
                in: 1,
                #"failed to create containerd container: get apparmor_parser version: exec: "apparmor_parser": executable file not found in $PATH"#
            ),
            not: FailedCreation.container(
                in: 1,
                #"failed to generate container "x" spec: failed to generate apparmor spec opts: apparmor profile not found k8s-web"#
            ), ends: FailedCreation.containerMade(in: 1, 2)),
        one(
            .securityDenied,
            FailedCreation.sandbox(
                "web-1",
                "failed to create containerd task: failed to start shim: fork/exec /usr/local/bin/containerd-shim-runc-v2: permission denied"
            ),
            not: FailedCreation.sandbox(
                "web-1",
                FailedCreation.runc + #"error during container init: exec: "/app": permission denied"#)),
        one(
            .mountFailed,
            FailedCreation.sandbox(
                "web-1",
                "failed to create containerd task: failed to create shim: failed to mount rootfs component &{overlay overlay [index=off workdir=/s/96/work upperdir=/s/96/fs lowerdir=/s/7/fs]}: invalid argument: unknown"
            ),
            not: FailedCreation.sandbox(
                "web-1",
                FailedCreation.runc
                    + #"error during container init: error mounting "/var/lib/kubelet/pods/1/c" to rootfs at "/etc/app.conf": mount: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type"#
            )),
        one(
            .diskFull,
            FailedCreation.sandbox(
                "web-1",
                "failed to create containerd container: failed to create prepare snapshot dir: failed to create temp dir: mkdir /srv/ctd/io.containerd.snapshotter.v1.overlayfs/snapshots/new-1: no space left on device"
            ),
            not: FailedCreation.container(
                in: 1,
                #"failed to generate container "x" spec: failed to generate spec: failed to mkdir "/mnt/v": mkdir /mnt/v: no space left on device"#
            )),
        one(
            .cgroupError,
            FailedCreation.sandbox(
                "web-1",
                FailedCreation.runc
                    + "error during container init: error setting cgroup config for procHooks process: cannot set hugetlb limit: container could not join or create cgroup: unknown"
            ),
            not: FailedCreation.sandbox(
                "web-1",
                FailedCreation.runc + "container init was OOM-killed (memory limit too low?): unknown")),
        two(
            .shimError,
            #"failed to start sandbox container task "0edd": ttrpc: closed: unknown"#
        ),
        two(
            .ociRuntimeError,
            FailedCreation.runc
                + "error during container init: read init-p: connection reset by peer: unknown"),
        two(.createError, "failed to create containerd container: something that nobody knows"),
    ]
}

/// How failures are joined to their pod, what clears them, and what is not blamed.
@Suite("Failed creations") struct CreateFailingTests {
    private static let error =
        FailedCreation.runc + "error during container init: read init-p: connection reset by peer: unknown"

    @Test("StartContainer's ids are joined to their pods; CreateContainer's success clears nothing of it")
    func joined() throws {
        var scene = try Scene()
        scene.starts()
        for round in 0..<3 {
            for pod in 1...2 {
                scene.lines([
                    FailedCreation.sandboxMade("web-\(pod)", pod),
                    FailedCreation.containerMade(in: pod, 4 + pod),
                    FailedCreation.start(4 + pod, Self.error),
                ])
            }
            if round > 0 { #expect(scene.openNames == ["CreateFailing/OCIRuntimeError"]) }
        }
        #expect(scene.open.first?.impact.sentence.contains("shop/web-1 and 1 other pod") == true)
        scene.lines([FailedCreation.started(9)])
        #expect(scene.openNames == ["CreateFailing/OCIRuntimeError"])
        scene.lines([FailedCreation.started(6)])
        #expect(scene.openNames == [])
    }

    @Test("one pod's sandbox that fails again and again is a warning, which leaves the runtime ready")
    func stubborn() throws {
        var scene = try Scene()
        scene.starts()
        for _ in 0..<3 {
            #expect(scene.openNames == [])
            scene.wait(.seconds(12))
            scene.lines([FailedCreation.sandbox("web-1", Self.error)])
        }
        #expect(scene.openNames == ["CreateFailing/OCIRuntimeError"])
        #expect(scene.open.first?.severity == .warning)
        #expect(scene.condition(.runtimeReady)?.reason != "OCIRuntimeError")
        scene.lines([FailedCreation.sandboxMade("web-2", 2)])
        #expect(scene.openNames == ["CreateFailing/OCIRuntimeError"])
        scene.lines([FailedCreation.sandboxMade("web-1", 1)])
        #expect(scene.openNames == [])
    }

    @Test("a container that its OCI runtime refuses may be its pod's own, however often")
    func refused() throws {
        var scene = try Scene()
        scene.starts()
        scene.lines([FailedCreation.sandboxMade("web-1", 1), FailedCreation.containerMade(in: 1, 5)])
        for _ in 0..<6 {
            scene.wait(.seconds(12))
            scene.lines([FailedCreation.start(5, Self.error)])
        }
        #expect(scene.openNames == [])
    }

    @Test("an event counts its attempts; what a text says of that counts nothing")
    func events() throws {
        var scene = try Scene()
        scene.starts()
        let error =
            "rpc error: code = Unknown desc = failed to create containerd task: failed to create shim: not found"
        scene.line(
            "Warning  FailedCreatePodSandBox  11s  kubelet  Failed to create pod sandbox: \(error) (x9 over 66s)",
            unit: "kubelet.service")
        #expect(scene.openNames == [])
        scene.line(
            "Warning  FailedCreatePodSandBox  11s (x5 over 66s)  kubelet  Failed to create pod sandbox: \(error)",
            unit: "kubelet.service")
        #expect(scene.openNames == ["CreateFailing/ShimError"])
    }

    @Test("CRI-O's request id joins a failure to its pod")
    func requests() throws {
        var scene = try Scene(endpoints: [Endpoint.wellKnown[1]])
        for pod in 1...2 {
            for attempt in 0..<2 {
                let request = "efcc4da9-bb40-4463-abb4-00000000000\(pod * 2 + attempt)"
                scene.lines(
                    [
                        #"time="2026-03-02 09:15:40Z" level=info msg="Creating container: shop/web-\#(pod)/web" id=\#(request) name=/runtime.v1.RuntimeService/CreateContainer"#,
                        #"time="2026-03-02 09:15:40Z" level=error msg="Container creation error: read from the init process\n" id=\#(request) name=/runtime.v1.RuntimeService/CreateContainer"#,
                    ], unit: "crio.service")
            }
        }
        #expect(scene.openNames == ["CreateFailing/OCIRuntimeError"])
        #expect(scene.open.first?.impact.sentence.contains("shop/web-1 and 1 other pod") == true)
    }

    @Test("one failure that four lines tell is one")
    func once() throws {
        var scene = try Scene()
        scene.starts()
        for pod in ["web-1", "web-2"] {
            scene.line(FailedCreation.sandbox(pod, "something that nobody knows"))
            for _ in 0..<3 {
                scene.line(
                    FailedCreation.kubelet(pod, "something that nobody knows"), unit: "kubelet.service")
            }
        }
        #expect(scene.openNames == [])
    }

    @Test("an old cause is not blamed for new failures")
    func oldCause() throws {
        var scene = try Scene()
        scene.starts()
        scene.line(
            FailedCreation.sandbox(
                "web-1",
                #"failed to create containerd task: exec: "runc": executable file not found in $PATH"#))
        #expect(scene.openNames == ["CreateFailing/OCIRuntimeMissing"])
        scene.wait(.seconds(300))
        scene.line(
            FailedCreation.sandbox(
                "web-1",
                #"failed to get sandbox image "registry.example/pause:3.9": failed to pull image "registry.example/pause:3.9": EOF"#
            ))
        #expect(scene.openNames == ["CreateFailing/SandboxImageUnavailable"])
    }

    @Test("what one handler's pods meet is cleared by them, or is over when nobody tries any more")
    func handler() throws {
        var scene = try Scene()
        scene.starts()
        scene.line(
            FailedCreation.sandbox(
                "gpu-1", #"failed to get sandbox runtime: no runtime for "nvidia" is configured"#))
        scene.lines([FailedCreation.sandboxMade("web-1", 1)])
        #expect(scene.openNames == ["CreateFailing/RuntimeHandlerMissing"])
        scene.wait(.seconds(700))
        #expect(scene.openNames == [])
    }

    @Test("a full disk is where the runtime's root is, and space clears it")
    func otherRoot() throws {
        var scene = try Scene()
        scene.starts()
        scene.line(
            FailedCreation.sandbox(
                "web-1",
                "failed to create containerd container: write /data/ctd/io.containerd.metadata.v1.bolt/meta.db: no space left on device"
            ))
        let incident = try #require(scene.open.first)
        #expect(incident.sentence.contains("/data/ctd"))
        #expect(incident.nextSteps.contains { $0.command.hasPrefix("df -h /data/ctd ") })
        #expect(scene.inquiries.contains(.fileSystems(paths: ["/data/ctd", "/run/containerd"])))
        scene.wait(.seconds(1))
        scene.feed(
            .node(
                .fileSystems([
                    FileSystemUsage(
                        path: "/data/ctd", totalBytes: 1 << 34, availableBytes: 1 << 33,
                        availableInodes: 1 << 19)
                ])))
        #expect(scene.openNames == [])
    }

    @Test("a runtime that is not there is no failed creation")
    func unreachable() throws {
        var scene = try Scene()
        for pod in 1...3 {
            scene.lines(
                (0..<3).map { _ in
                    FailedCreation.kubelet(
                        "web-\(pod)",
                        #"rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory""#
                    )
                }, unit: "kubelet.service")
        }
        #expect(!scene.openNames.contains { $0.hasPrefix("CreateFailing") })
    }
}
