// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What is said of a cause: the culprit by name, why, and what to do: first what only looks, then the repair.
struct CreationWords {
    var sentence: String
    var explanation: String
    var steps: [NextStep]
    var clearsWhen: String
    var impact: String?
    var inquiries: [Inquiry] = []
}

extension RuntimeCase<CreateFailing> {
    func words(_ told: Told) -> CreationWords {
        switch told.cause {
        case .sandboxImageUnavailable: sandboxImage(told)
        case .runtimeHandlerMissing: handlerMissing(told)
        case .hookFailed: hookFailed(told)
        case .ociRuntimeMissing: runtimeMissing(told)
        case .ociRuntimeIncompatible: incompatible(told)
        case .engineIncompatible: engine(told)
        case .cgroupDriverMismatch: cgroupDrivers(told)
        case .kernelFeatureMissing: kernelFeature(told)
        case .seccompFailed: seccomp(told)
        case .appArmorFailed: appArmor(told)
        case .securityDenied: denied(told)
        case .mountFailed: mount(told)
        case .diskFull: diskFull(told)
        case .cgroupError: cgroup(told)
        case .shimError: shim(told)
        default: refused(told)
        }
    }

    /// The error as the runtime told it, its end kept.
    func said(_ told: Told) -> String {
        let text = told.last.captures["detail"] ?? told.last.excerpt
        return "The error: \(text.elided(400))"
    }

    /// What went wrong at last: as a class took it, else the end of the error.
    func why(_ told: Told) -> String {
        told.capture("errno") ?? told.capture("why")
            ?? (told.last.captures["detail"] ?? told.last.excerpt).lastWords
    }

    /// Where the runtime is configured.
    var configurationFile: String {
        runtime.endpoint.runtime == .crio ? "/etc/crio" : "/etc/containerd/config.toml"
    }

    var isCRIO: Bool { runtime.endpoint.runtime == .crio }

    /// What clears a cause: a creation of the same stage that works.
    func clears(_ told: Told) -> String {
        let whose = refuter(told) == .concernedPod ? "a pod that failed" : "a pod"
        switch told.stage {
        case "start": return "\(name) starts a container of \(whose) again"
        case "container": return "\(name) creates a container of \(whose) again"
        default: return "\(name) makes the sandbox of \(whose) again"
        }
    }

    private func sandboxImage(_ told: Told) -> CreationWords {
        let image = told.capture("image")?.bounded(120) ?? "that is configured"
        let host = told.capture("host")?.bounded(80)
        let why: String
        var steps = [NextStep("list the images on the node", crictl("images"))]
        let registry = host ?? image.split(separator: "/").first.map(String.init) ?? ""
        switch told.capture("reason") {
        case "name-resolution":
            why = "the name \(host ?? "of its registry") cannot be resolved"
            steps += [
                NextStep("see whether the name resolves", "getent hosts \(registry)"),
                NextStep("see which resolver is asked", "cat /etc/resolv.conf"),
            ]
        case "unauthorized": why = "its registry refuses to give it (401 or 403)"
        case "tls": why = "its registry's certificate is not trusted, or it speaks HTTP"
        case "not-found": why = "its registry does not have it"
        case "mirror": why = "the configured mirror fails"
        case "time-out": why = "its registry does not answer (time-out)"
        case "unreachable": why = "its registry, or the proxy on the way, cannot be reached"
        default: why = "the pull fails"
        }
        if ["time-out", "unreachable"].contains(told.capture("reason")), hasUnit {
            steps.append(
                NextStep(
                    "see which proxy it uses", "systemctl show -P Environment \(runtime.unit.name)"))
        }
        steps +=
            isCRIO
            ? [NextStep("see which image is configured", "grep -rn pause_image /etc/crio")]
            : [
                NextStep(
                    "see which image is configured (sandbox_image, since 2.x sandbox in pinned_images)",
                    "grep -n sandbox /etc/containerd/config.toml")
            ]
        if let image = told.capture("image"), !image.isEmpty {
            steps.append(NextStep("pull it, once the cause is fixed", crictl("pull \(image)")))
        }
        return CreationWords(
            sentence:
                "no pod can be made: the sandbox image \(image) is not on this node and cannot be pulled: \(why)",
            explanation:
                "Every sandbox needs this image. It was never loaded, was removed (image garbage collection, a prune), or the node has another one than is configured. \(said(told))",
            steps: steps, clearsWhen: clears(told))
    }

    private func handlerMissing(_ told: Told) -> CreationWords {
        let handler = told.capture("handler")?.bounded(80) ?? "that pods ask for"
        let table =
            isCRIO
            ? "[crio.runtime.runtimes.\(handler)] in /etc/crio/crio.conf.d"
            : "runtimes.\(handler) below containerd's CRI plugin in /etc/containerd/config.toml"
        return CreationWords(
            sentence:
                "\(name) has no runtime handler \"\(handler)\", which \(concerned(told)) ask\(told.podCount == 1 ? "s" : "") for",
            explanation:
                "A RuntimeClass names the handler; there is no \(table), or it was written after \(name) started. For \"nvidia\" the GPU operator's toolkit writes it. \(said(told))",
            steps: [
                NextStep("see which handlers are loaded", crictl("info")),
                NextStep(
                    "see whether it is configured", "grep -rn \(handler) \(configurationFile)"),
            ] + restart("load the handler, once it is configured"),
            clearsWhen: clears(told),
            impact: "Pods of that RuntimeClass do not start; others do.")
    }

    private func hookFailed(_ told: Told) -> CreationWords {
        let hook = told.capture("hook")?.bounded(100) ?? "an OCI hook"
        let detail = why(told)
        let isNvidia = hook == "nvidia-container-cli"
        let isCDI = hook == "CDI"
        let steps =
            isNvidia
            ? [
                NextStep("see whether the driver answers", "nvidia-smi"),
                NextStep("see whether its module is loaded", "grep nvidia /proc/modules"),
                NextStep("see what the kernel says of it", "journalctl -k -g 'nvidia|NVRM' -n 20"),
                NextStep("load it, once it is installed for this kernel", "modprobe nvidia"),
            ]
            : isCDI
                ? [NextStep("see which CDI specifications there are", "ls -l /etc/cdi /var/run/cdi")]
                : [
                    NextStep(
                        "see which hooks are configured",
                        "ls -l /etc/containers/oci/hooks.d /usr/share/containers/oci/hooks.d")
                ]
        return CreationWords(
            sentence:
                isCDI
                ? "devices cannot be given to containers: \(why(told).elided(160))"
                : "containers cannot start: the hook \(hook) fails\(detail.isEmpty ? "" : ": " + detail.elided(200))",
            explanation:
                "The OCI runtime runs it for each container that needs it, and gives up when it fails; the OCI runtime itself is fine. \(said(told))",
            steps: steps, clearsWhen: clears(told),
            impact: "Containers that need this hook or device do not start; others do.")
    }

    private func runtimeMissing(_ told: Told) -> CreationWords {
        let name = binary(told) ?? "the OCI runtime"
        let path = told.capture("binary") ?? told.capture("path") ?? name
        return CreationWords(
            sentence:
                "\(self.name) cannot create pods or containers: \(name) cannot be executed: it does not exist",
            explanation:
                "The OCI runtime or its helper \(path.bounded(160)) is not installed, or not where it is configured: running containers keep running but cannot be stopped or replaced.",
            steps: [
                NextStep("see whether it is there", "command -v \(name)"),
                NextStep(
                    "see which package it belongs to; reinstalling that brings it back",
                    "dpkg -S \(name)   # or: rpm -q --whatprovides \(path)"),
                NextStep("see what was removed", "grep -h ' remove ' /var/log/dpkg.log"),
            ],
            clearsWhen: clears(told) + ", or \(name) is there again",
            inquiries: [.binary(name: name)])
    }

    private func diskFull(_ told: Told) -> CreationWords {
        let directories = directories(told)
        let full = space(told).flatMap { $0.value.isFull ? $0.value.path : nil }
        let place = full ?? told.capture("path")?.elided(160) ?? directories[0]
        return CreationWords(
            sentence:
                "\(name) cannot create pods or containers: no space is left on \(full ?? directories[0])",
            explanation:
                "No space is left on \(place == full ? place : "the file system of \(place)"): bytes or inodes are used up. \(said(told))",
            steps: [
                NextStep("see how full it is", "df -h \(words: directories)"),
                NextStep("see whether inodes are used up", "df -i \(words: directories)"),
                NextStep("list images and their sizes", crictl("images")),
                NextStep("remove images that no container uses", crictl("rmi --prune")),
            ], clearsWhen: clears(told) + ", or space is free again",
            inquiries: [.fileSystems(paths: directories)])
    }
}
