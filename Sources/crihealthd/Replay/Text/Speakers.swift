// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Which unit a name in front of a message stands for, and who speaks.
enum Speakers {
    /// A speaker: as the journal's trusted fields would have it.
    struct Speaker: Hashable {
        var source: JournalEntry.Source
        var unit: String?
    }

    /// Whether a name is enough to know a line by, without the number of a process behind it.
    static func isKnown(_ identifier: String) -> Bool {
        identifier == "kernel" || identifier == "systemd" || units[identifier] != nil
            || suffixes.contains { identifier.hasSuffix($0) }
    }

    /// Who speaks under this name.
    static func speaker(_ identifier: String, pid: Int32?) -> Speaker {
        switch identifier {
        case "kernel": return Speaker(source: .kernel, unit: nil)
        case "systemd", "init.scope":
            return Speaker(source: pid == 1 || pid == nil ? .manager : .unit, unit: nil)
        case "conmon", "conmonrs": return Speaker(source: .conmon, unit: nil)
        case "systemd-coredump": return Speaker(source: .coredump, unit: nil)
        case "systemd-journald", "systemd-journal", "journal":
            return Speaker(source: .journald, unit: "systemd-journald.service")
        default: return Speaker(source: .unit, unit: unit(identifier))
        }
    }

    /// The unit of a program. One that is not known has its own name: its lines are nobody else's.
    static func unit(_ identifier: String) -> String {
        if let unit = units[identifier] { return unit }
        if suffixes.contains(where: { identifier.hasSuffix($0) }) {
            return identifier.split(separator: "/").last.map(String.init) ?? identifier
        }
        // Of a snap: `microk8s.daemon-containerd`, which systemd knows as `snap.microk8s.daemon-containerd.service`.
        for snap in snaps where identifier.hasPrefix(snap) { return "snap.\(identifier).service" }
        // A child before it executes the program: `(containerd)`.
        if identifier.hasPrefix("("), identifier.hasSuffix(")") {
            return unit(String(identifier.dropFirst().dropLast()))
        }
        if identifier.hasPrefix("containerd-shim") { return "containerd.service" }
        return identifier + ".service"
    }

    /// What journalctl's with-unit format has in the place of a name.
    private static let suffixes = [".service", ".scope", ".slice", ".socket", ".mount", ".timer"]
    private static let snaps = ["microk8s.", "k8s.", "kubelet-eks.", "docker."]

    /// Programs by the names that they log under. Sources: the unit files of their upstreams.
    private static let units: [String: String] = [
        "containerd": "containerd.service", "crio": "crio.service", "cri-o": "crio.service",
        "dockerd": "docker.service", "docker": "docker.service", "dockerd-current": "docker.service",
        "docker-containerd": "docker.service", "cri-dockerd": "cri-docker.service",
        "cri-docker": "cri-docker.service", "kubelet": "kubelet.service",
        "kubelet-wrapper": "kubelet.service", "kubelet.sh": "kubelet.service",
        "origin-node": "kubelet.service", "atomic-openshift-node": "kubelet.service",
        "hyperkube": "kubelet.service", "kubenswrapper": "kubelet.service",
        "k3s": "k3s.service", "k3s-server": "k3s.service", "k3s-agent": "k3s-agent.service",
        "rke2": "rke2-server.service", "rke2-server": "rke2-server.service",
        "rke2-agent": "rke2-agent.service", "k0s": "k0scontroller.service",
        // ExecStartPre= of upstream's containerd.service.
        "modprobe": "containerd.service",
        "kubelite": "snap.microk8s.daemon-kubelite.service",
    ]
}
