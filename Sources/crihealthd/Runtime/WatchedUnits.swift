// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The units whose journal and state are followed.
enum WatchedUnits {
    /// Runtimes, and who depends on them, by the names that distributions give them.
    static let builtIn = [
        "containerd.service", "crio.service", "docker.service", "cri-docker.service", "kubelet.service",
        "k3s.service", "k3s-agent.service", "rke2-server.service", "rke2-agent.service",
        "k0scontroller.service", "k0sworker.service", "microshift.service",
        "snap.microk8s.daemon-containerd.service", "snap.microk8s.daemon-kubelite.service",
        "snap.k8s.containerd.service", "snap.k8s.kubelet.service",
    ]

    /// What the daemon itself writes to the journal quotes the lines of others: it is never followed.
    static let own: Set<String> = ["crihealthd.service", "crihealthd-probe.service"]

    /// The built-in ones, those that serve the endpoints, and those of the configuration; each once, and
    /// never this daemon's own.
    static func all(endpoints: [Endpoint], configured: [String]) -> [String] {
        var seen = own
        return (builtIn + endpoints.compactMap(\.unit) + configured).filter { seen.insert($0).inserted }
    }
}
