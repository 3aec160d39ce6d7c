// SPDX-License-Identifier: Apache-2.0
public import HealthModel

extension Endpoint {
    /// Reads what crictl and the kubelet take: `unix:///run/crio/crio.sock`, `unix:/run/…`, or a bare path.
    /// `/var/run` becomes `/run`, duplicate slashes one. Runtime and unit come from ``Endpoint/wellKnown``; of a path
    /// that is not there, from the words in it.
    public init(address: String) throws(EndpointError) {
        let path = try Self.path(of: address)
        let runtime = RuntimeName.guess(path)
        let known =
            Endpoint.wellKnown.first { $0.socketPath == path }
            ?? Endpoint.wellKnown.first { $0.runtime == runtime }
        self.init(socketPath: path, runtime: known?.runtime ?? runtime, unit: known?.unit)
    }

    private static func path(of address: String) throws(EndpointError) -> String {
        var rest = Substring(address)
        if let colon = address.firstIndex(of: ":"), !address[..<colon].contains("/") {
            guard address[..<colon].lowercased() == "unix" else {
                throw .unsupportedScheme(scheme: String(address[..<colon]), address: address)
            }
            rest = address[address.index(after: colon)...]
        }
        guard rest.hasPrefix("/") else { throw .notAbsolute(address: address) }
        let components = rest.split(separator: "/")
        guard !components.isEmpty else { throw .notAbsolute(address: address) }
        let path = normalised("/" + components.joined(separator: "/"))
        guard path.utf8.count <= 107, !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw .unusablePath(address: address)
        }
        return path
    }

    /// `/var/run` is a link to `/run` on every systemd node (file-hierarchy(7)).
    private static func normalised(_ path: String) -> String {
        path.hasPrefix("/var/run/") ? String(path.dropFirst(4)) : path
    }
}

extension RuntimeName {
    /// By the name of the process that serves CRI (`comm`); nil for a program that is no runtime's.
    public init?(program: String) {
        switch program {
        case "containerd": self = .containerd
        case "crio": self = .crio
        case "cri-dockerd": self = .criDockerd
        default: return nil
        }
    }

    /// By the words of a socket's path.
    fileprivate static func guess(_ path: String) -> RuntimeName {
        if path.contains("containerd") { return .containerd }
        if path.contains("crio") || path.contains("cri-o") { return .crio }
        return path.contains("dockerd") ? .criDockerd : .other
    }
}
