// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// A creation or a pull that lines say failed, for one reason: a pod's own, or the node's for all that is known.
public struct PodFailure: Hashable, Sendable {
    /// Which pod, as the lines name it; nil where they name none.
    public var pod: String?
    /// What the lines mean, as their class or rule puts it.
    public var meaning: String
    /// Whether only what the pod itself asks for can fail so.
    public var isOwn: Bool
    /// How many lines say so.
    public var count: Int
    /// When the latest of them was logged.
    public var last: WallTime
}

extension Engine {
    /// What lines say of pods that could not be made, whether or not an incident followed; the most told first.
    public var podFailures: [PodFailure] {
        var meanings: [String: String] = [:]
        for rule in rules.rules { meanings[rule.id] = rule.meaning }
        for one in rules.classes { meanings[one.id] = one.meaning }
        var failures: [[String]: PodFailure] = [:]
        for signal in [SignalName.createFailed, .pullFailed].flatMap({ state.facts.signals.all($0) }) {
            let id = signal.captures["class"] ?? signal.rule
            let key = [signal.concernedPod ?? "", id]
            var failure =
                failures[key]
                ?? PodFailure(
                    pod: signal.concernedPod, meaning: meanings[id] ?? id,
                    isOwn: signal.scopeName == SignalClass.Scope.pod.rawValue, count: 0, last: signal.at.wall)
            failure.count += 1
            failure.last = max(failure.last, signal.at.wall)
            failures[key] = failure
        }
        return failures.values.sorted {
            ($1.count, $0.pod ?? "", $0.meaning) < ($0.count, $1.pod ?? "", $1.meaning)
        }
    }
}
