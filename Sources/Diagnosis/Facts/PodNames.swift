// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Which pod an id stands for: what earlier lines said of sandboxes, containers and requests, so that a failure whose line
/// names only an id still concerns somebody. Bounded: the oldest are forgotten.
struct PodNames: Hashable, Codable, Sendable {
    /// A pod's namespace and name.
    private struct Pod: Hashable, Codable, Sendable {
        var namespace: String
        var name: String
    }

    /// Latest pods by id, at most ``kept``.
    private struct Table: Hashable, Codable, Sendable {
        private static let kept = 512
        private var pods: [String: Pod] = [:]
        private var order: [String] = []

        subscript(id: String) -> Pod? { pods[id] }

        mutating func set(_ id: String, _ pod: Pod) {
            if pods.updateValue(pod, forKey: id) == nil { order.append(id) }
            guard order.count > Self.kept else { return }
            let forgotten = order.prefix(order.count - Self.kept / 2)
            for id in forgotten { pods[id] = nil }
            order.removeFirst(forgotten.count)
        }
    }

    private var sandboxes = Table()
    private var containers = Table()
    /// CRI-O's `id=`, one for all lines of a request.
    private var requests = Table()

    /// The signal with the pod that it is about, where that is known; what it says itself is learned.
    mutating func joined(_ signal: Signal, _ runtimes: [RuntimeFacts]) -> Signal {
        guard Self.read.contains(signal.name) else { return signal }
        guard let pod = Self.told(signal) ?? known(signal, runtimes) else { return signal }
        learn(signal, pod)
        var joined = signal
        joined.captures["pod"] = pod.name
        joined.captures["namespace"] = pod.namespace
        return joined
    }

    private static let read: Set<SignalName> = [
        .createFailed, .createSucceeded, .sandboxRequested, .containerRequested,
    ]

    private static func told(_ signal: Signal) -> Pod? {
        guard let name = signal.captures["pod"] else { return nil }
        return Pod(namespace: signal.captures["namespace"] ?? "", name: name)
    }

    private func known(_ signal: Signal, _ runtimes: [RuntimeFacts]) -> Pod? {
        if let request = signal.captures["request"], let pod = requests[request] { return pod }
        if let sandbox = signal.captures["sandbox"] {
            if let pod = sandboxes[sandbox] { return pod }
            return Self.listed(sandbox, runtimes)
        }
        guard let id = signal.captures["id"] else { return nil }
        if let pod = containers[id] ?? sandboxes[id] { return pod }
        let owner = runtimes.lazy.compactMap { $0.containers?.first { $0.id == id } }.first
        return owner.flatMap { Self.listed($0.podSandboxID, runtimes) }
    }

    private static func listed(_ sandbox: String, _ runtimes: [RuntimeFacts]) -> Pod? {
        let pod = runtimes.lazy.compactMap { $0.pods?.first { $0.id == sandbox } }.first
        return pod.map { Pod(namespace: $0.namespace, name: $0.name) }
    }

    private mutating func learn(_ signal: Signal, _ pod: Pod) {
        if let request = signal.captures["request"] { requests.set(request, pod) }
        if let sandbox = signal.captures["sandbox"] { sandboxes.set(sandbox, pod) }
        guard let id = signal.captures["id"], signal.name == .createSucceeded else { return }
        if signal.captures["what"] == "sandbox" {
            sandboxes.set(id, pod)
        } else {
            containers.set(id, pod)
        }
    }
}
