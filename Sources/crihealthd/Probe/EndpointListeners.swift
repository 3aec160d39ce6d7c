// SPDX-License-Identifier: Apache-2.0
import CRI
import Glibc
import HealthModel
import Node

/// Tells by the process that listens on a socket which unit serves it, and what it is: a path is only a name.
struct EndpointListeners: Sendable {
    /// Below which sockets lie; tests replace it.
    let root: String
    let inspector: NodeInspector

    /// The endpoint with the unit and the runtime of its listener. One that is served by a stranger in the runtime's place
    /// stays what it was: that is an outage, not another runtime.
    func found(_ endpoint: Endpoint) -> FoundEndpoint {
        guard let process = listener(on: endpoint.socketPath), let unit = process.unit,
            unit.hasSuffix(".service"), process.containerID == nil
        else { return FoundEndpoint(endpoint: endpoint, isServed: false) }
        let runtime = RuntimeName(program: process.name)
        let isRuntime = runtime != nil || Self.embedding.contains(process.name)
        guard isRuntime || endpoint.unit == nil else {
            return FoundEndpoint(endpoint: endpoint, isServed: false)
        }
        return FoundEndpoint(
            endpoint: Endpoint(
                socketPath: endpoint.socketPath, runtime: runtime ?? endpoint.runtime, unit: unit),
            isServed: true)
    }

    /// k3s serves cri-dockerd's socket itself.
    private static let embedding: Set<String> = ["k3s-server", "k3s-agent"]

    private func listener(on path: String) -> ProcessIdentity? {
        guard let pid = peer(of: path) else { return nil }
        // systemd listens for a unit that it starts by its socket (systemd.socket(5)), and passes the socket on.
        if pid > 1, case .process(_, let identity) = inspector.answer(.process(pid: pid)) { return identity }
        guard case .unixListener(_, let holders) = inspector.answer(.unixListener(path: path)) else {
            return nil
        }
        return holders.first { $0.pid != 1 && $0.unit?.hasSuffix(".service") == true }
    }

    /// Who called listen(2), by SO_PEERCRED (unix(7)); 0 for a process that cannot be seen from here, nil when nobody
    /// listens.
    private func peer(of path: String) -> pid_t? {
        let prefix = root.hasSuffix("/") ? String(root.dropLast()) : root
        guard let address = try? SocketAddress.unix(prefix + path) else { return nil }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard address.connect(descriptor) == 0 else { return nil }
        return Peer(of: descriptor)?.pid
    }
}
