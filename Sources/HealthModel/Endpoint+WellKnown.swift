// SPDX-License-Identifier: Apache-2.0
extension Endpoint {
    /// The sockets that are looked for when nothing names one, in the order in which they are asked: crictl's own
    /// (cri-tools `cmd/crictl/main_unix.go`), then those of distributions. A socket has an entry for each unit that may
    /// serve it, the usual one first.
    public static let wellKnown: [Endpoint] = places.flatMap { place in
        place.units.map { Endpoint(socketPath: place.socketPath, runtime: place.runtime, unit: $0) }
    }

    /// The endpoints that these units serve where nothing else is known of them: each socket and each unit once.
    public static func wellKnown(servedBy units: Set<String>) -> [Endpoint] {
        var (sockets, seen): (Set<String>, Set<String>) = ([], [])
        return wellKnown.filter { endpoint in
            guard let unit = endpoint.unit, units.contains(unit), seen.insert(unit).inserted else {
                return false
            }
            return sockets.insert(endpoint.socketPath).inserted
        }
    }

    /// Whether distributions give a runtime's unit this name.
    public static func isWellKnown(unit: String) -> Bool { places.contains { $0.units.contains(unit) } }

    /// The name that a runtime's own packages give its unit; nil for a runtime that is not known.
    public static func usualUnit(of runtime: RuntimeName) -> String? {
        places.first { $0.runtime == runtime }?.units.first
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
