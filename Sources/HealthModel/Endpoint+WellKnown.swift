extension Endpoint {
    /// The sockets that are looked for when nothing names one, in the order in which they are asked: crictl's own
    /// (cri-tools `cmd/crictl/main_unix.go`), then those of distributions. A socket has an entry for each unit that may
    /// serve it, the usual one first.
    public static let wellKnown: [Endpoint] = places.flatMap { place in
        place.units.map { Endpoint(socketPath: place.socketPath, runtime: place.runtime, unit: $0) }
    }

    /// The endpoints that these units serve where nothing else is known of them: each socket once, and of each unit the
    /// usual one (k3s serves cri-dockerd only where it is told to).
    public static func wellKnown(servedBy units: Set<String>) -> [Endpoint] {
        var seen: Set<String> = []
        return wellKnown.filter { endpoint in
            guard let unit = endpoint.unit, units.contains(unit), !seen.contains(unit) else { return false }
            guard seen.insert(endpoint.socketPath).inserted else { return false }
            seen.insert(unit)
            return true
        }
    }

    private struct Place {
        let socketPath: String
        let runtime: RuntimeName
        let units: [String]
    }

    private static let places = [
        Place(
            socketPath: "/run/containerd/containerd.sock", runtime: .containerd,
            units: ["containerd.service"]),
        Place(socketPath: "/run/crio/crio.sock", runtime: .crio, units: ["crio.service"]),
        Place(socketPath: "/run/cri-dockerd.sock", runtime: .criDockerd, units: ["cri-docker.service"]),
        Place(
            socketPath: "/run/k3s/containerd/containerd.sock", runtime: .containerd,
            // rke2 `pkg/executor/staticpod/spw.go`: its containerd is k3s'.
            units: ["k3s.service", "k3s-agent.service", "rke2-server.service", "rke2-agent.service"]),
        Place(
            // k3s `--docker`.
            socketPath: "/run/k3s/cri-dockerd/cri-dockerd.sock", runtime: .criDockerd,
            units: ["k3s.service", "k3s-agent.service"]),
        Place(
            // microk8s `microk8s-resources/default-args/containerd`.
            socketPath: "/var/snap/microk8s/common/run/containerd.sock", runtime: .containerd,
            units: ["snap.microk8s.daemon-containerd.service"]),
        Place(
            // k0s `docs/runtime.md`.
            socketPath: "/run/k0s/containerd.sock", runtime: .containerd,
            units: ["k0sworker.service", "k0scontroller.service"]),
        Place(
            // k8s-snap, docs/canonicalk8s, "image-management".
            socketPath: "/run/containerd/containerd.sock", runtime: .containerd,
            units: ["snap.k8s.containerd.service"]),
    ]
}
