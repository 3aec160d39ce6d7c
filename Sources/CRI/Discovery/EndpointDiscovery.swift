import Glibc
public import HealthModel

/// Finds the CRI endpoints of a node: configured ones, else the kubelet's, else crictl's, else the known
/// sockets.
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
        /// `/var/lib/kubelet`.
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
    public func discover(configured: [String] = []) throws(EndpointError) -> Outcome {
        var refused: [EndpointError] = []
        var configuredEndpoints: [Endpoint] = []
        for address in configured { configuredEndpoints.append(try endpoint(address)) }
        if !configuredEndpoints.isEmpty {
            return Outcome(endpoints: unique(configuredEndpoints), source: .configuration, refused: [])
        }
        for (source, addresses) in [(Source.kubelet, kubeletAddresses()), (.crictl, crictlAddresses())] {
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
    private func kubeletAddresses() -> [String] {
        let arguments = RunningKubelet(root: root).arguments
        let told = [
            arguments.flag("container-runtime-endpoint"),
            arguments.flag("config").flatMap { value("containerRuntimeEndpoint", in: $0) },
        ].compactMap(\.self)
        return told.isEmpty ? kubeletFileAddresses() : told
    }

    private func kubeletFileAddresses() -> [String] {
        let flags = text("/var/lib/kubelet/kubeadm-flags.env").split {
            $0.isWhitespace || "\"'=".contains($0)
        }
        let flag = flags.firstIndex(of: "--container-runtime-endpoint").flatMap { index in
            flags.index(after: index) < flags.endIndex ? String(flags[index + 1]) : nil
        }
        return [flag, value("containerRuntimeEndpoint", in: "/var/lib/kubelet/config.yaml")].compactMap(
            \.self)
    }

    /// A key of a YAML mapping's first level. These files are written by machines as block mappings, and the
    /// values wanted are plain or quoted scalars on the key's line, so a line reader is enough: nested keys
    /// are indented. Of a JSON object the key's first place counts.
    private func value(_ key: String, in path: String) -> String? {
        let text = text(path)
        if text.first(where: { !$0.isWhitespace }) == "{" { return jsonValue(key, in: text) }
        for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix(key) {
            let rest = line.dropFirst(key.count).drop { $0 == " " || $0 == "\t" }
            guard rest.first == ":" else { continue }
            let value = scalar(rest.dropFirst())
            return value.isEmpty ? nil : value
        }
        return nil
    }

    private func jsonValue(_ key: String, in text: String) -> String? {
        guard let place = text.firstRange(of: "\"\(key)\"") else { return nil }
        let rest = text[place.upperBound...].drop(while: \.isWhitespace)
        guard rest.first == ":" else { return nil }
        let value = rest.dropFirst().drop(while: \.isWhitespace)
        guard value.first == "\"" else { return nil }
        return String(value.dropFirst().prefix { $0 != "\"" })
    }

    /// A quoted scalar up to its closing quote, or a plain one up to a comment.
    private func scalar(_ text: Substring) -> String {
        let trimmed = text.drop(while: \.isWhitespace)
        guard let quote = trimmed.first, quote == "\"" || quote == "'" else {
            return String(trimmed.prefix { !$0.isWhitespace })
        }
        return String(trimmed.dropFirst().prefix { $0 != quote })
    }

    private func text(_ path: String) -> String {
        let bytes = (try? System.contents(root + path, limit: 64 << 10)) ?? []
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Units

    /// systemd.unit(5), "Unit File Load Path", without generators.
    private static let unitDirectories = [
        "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system", "/lib/systemd/system",
    ]

    /// A stopped runtime has no socket, so an installed unit counts too, for its usual socket: k3s serves cri-dockerd only
    /// where it is told to.
    private func wellKnownPresent() -> [Endpoint] {
        unique(Endpoint.wellKnown).map(withInstalledUnit).filter { endpoint in
            guard !isSocket(endpoint), let unit = endpoint.unit else { return isSocket(endpoint) }
            let usual = Endpoint.wellKnown.first { $0.unit == unit }?.socketPath
            return endpoint.socketPath == usual && hasUnitFile(unit)
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
