// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What does not fit together: OCI runtimes, engines, control groups.
extension RuntimeCase<CreateFailing> {
    func incompatible(_ told: Told) -> CreationWords {
        let what: String
        var steps: [NextStep] = []
        switch told.capture("reason") {
        case "oci-version":
            what = "crun is too old for \(name): it refuses the OCI version (\"unknown version specified\")"
            steps = [
                NextStep("see its version: 1.14.3 and later know it", "crun --version"),
                NextStep("see which binary is configured", "grep -rn runtime_path /etc/crio"),
                NextStep("see what brought it", "grep -h ' crun' /var/log/dpkg.log"),
                NextStep(
                    "use the crun that CRI-O's package ships, if there is one",
                    "ls -l /usr/libexec/crio/crun"),
            ]
        case "devices":
            what =
                "crun cannot set up devices on this node's control groups (writing devices.allow is not permitted)"
            steps = [
                NextStep("see its version: 1.18 to 1.18.2 have this fault on cgroup v1", "crun --version"),
                NextStep("see whether this is cgroup v1 (tmpfs) or v2", "stat -f -c %T /sys/fs/cgroup"),
                NextStep("go back to 1.17 or up to 1.19: see what is available", "apt-cache policy crun"),
            ]
        case "cgroup-version":
            what = "the OCI runtime does not support this node's cgroup version (v1 or v2)"
            steps = [
                NextStep("see which there are: cgroup2fs is v2", "stat -f -c %T /sys/fs/cgroup"),
                NextStep("see its version: runc knows v2 since 1.0.0-rc93", "runc --version"),
            ]
        case "procfs":
            what = "runc is not allowed to open its own files in /proc here (LXC, or an AppArmor profile)"
            steps = [
                NextStep("see its version: 1.2.8, 1.3.3 and later reopen them", "runc --version"),
                NextStep("see whether the node is a container", "systemd-detect-virt"),
                NextStep("see what is denied", "journalctl -k -g 'apparmor=\"DENIED\"' -n 20"),
            ]
        default:
            what = "the OCI runtime or the shim does not fit this node: \(ending(told))"
            steps = [
                NextStep("see whether it runs at all", "runc --version"),
                NextStep("see which libraries it misses", "ldd /usr/bin/runc"),
                NextStep("see the node's architecture", "uname -m"),
            ]
        }
        return CreationWords(
            sentence: "no container can be created: \(what)",
            explanation:
                "The installed OCI runtime does not fit what it is asked to do; often another package replaced the runtime's own. \(said(told))",
            steps: steps, clearsWhen: clears(told))
    }

    func engine(_ told: Told) -> CreationWords {
        let isSize = told.capture("least") == nil && told.capture("most") == nil
        return CreationWords(
            sentence:
                isSize
                ? "no container can be created: the CRI shim for Docker cannot read the size of images (\(told.capture("image")?.bounded(120) ?? "any"))"
                : "no container can be created: the CRI shim and Docker Engine speak no common API version\(told.capture("least").map { " (at least \($0.bounded(20)))" } ?? "")",
            explanation:
                isSize
                ? "Docker Engine 25 and later no longer report VirtualSize; dockershim and cri-dockerd before 0.3.10 then call the size of every image unset. \(said(told))"
                : "Docker Engine raised or lowered the API versions that it serves; cri-dockerd asks for another one. \(said(told))",
            steps: [
                NextStep("see the Engine's version and API", "docker version"),
                NextStep("see the shim's version", "cri-dockerd --version"),
                NextStep("see what was upgraded", "grep -h ' docker-ce' /var/log/dpkg.log"),
                NextStep(
                    "upgrade to cri-dockerd 0.3.10 or later: see what is available",
                    "apt-cache policy cri-dockerd docker-ce"),
            ], clearsWhen: clears(told))
    }

    func cgroupDrivers(_ told: Told) -> CreationWords {
        let kubelet = told.capture("kubelet") ?? "another"
        let driver = told.capture("driver") ?? "another"
        let key: String
        let look: NextStep
        if isCRIO {
            key = "cgroup_manager in /etc/crio/crio.conf.d"
            look = NextStep("see CRI-O's", "grep -rn cgroup_manager /etc/crio")
        } else if runtime.endpoint.runtime == .criDockerd {
            key = "native.cgroupdriver in exec-opts of /etc/docker/daemon.json"
            look = NextStep("see Docker's", "grep -n cgroupdriver /etc/docker/daemon.json")
        } else {
            key = "SystemdCgroup in runc's options in /etc/containerd/config.toml"
            look = NextStep("see containerd's", "grep -n SystemdCgroup /etc/containerd/config.toml")
        }
        return CreationWords(
            sentence:
                "no container can be created: the kubelet uses the cgroup driver \(kubelet), \(name) uses \(driver)",
            explanation:
                "Both must be the same: cgroupDriver in /var/lib/kubelet/config.yaml is \(kubelet) and \(key) makes it \(driver). On a node with systemd both should be systemd. \(said(told))",
            steps: [
                NextStep(
                    "see the kubelet's", "grep -n cgroupDriver /var/lib/kubelet/config.yaml"), look,
            ]
                + restart(
                    driver == "cgroupfs"
                        ? "restart it, once \(key) is set to \(isCRIO ? "systemd" : "true, or systemd,") as the kubelet's"
                        : "restart it only if you change its driver; else set cgroupDriver: systemd and restart the kubelet"
                ),
            clearsWhen: clears(told))
    }

    func cgroup(_ told: Told) -> CreationWords {
        let controller = told.capture("controller")?.bounded(40)
        let what =
            controller.map { "the controller \($0) is not there, or not delegated" }
            ?? (told.capture("reason") == "systemd" ? "systemd does not make its unit" : nil)
            ?? (told.capture("reason") == "cpuset" ? "a cpuset has no CPUs or memory nodes" : nil)
        return CreationWords(
            sentence:
                "containers fail at their control group: \(what ?? ending(told))",
            explanation:
                "The OCI runtime or the kubelet cannot make, join or set a control group for new containers. \(said(told))",
            steps: [
                NextStep(
                    "see which controllers there are", "cat /sys/fs/cgroup/cgroup.controllers /proc/cgroups"),
                NextStep("see which are delegated", "cat /sys/fs/cgroup/cgroup.subtree_control"),
                NextStep("see whether systemd answers", "systemctl is-system-running"),
                NextStep("see the kernel's parameters (cgroup_disable, cgroup_enable)", "cat /proc/cmdline"),
            ], clearsWhen: clears(told))
    }

    func shim(_ told: Told) -> CreationWords {
        if told.capture("reason") == "kata" {
            return CreationWords(
                sentence: "sandboxes of Kata Containers cannot be made: \(ending(told))",
                explanation:
                    "The virtual machine of the pod does not start, or its agent does not answer the shim. \(said(told))",
                steps: [
                    NextStep("see whether this machine can run it", "kata-runtime check"),
                    seeVirtualization,
                ], clearsWhen: clears(told),
                impact: "Pods of that RuntimeClass do not start; others do.")
        }
        let process = isCRIO ? "conmon" : "containerd-shim-runc-v2"
        return CreationWords(
            sentence:
                "\(name) cannot create containers: \(isCRIO ? "conmon" : "shims") fail\(isCRIO ? "s" : ""): \(ending(told))",
            explanation:
                "The process that monitors each container does not start, or exits at once\(across(told)). \(said(told))",
            steps: [
                NextStep("see whether its version is the daemon's", "\(name: process) --version"),
                NextStep("see whether /run has space", "df -h /run"),
            ], clearsWhen: clears(told))
    }

    /// Over how many pods, where the lines name them.
    private func across(_ told: Told) -> String {
        let count = told.podCount
        return count == 0 ? "" : ", across \(count) pod\(count == 1 ? "" : "s")"
    }

    func refused(_ told: Told) -> CreationWords {
        let isKeys = told.capture("reason") == "keys"
        let isRuntime = told.cause == .ociRuntimeError
        return CreationWords(
            sentence:
                isKeys
                ? "no container can be created: the kernel's key quota (kernel.keys.maxkeys) is used up; no disk is full"
                : "\(name) cannot create pods or containers\(isRuntime ? ": the OCI runtime refuses" : ""): \(ending(told))",
            explanation:
                isKeys
                ? "Each container uses a session keyring of root's; the quota is too small. \(said(told))"
                : "The last \(max(told.failures, told.attempts)) attempts failed\(across(told)). \(said(told))",
            steps: isKeys
                ? [
                    NextStep("see how many are used, of how many", "cat /proc/key-users"),
                    NextStep("see the limits", "sysctl kernel.keys.root_maxkeys kernel.keys.maxkeys"),
                    NextStep("raise them, also in /etc/sysctl.d", "sysctl -w kernel.keys.maxkeys=20000"),
                ]
                : isRuntime ? [NextStep("see the OCI runtime's version", "runc --version")] : [],
            clearsWhen: clears(told))
    }

    /// The end of the latest error.
    func ending(_ told: Told) -> String { why(told).elided(200) }
}
