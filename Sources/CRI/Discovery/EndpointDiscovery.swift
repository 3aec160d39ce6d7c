// SPDX-License-Identifier: Apache-2.0
import Glibc
public import HealthModel
import YAML

/// Finds the CRI endpoints of a node: configured ones, else the running kubelet's, else those of its files, else crictl's,
/// else the known sockets.
///
/// The first source that names an endpoint wins. What the kubelet uses is the runtime that pods depend on: the one that
/// runs knows best which; its files may be left over from another. `/etc/crictl.yaml` is a person's tool's and may be
/// stale. Where nobody serves the socket that was named, the runtime may be well and serve another: sockets that are
/// there are watched, too.
public struct EndpointDiscovery: Sendable {
    /// Who named the endpoints.
    public enum Source: String, Hashable, Sendable {
        /// The daemon's own configuration.
        case configuration
        /// The kubelet that runs, or `/var/lib/kubelet`.
        case kubelet
        /// `/etc/crictl.yaml`.
        case crictl
        /// ``Endpoint/wellKnown``.
        case wellKnown
    }

    /// What was found.
    public struct Outcome: Hashable, Sendable {
        /// The endpoints, in their source's order, each once.
        public var endpoints: [Endpoint]
        /// Who named them.
        public var source: Source
        /// Addresses of files that had to be passed over; the next source was asked instead.
        public var refused: [EndpointError]
    }

    private let root: String

    /// Makes a discovery below `root`, which tests replace.
    public init(root: String = "/") {
        self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    /// Looks now. Throws only for what a person configured: a wrong address there must not be passed over.
    ///
    /// - Parameters:
    ///   - configured: Addresses that a person gave.
    ///   - kubelet: The kubelet that runs, if one does: what files of another lie about says nothing then.
    public func discover(
        configured: [String] = [], kubelet: KubeletProcess? = nil
    ) throws(EndpointError) -> Outcome {
        var refused: [EndpointError] = []
        var configuredEndpoints: [Endpoint] = []
        for address in configured { configuredEndpoints.append(try endpoint(address)) }
        if !configuredEndpoints.isEmpty {
            return Outcome(endpoints: unique(configuredEndpoints), source: .configuration, refused: [])
        }
        let own = kubelet.map { [$0.value(.containerRuntimeEndpoint)].compactMap(\.self) }
        for (source, addresses) in [
            (Source.kubelet, own ?? kubeletAddresses()), (.crictl, crictlAddresses()),
        ] {
            for address in addresses {
                do {
                    let named = try endpoint(address)
                    return Outcome(
                        endpoints: unique([named] + servedElsewhere(than: named)), source: source,
                        refused: refused)
                } catch {
                    refused.append(error)
                }
            }
        }
        return Outcome(endpoints: wellKnownPresent(), source: .wellKnown, refused: refused)
    }

    // MARK: Files

    /// cri-tools `pkg/common/file.go`.
    private func crictlAddresses() -> [String] {
        value("runtime-endpoint", in: "/etc/crictl.yaml").map { [$0] } ?? []
    }

    /// The flag overrides the file (kubernetes.io, "Set Kubelet Parameters Via A Configuration File").
    /// kubeadm writes the flag into kubeadm-flags.env, and with the feature gate NodeLocalCRISocket the field
    /// into config.yaml.
    ///
    /// A kubelet that was replaced by a distribution's leaves them behind: they count for one that is installed.
    private func kubeletAddresses() -> [String] {
        if !hasUnitFile("kubelet.service"), Self.embedding.contains(where: hasUnitFile) { return [] }
        let flags = text("/var/lib/kubelet/kubeadm-flags.env").split {
            $0.isWhitespace || "\"'=".contains($0)
        }
        let flag = flags.firstIndex(of: "--container-runtime-endpoint").flatMap { index in
            flags.index(after: index) < flags.endIndex ? String(flags[index + 1]) : nil
        }
        return [flag, value("containerRuntimeEndpoint", in: "/var/lib/kubelet/config.yaml")].compactMap(
            \.self)
    }

    private func value(_ key: String, in path: String) -> String? {
        YAMLDocument((try? System.contents(root + path, limit: 64 << 10)) ?? []).text(key)
    }

    private func text(_ path: String) -> String {
        let bytes = (try? System.contents(root + path, limit: 64 << 10)) ?? []
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Units

    /// Units of distributions that bring their own kubelet.
    private static let embedding = [
        "k3s.service", "k3s-agent.service", "rke2-server.service", "rke2-agent.service",
        "k0scontroller.service", "k0sworker.service", "snap.microk8s.daemon-kubelite.service",
        "snap.k8s.kubelet.service",
    ]

    /// systemd.unit(5), "Unit File Load Path", without generators.
    private static let unitDirectories = [
        "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system", "/lib/systemd/system",
    ]

    /// A stopped runtime has no socket, so an installed unit counts too: for the socket that it serves by default. Another
    /// one, as k3s' for Docker, counts when it is there.
    private func wellKnownPresent() -> [Endpoint] {
        var units: Set<String> = []
        return unique(Endpoint.wellKnown).map(withInstalledUnit).filter { endpoint in
            let isDefault = endpoint.unit.map { units.insert($0).inserted && hasUnitFile($0) } ?? false
            return isSocket(endpoint) || isDefault
        }
    }

    /// Known sockets that are there, of the runtime whose own socket is not.
    private func servedElsewhere(than named: Endpoint) -> [Endpoint] {
        guard !isSocket(named) else { return [] }
        let configured = crictlAddresses().compactMap { try? endpoint($0) }
        return (configured + Endpoint.wellKnown.map(withInstalledUnit)).filter {
            isSocket($0) && (named.runtime == .other || $0.runtime == named.runtime)
        }
    }

    private func isSocket(_ endpoint: Endpoint) -> Bool {
        (try? System.fileType(root + endpoint.socketPath)) == S_IFSOCK
    }

    private func endpoint(_ address: String) throws(EndpointError) -> Endpoint {
        withInstalledUnit(try Endpoint(address: address))
    }

    /// With the first unit that is installed of those that may serve the socket.
    private func withInstalledUnit(_ endpoint: Endpoint) -> Endpoint {
        let units = Endpoint.wellKnown.filter { $0.socketPath == endpoint.socketPath }.compactMap(\.unit)
        guard units.count > 1, let installed = units.first(where: hasUnitFile) else { return endpoint }
        return Endpoint(socketPath: endpoint.socketPath, runtime: endpoint.runtime, unit: installed)
    }

    /// A masked unit is a link to /dev/null and no file.
    private func hasUnitFile(_ unit: String) -> Bool {
        for directory in Self.unitDirectories {
            if let type = try? System.fileType("\(root)\(directory)/\(unit)") { return type == S_IFREG }
        }
        return false
    }

    private func unique(_ endpoints: [Endpoint]) -> [Endpoint] {
        var seen: Set<String> = []
        return endpoints.filter { seen.insert($0.socketPath).inserted }
    }
}
