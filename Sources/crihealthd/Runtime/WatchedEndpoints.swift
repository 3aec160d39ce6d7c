// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Which endpoints are watched, as the node's configuration changes.
struct WatchedEndpoints: Sendable {
    /// What a look at the node changed.
    struct Change: Hashable, Sendable {
        /// Named for the first time.
        var appeared: [Endpoint] = []
        /// Named by nobody any more.
        var left: [Endpoint] = []
    }

    /// In how many looks in a row an endpoint must be missing: files are rewritten, and the kubelet restarts.
    static let looks = 2

    private(set) var endpoints: [Endpoint]
    private var missed: [String: Int] = [:]

    /// Begins with these.
    init(_ endpoints: [Endpoint]) { self.endpoints = endpoints }

    /// Takes in who listens: those that another unit or runtime serves than was thought. Only a listener tells: while it is
    /// down, its socket's path alone suggests one.
    mutating func move(_ found: [FoundEndpoint]) -> [Endpoint] {
        found.filter(\.isServed).compactMap { one in
            guard let index = endpoints.firstIndex(where: { $0.socketPath == one.endpoint.socketPath }),
                endpoints[index] != one.endpoint
            else { return nil }
            endpoints[index] = one.endpoint
            return one.endpoint
        }
    }

    /// Takes in what was found, and which sockets answer. An endpoint is let go of when nobody names it, nobody serves it
    /// and another one serves this node: whoever is down must stay known.
    mutating func look(found: [Endpoint], answering: Set<String>) -> Change {
        var change = Change()
        let named = Set(found.map(\.socketPath))
        let isServed = found.contains { answering.contains($0.socketPath) }
        for endpoint in endpoints {
            let path = endpoint.socketPath
            guard isServed, !named.contains(path), !answering.contains(path) else {
                missed[path] = nil
                continue
            }
            missed[path, default: 0] += 1
            if missed[path, default: 0] >= Self.looks { change.left.append(endpoint) }
        }
        let left = Set(change.left.map(\.socketPath))
        for path in left { missed[path] = nil }
        endpoints.removeAll { left.contains($0.socketPath) }
        for endpoint in found where !endpoints.contains(where: { $0.socketPath == endpoint.socketPath }) {
            endpoints.append(endpoint)
            change.appeared.append(endpoint)
        }
        return change
    }
}
