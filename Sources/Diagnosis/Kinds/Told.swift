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
    func capture(_ name: String) -> String? {
        let signals = signals.span
        for index in signals.indices.reversed() {
            if let value = signals[index].captures[name] { return value }
        }
        return nil
    }

    /// The causes of `kind` that these lines tell, nearest to the root first; what only a pod can do to itself is left out.
    static func all(_ kind: IncidentKind, _ signals: [Signal]) -> [Told] {
        let causes = signals.map { $0.kind == kind && $0.scope != .pod ? $0.cause : nil }
        if let one = causes.first ?? nil, causes.allSatisfy({ $0 == one }) {
            return [Told(cause: one, signals: signals.inOrder())]
        }
        var byCause: [Cause: [Signal]] = [:]
        for (signal, cause) in zip(signals, causes) {
            if let cause { byCause[cause, default: []].append(signal) }
        }
        return byCause.map { cause, signals in
            Told(cause: cause, signals: signals.inOrder())
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

extension [Signal] {
    /// Those that meet this: the list itself, and no copy, where all do.
    func kept(_ meets: (Signal) -> Bool) -> [Signal] {
        let list = span
        for index in list.indices where !meets(list[index]) {
            return Array(self[..<index]) + self[(index + 1)...].filter(meets)
        }
        return self
    }

    /// In the order of their time: the list itself, and no copy, where it is.
    func inOrder() -> [Signal] {
        let list = span
        for index in list.indices.dropFirst()
        where list[index].at.monotonic < list[index - 1].at.monotonic {
            return sorted { $0.at.monotonic < $1.at.monotonic }
        }
        return self
    }
}

extension SignalLog {
    /// The signals of these names that a class or a rule called evidence of `kind`, at or after `time`.
    func told(_ kind: IncidentKind, by names: [SignalName], since time: MonotonicTime) -> [Told] {
        Told.all(kind, names.flatMap { all($0, of: kind, since: time) })
    }
}
