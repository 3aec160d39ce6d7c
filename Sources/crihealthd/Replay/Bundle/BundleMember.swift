// SPDX-License-Identifier: Apache-2.0

/// What a file of a support bundle is, by its name: of which node, and whose log.
///
/// Layouts: `sos report` (`sos_commands/logs/journalctl_…`, `var/log/…`), OpenShift's must-gather
/// (`host_service_logs/ROLE/UNIT_service.log`), `kind export logs` (`NODE/kubelet.log`), EKS' and AKS' collectors
/// (`kubelet/kubelet.log`, `containerd/containerd-log.txt`), RKE2's and k3s' (`journald/rke2-server`, `agent/containerd.log`), and
/// any folder of logs.
struct BundleMember: Hashable {
    /// The folder that stands for a node; empty: the bundle is of one.
    var node: String
    /// The unit whose log it is, where its name tells.
    var unit: String?
    /// Several nodes speak in it, each under its own name.
    var isOfManyNodes: Bool

    /// Nil for a file that is no log of a node's daemons.
    init?(_ path: String) {
        let parts = path.split(separator: "/").map(String.init).filter { $0 != "." }
        guard let name = parts.last?.lowercased(),
            !parts.contains(where: { $0.lowercased().hasPrefix("pods") || Self.strangers.contains($0) })
        else { return nil }
        let folders = parts.dropLast().map { $0.lowercased() }
        guard Self.isLog(name, folders) else { return nil }
        unit = TextFiles.unit(name) ?? folders.last.flatMap(TextFiles.unit)
        isOfManyNodes = folders.contains("host_service_logs")
        var own = Array(parts.dropLast())
        while let last = own.last?.lowercased(),
            Self.components.contains(where: { last == $0 || last.hasPrefix($0 + "_") })
        {
            own.removeLast()
        }
        // Whose journal a file is that `journalctl -o export` was written to, only its name can tell.
        let stem = Self.stem(name)
        if stem.hasSuffix(".export"), unit == nil, !name.hasPrefix("journal") {
            own.append(String(stem.dropLast(7)))
        }
        node = isOfManyNodes ? "" : own.joined(separator: "/")
    }

    private static func stem(_ name: String) -> String {
        var stem = name
        for suffix in [".gz", ".xz", ".zst", ".bz2", ".log", ".txt", ".out"] where stem.hasSuffix(suffix) {
            stem.removeLast(suffix.count)
        }
        return stem
    }

    private static func isLog(_ name: String, _ folders: [String]) -> Bool {
        let stem = stem(name)
        if folders.last == "journald" || folders.last == "host_service_logs" { return true }
        if stem.hasSuffix(".export") { return true }
        return marks.contains { stem.contains($0) } && !others.contains { name.contains($0) }
    }

    /// What the logs of a node's daemons are called.
    private static let marks = [
        "kubelet", "containerd", "crio", "cri-o", "cri-docker", "dockerd", "docker", "journal", "messages",
        "syslog",
        "dmesg", "kern", "rke2", "k3s", "k0s", "microk8s", "system.log",
    ]
    /// What has such a name, and is none.
    private static let others = [
        ".json", ".yaml", ".yml", ".toml", ".conf", ".service", ".sh", ".list", ".crt", ".key", ".pem",
        ".html", "config",
        "version", "images", "inspect", ".db", ".sock", ".journal", "info.", "status", "kubeconfig",
        "metrics", "docker_", "crictl_", "disk-usage", "list-boots", "ls_-",
    ]
    /// Folders of what containers write, and those in which no log is.
    private static let strangers: Set<String> = [
        "namespaces", "containers", "podlogs", "etc", "usr", "proc", "sys", "sos_logs",
    ]
    /// Folders between a node's own and its logs.
    private static let components = [
        "kubelet", "containerd", "crio", "cri-o", "docker", "dockerd", "kernel", "log", "logs", "var",
        "var_log", "journal",
        "journald", "system", "sos_commands", "systemlogs", "agent", "k3s", "rke2", "host_service_logs",
        "data", "rancher", "lib",
    ]
}
