// SPDX-License-Identifier: Apache-2.0
extension ForgeryTests {
    private static let id = "f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c"

    /// Slots that are filled by the author of a pod, of an image, or by a registry.
    static let slots: [Slot] = probes + commands + processes + registries + others

    private static func containerd(_ msg: String, _ error: @escaping @Sendable (String) -> String) -> Slot {
        Slot(unit: "containerd.service") {
            "time=\"2026-11-22T01:39:10Z\" level=error msg=\"\(go(msg, 1))\" error=\"\(go(error($0), 1))\""
        }
    }

    private static func crio(_ msg: @escaping @Sendable (String) -> String) -> Slot {
        Slot(unit: "crio.service") {
            "time=\"2026-11-22T01:39:10Z\" level=error msg=\"\(go(msg($0), 1))\" id=3f0c"
        }
    }

    private static func kubelet(_ text: String, _ fields: @escaping @Sendable (String) -> String) -> Slot {
        Slot(unit: "kubelet.service") {
            "E1122 01:39:10.000000     218 pod.go:107] \"\(text)\" \(fields($0)) pod=\"evil/web\" podUID=\"4\""
        }
    }

    private static let probes = [
        kubelet("Probe failed") { "probeType=\"Liveness\" probeResult=\"failure\" output=\"\(go($0, 1))\"" },
        kubelet("Probe errored") {
            "err=\"rpc error: code = Unknown desc = \(go($0, 1))\" probeType=\"Readiness\""
        },
        kubelet("Event occurred") {
            "object=\"evil/web\" kind=\"Pod\" type=\"Warning\" reason=\"Unhealthy\" message=\"Liveness probe failed: \(go($0, 1))\""
        },
        kubelet("Exec lifecycle hook for Container in Pod failed") {
            "execCommand=[\"\(go($0, 1))\"] message=\"\(go($0, 1))\" err=\"command '\(go($0, 1))' exited with 1\""
        },
        kubelet("Error syncing pod, skipping") {
            "err=\"failed to \\\"StartContainer\\\" for \\\"c\\\" with PostStartHookError: \\\"Exec lifecycle hook ([\(go($0, 3))]) failed\\\"\""
        },
        Slot(unit: "kubelet.service") {
            "I1122 01:39:10.000000     218 prober.go:117] Liveness probe for \"web_evil(4):c\" failed (failure): \($0)"
        },
        Slot(unit: "kubelet.service") {
            "I1122 01:39:10.000000     218 event.go:291] Event(v1.ObjectReference{Kind:\"Pod\", Namespace:\"evil\", Name:\"web\"}): type: 'Warning' reason: 'Unhealthy' Liveness probe failed: \($0)"
        },
    ]

    private static let commands = [
        containerd("ExecSync for \"\(id)\" failed") {
            "rpc error: code = Unknown desc = failed to exec in container: failed to start exec \"a\": OCI runtime exec failed: exec failed: unable to start container process: exec: \"\(go($0, 1))\": stat \($0): no such file or directory: unknown"
        },
        containerd("Exec for \"\(id)\" failed") { "failed to exec in container: \($0)" },
        kubelet("ExecSync cmd from runtime service failed") {
            "err=\"rpc error: code = Unknown desc = \(go($0, 1))\" containerID=\"\(id)\" cmd=[\"\(go($0, 1))\"]"
        },
        crio { "Exec'd [/bin/sh -c \($0)] in evil/web/c" }, crio { "ExecSync error: \($0)" },
        Slot(unit: "crio.service") {
            "time=\"2026-11-22T01:39:10Z\" level=debug msg=\"Request: &CreateContainerRequest{Envs:[]*KeyValue{&KeyValue{Value:\(go($0, 1)),},},}\""
        },
    ]

    /// Command, working directory, user, mounts.
    private static let chains: [@Sendable (String) -> String] = [
        {
            "OCI runtime create failed: runc create failed: unable to start container process: error during container init: mkdir /\($0): read-only file system: unknown"
        },
        {
            "OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"\(go($0, 1))\": stat \($0): no such file or directory: unknown"
        },
        {
            "OCI runtime create failed: runc create failed: unable to start container process: exec: \"\(go($0, 1))\": executable file not found in $PATH: unknown"
        },
        {
            "OCI runtime create failed: runc create failed: unable to start container process: unable to find user \($0): no matching entries in passwd file: unknown"
        },
        {
            "OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting \"/\(go($0, 1))\" to rootfs at \"/y\": mount /\($0):/y (via /proc/self/fd/6), flags: 0x5000: not a directory: unknown"
        },
        {
            "OCI runtime create failed: container_linux.go:380: starting container process caused: exec: \"\(go($0, 1))\": executable file not found in $PATH: unknown"
        },
        {
            "OCI runtime create failed: crun: executable file `\($0)` not found in $PATH: No such file or directory: unknown"
        },
        {
            "failed to generate container \"\(id)\" spec: failed to generate spec: failed to mkdir \"\(go($0, 1))\": mkdir \($0): not a directory"
        },
    ]

    private static let processes = chains.flatMap { chain in
        [
            containerd("StartContainer for \"\(id)\" failed") {
                "failed to create containerd task: failed to create shim task: " + chain($0)
            },
            kubelet("Error syncing pod, skipping") {
                "err=\"failed to \\\"StartContainer\\\" for \\\"c\\\" with RunContainerError: \\\"failed to create containerd task: \(go(chain($0), 2))\\\"\""
            },
            crio {
                "Container creation error: time=\"2026-11-22T01:39:10Z\" level=error msg=\"runc create failed: "
                    + chain($0) + "\""
            },
        ]
    }

    private static let registries = [
        containerd("PullImage \"evil.example/x:1\" failed") {
            "rpc error: code = Unknown desc = failed to pull and unpack image \"evil.example/x:1\": failed to copy: httpReadSeeker: failed open: unexpected status code https://evil.example/v2/x/blobs/sha256:00: 500 Internal Server Error - Server message: unknown: \($0)"
        },
        containerd("PullImage \"evil.example/x:1\" failed") {
            "failed to pull and unpack image \"evil.example/x:1\": failed to resolve reference \"evil.example/x:1\": pull access denied, repository does not exist or may require authorization: server message: \($0)"
        },
        kubelet("PullImage from image service failed") {
            "err=\"rpc error: code = Unknown desc = reading manifest 1 in evil.example/x: unauthorized: \(go($0, 1))\" image=\"evil.example/x:1\""
        },
        crio {
            "Failed to pull image: initializing source docker://evil.example/x:1: reading manifest: StatusCode: 500, \($0)"
        },
        Slot(unit: "docker.service") {
            "time=\"2026-11-22T01:39:10Z\" level=error msg=\"Handler for POST /v1.43/images/create returned error: error parsing HTTP 500 response body: invalid character 'x': \\\"\(go($0, 2))\\\"\""
        },
    ]

    private static let others = [
        kubelet("Failed to apply default image tag") {
            "err=\"couldn't parse image name \\\"\(go($0, 2))\\\": invalid reference format\""
        },
        kubelet("Error syncing pod, skipping") {
            "err=\"failed to \\\"StartContainer\\\" for \\\"c\\\" with InvalidImageName: \\\"Failed to apply default image tag \\\\\\\"\(go($0, 3))\\\\\\\"\\\"\""
        },
        kubelet("Error syncing pod, skipping") {
            "err=\"failed to \\\"StartContainer\\\" for \\\"c\\\" with CreateContainerConfigError: \\\"container has runAsNonRoot and image has non-numeric user (\(go($0, 2)))\\\"\""
        },
        kubelet("MountVolume.SetUp failed") {
            "err=\"mount failed: exit status 32\\nMounting command: mount\\nMounting arguments: -t nfs \(go($0, 1)) /x\\nOutput: mount.nfs: \(go($0, 1))\""
        },
        kubelet("MountVolume.SetUp failed") {
            "err=\"hostPath type check failed: /\(go($0, 1)) is not a directory\""
        },
    ]
}
