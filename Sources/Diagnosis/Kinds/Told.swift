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
    private var isOfTwo: Bool { Self.areTwo(signals, \.concerned) }

    /// Whether two of these differ in what they say of it.
    static func areTwo(_ signals: [Signal], _ name: (Signal) -> String?) -> Bool {
        let list = signals.span
        var one: String?
        for index in list.indices {
            guard let next = name(list[index]) else { continue }
            if let one, one != next { return true }
            one = next
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
        if let name = signals.first?.causeName, let one = Cause(rawValue: name),
            signals.allSatisfy({ $0.causeName == name && $0.kind == kind && $0.scope != .pod })
        {
            return [Told(cause: one, signals: signals.inOrder())]
        }
        var byName: [String: [Signal]] = [:]
        for signal in signals {
            guard let name = signal.causeName, signal.kind == kind, signal.scope != .pod else { continue }
            byName[name, default: []].append(signal)
        }
        return byName.compactMap { name, signals in
            Cause(rawValue: name).map { Told(cause: $0, signals: signals.inOrder()) }
        }.sorted {
            (Rank.order($0.cause, of: kind), $0.cause.rawValue) > (
                Rank.order($1.cause, of: kind), $1.cause.rawValue
            )
        }
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
