// SPDX-License-Identifier: Apache-2.0

/// A container runtime that speaks CRI, as this project knows it.
public enum RuntimeName: String, Codable, Hashable, Sendable, CaseIterable {
    /// containerd, also k3s' and rke2's embedded one.
    case containerd
    /// CRI-O.
    case crio = "cri-o"
    /// cri-dockerd in front of Docker Engine.
    case criDockerd = "cri-dockerd"
    /// Something else that answers CRI.
    case other

    /// As its own documentation spells it.
    public var title: String {
        switch self {
        case .containerd: "containerd"
        case .crio: "CRI-O"
        case .criDockerd: "cri-dockerd"
        case .other: "the container runtime"
        }
    }
}

/// One CRI endpoint on this node and the systemd unit that serves it.
public struct Endpoint: Hashable, Codable, Sendable {
    /// Absolute path of the unix socket, without `unix://`.
    public var socketPath: String
    /// Which runtime is expected there.
    public var runtime: RuntimeName
    /// The unit that serves it (`containerd.service`); nil if none is known.
    public var unit: String?

    /// Makes an endpoint.
    public init(socketPath: String, runtime: RuntimeName, unit: String?) {
        self.socketPath = socketPath
        self.runtime = runtime
        self.unit = unit
    }

    /// Whether a socket is known: what was read from a log alone need not name one, and has an empty path.
    public var hasSocket: Bool { !socketPath.isEmpty }

    /// As crictl's `--runtime-endpoint` wants it.
    public var address: String { "unix://" + socketPath }

    /// What people call it: the unit without `.service`, else the runtime.
    public var name: String {
        guard let unit else { return runtime.title }
        return unit.hasSuffix(".service") ? String(unit.dropLast(8)) : unit
    }
}
