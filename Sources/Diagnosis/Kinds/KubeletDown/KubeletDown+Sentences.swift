// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What each cause is called, why, and what to do first.
extension KubeletCase {
    struct Words {
        var sentence: String
        var explanation: String
        var steps: [NextStep] = []
    }

    func words(_ fall: Fall) -> Words {
        switch fall.cause {
        case .certificateExpired: certificateWords(fall)
        case .cgroupDriverMismatch: driverWords(fall)
        case .cgroupVersionUnsupported: hierarchyWords(fall)
        case .cpuManagerStateInvalid: stateWords(fall)
        case .endpointMissing: endpointWords(fall)
        case .criVersionUnsupported: versionWords(fall)
        case .flagRemoved: flagWords(fall)
        case .configInvalid: configWords(fall)
        case .swapOn: swapWords(fall)
        case .cgroupSetupFailed: cgroupWords(fall)
        case .inotifyExhausted: inotifyWords(fall)
        default: endWords(fall)
        }
    }

    /// Its own words, which every explanation ends with.
    private func said(_ fall: Fall) -> String {
        fall.fatal.map { " It said: \($0.text.clause(400))" } ?? ""
    }

    private func certificateWords(_ fall: Fall) -> Words {
        let line = fall.also ?? fall.fatal
        let when = line?.captures["expired"].map { " on \($0)" } ?? ""
        let file = line?.captures["file"]
        let isClient = line?.captures["expired"] != nil
        if fall.fatal?.captures["state"] == "runs" {
            return Words(
                sentence: "\(name) reaches no API server: its client certificate has expired",
                explanation:
                    "It was not renewed in time, and without a valid one it cannot ask for another."
                    + said(fall),
                steps: certificateSteps(nil))
        }
        return Words(
            sentence: isClient
                ? "\(name) does not start: its client certificate expired\(when)"
                : "\(name) does not start: a certificate has expired",
            explanation: (isClient
                ? "Without a valid client certificate it falls back to a bootstrap kubeconfig, "
                    + (fall.fatal?.captures["bootstrap"] == "refused"
                        ? "whose user the API server refuses." : "which is not there.")
                : "It cannot reach the API server.") + said(fall),
            steps: certificateSteps(file))
    }

    private func certificateSteps(_ file: String?) -> [NextStep] {
        let pem =
            file.flatMap { $0.hasSuffix(".pem") ? $0 : nil }
            ?? "/var/lib/kubelet/pki/kubelet-client-current.pem"
        return [
            NextStep("see until when its certificate is valid", "openssl x509 -enddate -noout -in \(pem)"),
            NextStep("on a control plane node, see all of them", "kubeadm certs check-expiration"),
        ]
    }

    private func driverWords(_ fall: Fall) -> Words {
        let kubelet = fall.fatal?.captures["kubelet"] ?? "unknown"
        let runtime = fall.fatal?.captures["runtime"] ?? "unknown"
        return Words(
            sentence:
                "\(name) does not start: its cgroup driver (\(kubelet)) is not the runtime's (\(runtime))",
            explanation:
                "Both must use the same one: cgroupDriver in /var/lib/kubelet/config.yaml (or --cgroup-driver), and native.cgroupdriver in Docker's daemon.json."
                + said(fall),
            steps: [
                NextStep("see the kubelet's", "grep -n cgroupDriver /var/lib/kubelet/config.yaml"),
                NextStep("see Docker's", "docker info --format '{{.CgroupDriver}}'"),
            ])
    }

    private func hierarchyWords(_ fall: Fall) -> Words {
        let isV1 = fall.fatal?.captures["hierarchy"] == "v1"
        return Words(
            sentence: isV1
                ? "\(name) does not start: this node has cgroup v1, which it refuses"
                : "\(name) does not start: it cannot read this node's cgroups",
            explanation: (isV1
                ? "From 1.35 on a kubelet refuses cgroup v1 unless failCgroupV1 is false."
                : "A kubelet before 1.19 does not know cgroup v2, with which newer distributions boot.")
                + said(fall),
            steps: [
                NextStep("see which it is (cgroup2fs: v2, tmpfs: v1)", "stat -fc %T /sys/fs/cgroup"),
                NextStep("see the kubelet's version", "kubelet --version"),
            ])
    }

    private func stateWords(_ fall: Fall) -> Words {
        let file = fall.fatal?.captures["file"] ?? "/var/lib/kubelet/cpu_manager_state"
        return Words(
            sentence: "\(name) does not start: \(file) does not fit its policy or this machine",
            explanation:
                "The CPU or memory manager's policy, or the CPUs of this machine, have changed since the file was written."
                + said(fall),
            steps: [
                NextStep("see what it holds", "cat \(file)"),
                NextStep(
                    "move it away when the node is drained (containers are assigned CPUs again)",
                    "mv \(file) \(file).old"),
            ])
    }

    private func endpointWords(_ fall: Fall) -> Words {
        let answering = facts.runtimes.filter { $0.api.answeredAt != nil && $0.api.failing == nil }
        let hint = answering.first.map { " On this node \($0.endpoint.address) answers." } ?? ""
        if fall.fatal?.captures["what"] == "unset" {
            return Words(
                sentence: "\(name) does not start: no runtime endpoint is configured",
                explanation:
                    "Neither --container-runtime-endpoint nor containerRuntimeEndpoint is set, and since 1.24 there is no default."
                    + hint + said(fall),
                steps: [
                    NextStep("see what it is started with", "systemctl cat \(unit.name)"),
                    NextStep(
                        "see its configuration",
                        "grep -n containerRuntimeEndpoint /var/lib/kubelet/config.yaml"),
                ])
        }
        let socket = fall.fatal.flatMap { namedSocket($0) } ?? "the runtime's socket"
        let path = socket.hasPrefix("unix://") ? String(socket.dropFirst(7)) : socket
        let isServed = answering.contains { $0.endpoint.serves(socket) }
        return Words(
            sentence: isServed
                ? "\(name) has not come back: nobody served \(path) when it started"
                : "\(name) does not start: nobody serves \(path)",
            explanation: "That is the runtime endpoint it is configured to use." + hint + said(fall),
            steps: (path.hasPrefix("/")
                ? [NextStep("see whether the socket is there, and who listens", "ss -xlp src \(path)")] : [])
                + [
                    NextStep(
                        "see what it is configured to use",
                        "grep -rn containerRuntimeEndpoint /var/lib/kubelet/config.yaml")
                ])
    }

    private func versionWords(_ fall: Fall) -> Words {
        let endpoint = fall.fatal.flatMap { namedSocket($0) } ?? "its runtime's socket"
        return Words(
            sentence: "\(name) does not start: \(endpoint) does not serve the version of CRI that it speaks",
            explanation:
                "The runtime is too old for this kubelet, its CRI plugin is disabled or failed to load, or the kubelet is too old for it."
                + said(fall),
            steps: facts.runtimes.prefix(1).filter { !$0.endpoint.socketPath.isEmpty }.map {
                NextStep("see what it serves", "crictl --runtime-endpoint \($0.endpoint.address) version")
            })
    }

    private func flagWords(_ fall: Fall) -> Words {
        let flag = fall.fatal?.captures["flag"] ?? "a flag"
        return Words(
            sentence: "\(name) does not start: it does not know the flag \(flag)",
            explanation:
                "This version of the kubelet has no such flag: an upgrade dropped it, or it is misspelt."
                + said(fall),
            steps: [
                NextStep(
                    "see where it is set",
                    "grep -sn -e \(flag) /var/lib/kubelet/kubeadm-flags.env /etc/default/kubelet /etc/sysconfig/kubelet"
                ),
                NextStep("see what the unit starts", "systemctl cat \(unit.name)"),
            ])
    }

    private func configWords(_ fall: Fall) -> Words {
        let file = fall.fatal?.captures["file"]
        return Words(
            sentence: file.map { "\(name) does not start: it cannot use \($0)" }
                ?? "\(name) does not start: it refuses its configuration",
            explanation: "Its own last words name what it refuses." + said(fall),
            steps: [
                file.map { NextStep("see the file", "ls -l \($0)") }
                    ?? NextStep("see what changed last", "ls -lt /var/lib/kubelet /etc/kubernetes"),
                NextStep("see what the unit starts", "systemctl cat \(unit.name)"),
            ])
    }

    private func swapWords(_ fall: Fall) -> Words {
        Words(
            sentence: "\(name) does not start: swap is on",
            explanation: "failSwapOn is true, as it is by default." + said(fall),
            steps: [
                NextStep("see which swap", "swapon --show"),
                NextStep("see what turns it on at boot", "grep -n swap /etc/fstab"),
                NextStep("turn it off until the next boot", "swapoff -a"),
            ])
    }

    private func cgroupWords(_ fall: Fall) -> Words {
        let slice = fall.fatal?.captures["slice"]
        let unitName = slice.flatMap { $0.hasSuffix(".slice") ? $0 : nil } ?? "kubepods.slice"
        return Words(
            sentence: (fall.fatal?.captures["state"] == "runs"
                ? "\(name) starts no pod" : "\(name) does not start")
                + ": it cannot set up its control groups"
                + (slice.map { " (\($0))" } ?? ""),
            explanation:
                "The groups that pods go into (kubepods) cannot be made or used: one is left over, or a controller is missing."
                + said(fall),
            steps: [
                NextStep("see the slice", "systemctl status \(unitName)"),
                NextStep("see which controllers there are", "cat /proc/cgroups"),
            ])
    }

    private func inotifyWords(_ fall: Fall) -> Words {
        Words(
            sentence: "\(name) does not start: no inotify instance or watch is left",
            explanation:
                "fs.inotify.max_user_instances or max_user_watches is reached. The text of the error (too many open files, no space left) is inotify's own: no disk is full."
                + said(fall),
            steps: [
                NextStep("see the limits", "sysctl fs.inotify"),
                NextStep("see who holds how many", "find /proc/[0-9]*/fd -lname anon_inode:inotify"),
            ])
    }
}
