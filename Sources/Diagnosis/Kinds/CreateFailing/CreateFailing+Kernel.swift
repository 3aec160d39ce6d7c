// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What the kernel and its security modules refuse.
extension RuntimeCase<CreateFailing> {
    func kernelFeature(_ told: Told) -> CreationWords {
        let feature = told.capture("feature")?.bounded(60)
        if let feature, CreateFailing.virtualization.contains(feature) {
            return virtualization(feature, told)
        }
        guard feature == "overlay" else {
            return CreationWords(
                sentence:
                    "containers cannot be created: the kernel lacks \(feature.map { "\"\($0)\"" } ?? "what they need"): \(ending(told))",
                explanation: "The kernel was built or booted without it. \(said(told))",
                steps: [
                    NextStep("see which kernel runs", "uname -a"),
                    NextStep("see how it was booted", "cat /proc/cmdline"),
                ], clearsWhen: clears(told))
        }
        return CreationWords(
            sentence:
                "no container can be created: the kernel has no overlay file system (module overlay is not loaded: \"no such device\")",
            explanation:
                "The root file system of each container is an overlay mount, and the kernel does not know that type. After a reboot into a new kernel its modules may be missing or damaged. \(said(told))",
            steps: [
                NextStep("see whether the kernel knows it", "grep overlay /proc/filesystems"),
                NextStep("see whether its module is there", "modinfo overlay"),
                NextStep("load it", "modprobe overlay"),
                NextStep("if modprobe does not find it, rebuild the module index", "depmod -a"),
            ], clearsWhen: clears(told))
    }

    var seeVirtualization: NextStep {
        NextStep("see the devices", "ls -l /dev/kvm /dev/vhost-vsock /dev/vhost-net")
    }

    /// What a runtime that makes virtual machines needs of the kernel.
    private func virtualization(_ feature: String, _ told: Told) -> CreationWords {
        CreationWords(
            sentence:
                "sandboxes in virtual machines cannot be made: /dev/\(feature.lowercased()) is not usable (\(ending(told)))",
            explanation:
                "The module behind it is not loaded or in use by another hypervisor, or this machine has no virtualization for its guests. \(said(told))",
            steps: [
                seeVirtualization,
                NextStep("see which modules are loaded", "grep -e kvm -e vhost -e vsock /proc/modules"),
                NextStep("see whether the processor can", "grep -c -e vmx -e svm /proc/cpuinfo"),
            ], clearsWhen: clears(told),
            impact: "Pods of that RuntimeClass do not start; others do.")
    }

    func mount(_ told: Told) -> CreationWords {
        let root = directories(told)[0]
        let errno = (told.capture("errno") ?? "").lastWords.bounded(80)
        if told.capture("reason") == "idmap" {
            return CreationWords(
                sentence:
                    "containers with user namespaces cannot be created: ID-mapped mounts are refused (\(errno))",
                explanation:
                    "The file system of the volume or of the container's root cannot carry ID-mapped mounts, or the kernel is too old (5.12; overlay 5.19). \(said(told))",
                steps: [
                    NextStep("see which file system it is", "findmnt -T \(told.capture("path") ?? root)"),
                    NextStep("see which kernel runs", "uname -r"),
                ], clearsWhen: clears(told),
                impact: "Pods with hostUsers: false do not start; others do.")
        }
        if told.capture("reason") == "mounts" {
            return CreationWords(
                sentence: "containers cannot be created: mount(2) fails with \"no space left on device\"",
                explanation:
                    "No disk is full: the kernel allows only fs.mount-max mounts in a mount namespace, and the node has as many. Something mounts again and again, or never unmounts. \(said(told))",
                steps: [
                    NextStep("see how many mounts there are", "wc -l /proc/1/mountinfo"),
                    NextStep("see how many are allowed", "sysctl fs.mount-max"),
                    NextStep("see what is mounted most", "findmnt -rno SOURCE"),
                ], clearsWhen: clears(told))
        }
        let isOverlay = told.capture("reason") == "overlay"
        var steps = [
            NextStep("see what the kernel logged", "journalctl -k -g overlay -n 20"),
            NextStep("see which file system lies below", "findmnt -T \(root)"),
        ]
        if isCRIO || told.capture("path")?.contains("/overlay/") == true {
            steps.append(
                NextStep(
                    "see the options (metacopy=on needs kernel 4.19): remove what the kernel does not know",
                    "grep -rn -e mountopt -e '^driver' /etc/containers/storage.conf"))
        } else {
            steps.append(
                NextStep(
                    "see which snapshotter is configured", "grep -n snapshotter /etc/containerd/config.toml"))
        }
        return CreationWords(
            sentence:
                "no container can be created: \(isOverlay ? "overlay mounts fail" : "mounts that every container needs fail") on this node (\(errno))",
            explanation:
                "\(isOverlay ? "The kernel refuses the overlay mount of a container's root file system: its options, or the file system below \(root) (no d_type, network, another overlay, a user namespace)." : "What each container has (proc, sysfs, cgroup, shm) cannot be mounted; a node that is itself a container may not.") \(said(told))",
            steps: steps, clearsWhen: clears(told))
    }

    func seccomp(_ told: Told) -> CreationWords {
        let isLimit = told.capture("reason") == "bpf-jit"
        return CreationWords(
            sentence:
                "containers cannot be created: the seccomp filter cannot be loaded (\(ending(told)))",
            explanation:
                isLimit
                ? "Error 524 (ENOTSUPP) is the kernel's BPF JIT: its limit of memory (net.core.bpf_jit_limit) is used up by the filters of running containers. \(said(told))"
                : "The OCI runtime, its libseccomp and the profile do not fit: an older libseccomp does not know what the profile names. \(said(told))",
            steps: isLimit
                ? [
                    NextStep("see the limit", "sysctl net.core.bpf_jit_limit"),
                    NextStep("see how many filters are loaded", "grep -c bpf_prog /proc/vmallocinfo"),
                    NextStep("raise it, also in /etc/sysctl.d", "sysctl -w net.core.bpf_jit_limit=528482304"),
                ]
                : [
                    NextStep("see the OCI runtime's libseccomp", "runc --version"),
                    NextStep("see the installed one", "ldconfig -p"),
                ],
            clearsWhen: clears(told))
    }

    func appArmor(_ told: Told) -> CreationWords {
        let isParser = told.capture("reason") == "parser"
        return CreationWords(
            sentence:
                isParser
                ? "no container can be created: apparmor_parser cannot be run (\(ending(told))), and AppArmor is on"
                : "no container can be created: the AppArmor profile cannot be applied (\(ending(told)))",
            explanation:
                isParser
                ? "\(name) loads a profile for its containers with apparmor_parser, of the package apparmor (SUSE: apparmor-parser). \(said(told))"
                : "The default profile of \(name) is not loaded, or the kernel refuses it. \(said(told))",
            steps: [
                NextStep("see whether AppArmor is on", "cat /sys/module/apparmor/parameters/enabled"),
                isParser
                    ? NextStep("see whether the parser is there", "command -v apparmor_parser")
                    : NextStep("see which profiles are loaded", "aa-status"),
                NextStep("see what the kernel says", "journalctl -k -g apparmor -n 20"),
                isParser
                    ? NextStep(
                        "see which package brings it (apparmor; apparmor-parser on SUSE), and install that one",
                        "dpkg -S '*/apparmor_parser'")
                    : NextStep("see which profile is configured", "grep -rn apparmor \(configurationFile)"),
            ]
                + restart(
                    isCRIO
                        ? "have it load its profile again"
                        : "only if you set disable_apparmor = true for its CRI plugin instead"),
            clearsWhen: clears(told))
    }

    func denied(_ told: Told) -> CreationWords {
        let reason = told.capture("reason")
        let binary = told.capture("binary")?.bounded(160)
        let audit = [
            NextStep("see what was denied", "journalctl -k -g 'apparmor=\"DENIED\"|avc:' -n 20"),
            NextStep("see SELinux's mode", "getenforce"),
        ]
        switch reason {
        case "namespaces":
            let path =
                "/proc/\(told.capture("pid")?.bounded(12) ?? "PID")/ns/\(told.capture("file")?.bounded(12) ?? "")"
            return CreationWords(
                sentence:
                    "\(name) is not allowed to read its own namespaces (\(path): permission denied): its Status fails, and the kubelet makes no pod",
                explanation:
                    "A security module (SELinux, AppArmor) or the unit's confinement denies it: nothing else refuses root its own /proc. \(said(told))",
                steps: [NextStep("see whether Status answers", crictl("info"))] + audit
                    + [NextStep("see which profile confines it", "aa-status")],
                clearsWhen: "\(name) answers Status again",
                impact: "The kubelet calls the runtime down: no pod is started or stopped.")
        case "execute":
            return CreationWords(
                sentence:
                    "no container can be created: \(binary ?? "the OCI runtime") cannot be executed (permission denied)",
                explanation:
                    "Its mode, a noexec mount, or a security module forbids it. \(said(told))",
                steps: [
                    NextStep("see its mode and label", "ls -lZ \(binary ?? "/usr/bin/runc")"),
                    NextStep(
                        "see whether its file system is noexec", "findmnt -T \(binary ?? "/usr/bin/runc")"),
                ] + audit, clearsWhen: clears(told))
        default:
            return CreationWords(
                sentence: "no container can be created: SELinux refuses its label (\(ending(told)))",
                explanation:
                    "SELinux is off where labels are asked for, its policy lacks the container types (container-selinux), or a denial is logged. \(said(told))",
                steps: audit + [
                    NextStep("see the installed policy", "rpm -q container-selinux selinux-policy")
                ],
                clearsWhen: clears(told))
        }
    }
}
