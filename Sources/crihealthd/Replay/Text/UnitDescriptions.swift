// SPDX-License-Identifier: Apache-2.0

/// Which unit a description stands for: systemd's sentences about jobs name units by it (`StatusUnitFormat=description`).
struct UnitDescriptions {
    private static let limit = 512
    private var learned: [String: String] = [:]

    /// The unit of `name`: itself, what stands before ` - `, or the unit that is described so.
    func unit(_ name: String) -> String? {
        if Self.isUnit(name) { return name }
        if let dash = name.firstRange(of: " - "), Self.isUnit(String(name[..<dash.lowerBound])) {
            return String(name[..<dash.lowerBound])
        }
        if let unit = learned[name] ?? Self.known[name] { return unit }
        // snapd's units (snapd `wrappers/services.go`).
        for prefix in ["Service for snap application "] where name.hasPrefix(prefix) {
            return "snap.\(name.dropFirst(prefix.count)).service"
        }
        return nil
    }

    /// Learns what the text tells: `kubelet.service - kubelet: The Kubernetes Node Agent`.
    mutating func learn(_ name: String) {
        guard let dash = name.firstRange(of: " - ") else { return }
        learn(String(name[dash.upperBound...]), unit: String(name[..<dash.lowerBound]))
    }

    /// Learns that `description` stands for `unit`.
    mutating func learn(_ description: String, unit: String) {
        guard learned.count < Self.limit, !description.isEmpty, Self.isUnit(unit),
            Self.known[description] == nil
        else { return }
        learned[description] = unit
    }

    /// Whether a text is the name of a unit (systemd.unit(5)).
    static func isUnit(_ name: String) -> Bool {
        guard name.utf8.count <= 255, let dot = name.lastIndex(of: "."), dot != name.startIndex else {
            return false
        }
        return types.contains(String(name[name.index(after: dot)...]))
            && !name.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "/") }
    }

    private static let types: Set<String> = [
        "service", "socket", "target", "mount", "scope", "slice", "timer", "path", "automount", "swap",
        "device",
    ]

    /// `Description=` in the unit files of their upstreams and distributions, past and present.
    private static let known: [String: String] = [
        "containerd container runtime": "containerd.service",
        "Docker Application Container Engine": "docker.service",
        "Docker Socket for the API": "docker.socket",
        "Container Runtime Interface for OCI (CRI-O)": "crio.service",
        "Open Container Initiative Daemon": "crio.service",
        "OCI-based implementation of Kubernetes Container Runtime Interface": "crio.service",
        "CRI Interface for Docker Application Container Engine": "cri-docker.service",
        "CRI Docker Socket for the API": "cri-docker.socket",
        "kubelet: The Kubernetes Node Agent": "kubelet.service",
        "Kubernetes Kubelet": "kubelet.service",
        "Kubernetes Kubelet Server": "kubelet.service",
        "Kubernetes Kubelet (Hyperkube)": "kubelet.service",
        "Lightweight Kubernetes": "k3s.service",
        "Rancher Kubernetes Engine v2 (server)": "rke2-server.service",
        "Rancher Kubernetes Engine v2 (agent)": "rke2-agent.service",
        "k0s - Zero Friction Kubernetes": "k0scontroller.service",
        "Multi-User System": "multi-user.target",
        "Shutdown": "shutdown.target", "System Shutdown": "shutdown.target",
        "Reboot": "reboot.target", "System Reboot": "reboot.target",
        "Power-Off": "poweroff.target", "System Power Off": "poweroff.target",
        "Halt": "halt.target", "System Halt": "halt.target", "Final Step": "final.target",
        "Late Shutdown Services": "final.target",
    ]
}
