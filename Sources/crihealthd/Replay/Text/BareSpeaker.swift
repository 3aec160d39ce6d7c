// SPDX-License-Identifier: Apache-2.0

/// Who wrote a line that does not say so: a log file without heads, or `journalctl -o cat`.
struct BareSpeaker {
    /// The unit of the file that is read, where its name tells.
    private let file: String?
    private var logfmt: String?
    private var klog: String?
    /// Nothing told the latest unit: any program logs in this form.
    private(set) var isGuess = false

    init(file: String? = nil) { self.file = file }

    /// The unit of a line of this form.
    mutating func unit(_ form: TextHead.Form, _ line: [UInt8]) -> String {
        isGuess = false
        switch form {
        case .klog:
            if let file { return file }
            if let unit = Self.klog.first(where: { line.contains($0.mark) })?.unit { klog = unit }
            return klog ?? "kubelet.service"
        case .logfmt:
            if let unit = Self.logfmt.first(where: { line.contains($0.mark) })?.unit {
                logfmt = unit
                return unit
            }
            if let known = logfmt ?? file { return known }
            isGuess = true
            return "containerd.service"
        default:
            if let unit = Self.plain.first(where: { line.contains($0.mark) })?.unit { return unit }
            return file ?? logfmt ?? klog ?? Self.nobody
        }
    }

    /// Whether a gRPC error that a terminal or a form wrapped goes on in this line, which begins nothing itself: it is indented,
    /// or the error ends where none does, or has been going on like that.
    static func isCutShort(_ message: [UInt8], before line: [UInt8], isWrapped: Bool) -> Bool {
        guard Array(message.prefix(512)).contains("rpc error: code") else { return false }
        if line.first == 0x20 { return true }
        let end = message.last { $0 != 0x20 }
        guard isWrapped || end.map({ "=:,(".utf8.contains($0) }) == true else { return false }
        return !isKernels(line) && !plain.contains { line.contains($0.mark) }
    }

    /// What the kernel said, of an event that node-problem-detector made of it.
    static func kernelEvent(_ row: ArraySlice<UInt8>) -> [UInt8]? {
        let row = Array(row)
        guard let mark = row.place(of: " kernel-monitor") else { return nil }
        var cursor = ByteCursor(row, at: mark + 15)
        // Before v1.19 the name of the node stands behind it.
        if cursor.take(", ") { _ = cursor.word() }
        guard cursor.blanks() > 0, !cursor.isAtEnd else { return nil }
        return Array(row[cursor.at...])
    }

    /// Whether a line without a head can only be the kernel's.
    static func isKernels(_ line: [UInt8]) -> Bool { kernel.contains { line.starts(with: $0) } }

    private static let kernel: [[UInt8]] = [
        "INFO: task ", "EXT4-fs ", "XFS (", "BTRFS ", "Out of memory: Kill", "unregister_netdevice: ",
        "blk_update_request: ", "print_req_error: ", "Buffer I/O error on ", "oom-kill:constraint=",
        "cgroup: fork rejected by pids controller", "nvme nvme", "nfs: server ", "NMI watchdog: BUG: ",
        "watchdog: BUG: soft lockup", "INFO: rcu_", "rcu: INFO: ", "nf_conntrack: ", "SLUB: Unable to ",
        "I/O error, dev ", "end_request: I/O error, ", "Memory cgroup out of memory: ",
        "Kernel panic - not syncing: ", "JBD2: ", "Aborting journal on device ",
    ].map { Array($0.utf8) }

    /// Who tells the cluster of its pods.
    static let events = "kubelet.service"
    /// What stands for crictl, and for kubeadm, which runs it.
    static let client = "crictl.service"
    /// What stands for the unit of a line that tells nothing.
    static let nobody = "text.service"

    /// Marks of the cluster's other programs that log with klog; anything else is the kubelet's.
    private static let klog: [(mark: StaticString, unit: String)] = [
        (" kuberuntime_", "kubelet.service"), (" kubelet.go:", "kubelet.service"),
        (" pod_workers.go:", "kubelet.service"), ("kube-scheduler", "kube-scheduler.service"),
        ("kube-apiserver", "kube-apiserver.service"),
    ]

    /// What only one of them writes.
    private static let logfmt: [(mark: StaticString, unit: String)] = [
        (" file=\"", "crio.service"), ("CRI-O", "crio.service"), ("crio", "crio.service"),
        ("/var/lib/containers/", "crio.service"), ("name=/runtime.v1", "crio.service"),
        ("Stopping container: ", "crio.service"), ("Stopped container ", "crio.service"),
        ("Ran pod sandbox ", "crio.service"), ("/etc/containers/", "crio.service"),
        ("cri-dockerd", "cri-docker.service"), ("libcontainerd", "docker.service"),
        ("Handler for ", "docker.service"), ("dockerd", "docker.service"),
        ("msg=\"validate service connection", client), ("starting daemon: ", "docker.service"),
        ("failed to start daemon", "docker.service"),
        ("graphdriver", "docker.service"),
        ("type=io.containerd.", "containerd.service"), ("RunPodSandbox for ", "containerd.service"),
        ("Supervisor proxy", "rke2-server.service"), ("Waiting for cri connection", "k3s.service"),
        ("Running kubelet ", "k3s.service"), ("Starting k3s ", "k3s.service"),
        ("Failed to run CRI service", "containerd.service"),
        ("\"/run/containerd/containerd.sock", "containerd.service"),
        ("StartContainer for ", "containerd.service"),
        ("CreateContainer within sandbox ", "containerd.service"),
    ]

    private static let plain: [(mark: StaticString, unit: String)] = [
        ("container runtime is not running: output: ", client), ("FATA[0000] validate service", client),
        ("[ERROR ImagePull]: ", client), ("unable to pull image: ", client),
        ("kubelet", "kubelet.service"), ("FailedCreatePodSandBox", "kubelet.service"),
        ("Error: failed to create containerd ", "kubelet.service"),
        ("Error: failed to start container ", "kubelet.service"),
        ("Error: container create failed: ", "kubelet.service"),
        ("Failed to pull image \"", "kubelet.service"), ("Failed to inspect image \"", "kubelet.service"),
        ("CreatePodSandbox for pod \"", "kubelet.service"), ("inotify_add_watch /", "kubelet.service"),
        ("failed to create fsnotify watcher: ", "kubelet.service"),
        ("mkdir /sys/fs/cgroup/", "kubelet.service"),
        ("failed to run Kubelet: ", "kubelet.service"), ("failed to parse kubelet flag: ", "kubelet.service"),
        ("Failed to create pod sandbox: ", "kubelet.service"),
        ("Failed create pod sandbox: ", "kubelet.service"),
        ("failed to start daemon: ", "docker.service"), ("Error starting daemon: ", "docker.service"),
        ("\"command failed\" err=", "kubelet.service"), ("PLEG is not healthy: ", "kubelet.service"),
        ("failed to load TOML", "containerd.service"),
        ("failed to create containerd task: ", "containerd.service"),
        ("failed to start shim: ", "containerd.service"),
        ("Failed to start ContainerManager", "kubelet.service"), ("KubeletNotReady", "kubelet.service"),
    ]
}
