// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What classed lines say of one cause of one kind: who told it, and of whom.
struct Told: Hashable, Sendable {
    let cause: Cause
    /// Oldest first; never empty.
    let signals: [Signal]

    /// The latest line.
    var last: Signal { signals[signals.count - 1] }
    /// The first line.
    var first: Signal { signals[0] }
    /// Whom it concerns, as far as the lines tell; each once.
    var concerned: Set<String> { Set(signals.compactMap(\.concerned)) }
    /// A line of these can only be the node's fault.
    var isOfNode: Bool { signals.contains { $0.scope == .node } }
    /// The node's outage: a text that only the node can cause, or two pods that have it.
    var isOfNodeOrOfTwo: Bool { isOfTwo || isOfNode }
    /// Two whom it concerns are known.
    private var isOfTwo: Bool {
        var one: String?
        for signal in signals {
            guard let concerned = signal.concerned else { continue }
            if let one, one != concerned { return true }
            one = concerned
        }
        return false
    }
    /// The latest value of a capture that any of the lines has.
    func capture(_ name: String) -> String? { signals.last { $0.captures[name] != nil }?.captures[name] }

    /// The causes of `kind` that these lines tell, nearest to the root first; what only a pod can do to itself is left out.
    static func all(_ kind: IncidentKind, _ signals: [Signal]) -> [Told] {
        var byCause: [Cause: [Signal]] = [:]
        for signal in signals where signal.kind == kind && signal.scope != .pod {
            guard let cause = signal.cause else { continue }
            byCause[cause, default: []].append(signal)
        }
        return byCause.map { cause, signals in
            Told(cause: cause, signals: signals.sorted { $0.at.monotonic < $1.at.monotonic })
        }.sorted {
            (Rank.order($0.cause, of: kind), $0.cause.rawValue) > (
                Rank.order($1.cause, of: kind), $1.cause.rawValue
            )
        }
    }
}

extension Signal {
    /// The pod that the line is about: by namespace and name, by UID, or by the ids that a later line may join to one; nil
    /// where it names nobody.
    var concerned: String? {
        if let pod = captures["pod"] {
            return captures["namespace"].map { "\($0)/\(pod)" } ?? pod
        }
        return captures["uid"] ?? captures["sandbox"] ?? captures["container"] ?? captures["id"]
    }
}

extension SignalLog {
    /// The signals of these names that a class or a rule called evidence of `kind`, at or after `time`.
    func told(_ kind: IncidentKind, by names: [SignalName], since time: MonotonicTime) -> [Told] {
        Told.all(kind, names.flatMap { all($0, of: kind, since: time) })
    }
}
