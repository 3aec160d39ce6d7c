// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension RuntimeCase<ContainerStuck> {
    /// Creations that do not end.
    struct Creation {
        /// Of the one that is told of, as far as the runtime's name for it tells: `shop/web-1`.
        var pod: String?
        /// Where it is, in CRI-O's words.
        var stage: String?
        var since: Moment
        /// The lines, oldest first; not empty.
        var proofs: [Signal]
        /// How many different ones.
        var count: Int
        /// The names are of the boot before: nothing hangs.
        var isStale = false
    }

    /// The runtime refused a name that an earlier request holds, names a stage, or has not ended a request in time.
    var creation: Creation? {
        let reserved = proven(
            recent([.nameReserved, .createStalled]).filter {
                !isMade($0) && !facts.requests.isHeldByEnded($0)
            })
        let taken = recent([.nameTaken]).filter { !isMade($0) }
        if let first = taken.first {
            return Creation(
                pod: first.concernedPod ?? first.reservedFor, stage: nil, since: first.at, proofs: taken,
                count: Set(taken.compactMap { $0.captures["name"] ?? $0.concerned }).count, isStale: true)
        }
        let old = overdue
        let late = deadlines(beside: reserved)
        guard let first = reserved.first ?? old.first?.begin ?? late.first else { return nil }
        let begin = old.first?.begin.at ?? begin(of: first)?.begin.at
        let names = Set(reserved.compactMap { $0.captures["name"].map(Signal.nameParts) })
        let staged = reserved.last { $0.captures["stage"] != nil }
        return Creation(
            pod: reserved.last?.reservedFor ?? old.first?.begin.concernedPod
                ?? late.last?.concernedPod,
            stage: staged?.captures["stage"], since: first.at.earlier(begin),
            proofs: !reserved.isEmpty ? reserved : old.isEmpty ? late : old.map(\.begin),
            count: max(names.count, old.count, Set(late.compactMap(\.concernedPod)).count, 1))
    }

    /// One name that is reserved proves no hang: the line that tells how the request before it ended may be lost. A stage, a
    /// deadline that passed, or a second refusal ten seconds later does.
    private func proven(_ reserved: [Signal]) -> [Signal] {
        guard let first = reserved.first, let last = reserved.last else { return [] }
        let isLong =
            last.at.monotonic - first.at.monotonic >= .seconds(10) || reserved.contains { $0.repeats > 1 }
        let isStaged = reserved.contains { $0.name == .createStalled || $0.captures["stage"] != nil }
        return isLong || isStaged || !recent([.createDeadline]).isEmpty ? reserved : []
    }

    /// Creations of two pods that the kubelet no longer waited for, while the runtime answers other calls.
    private func deadlines(beside reserved: [Signal]) -> [Signal] {
        guard reserved.isEmpty, isServing else { return [] }
        let late = recent([.createDeadline]).filter { !isMade($0) }
        return Set(late.compactMap(\.concernedPod)).count >= 2 ? late : []
    }

    /// Nothing that was asked of the runtime last has failed: it is not the runtime as a whole that hangs.
    var isServing: Bool {
        runtime.firstSeen == nil || api.isUp && api.statusBlockedSince == nil
    }

    /// Creations of this runtime that have had no end for too long. CRI-O does not log each failure: there the request's age
    /// alone proves nothing.
    private var overdue: [RequestBook.Request] {
        guard runtime.endpoint.runtime == .containerd, isServing, facts.monitoring.journal != .catchingUp
        else { return [] }
        return facts.requests.all(unit: runtime.unit.name).filter { request in
            let begun = request.begin.at.monotonic
            return !request.operation.hasPrefix("Stop") && now.monotonic - begun >= Self.patience
                && (facts.monitoring.lastBlindAt.map { $0.monotonic < begun } ?? true) && !isListed(request)
        }
    }

    /// The lists show what was asked for: its end was not told.
    private func isListed(_ request: RequestBook.Request) -> Bool {
        let begun = request.begin.at.wall
        guard let pod = request.begin.captures["pod"] else { return false }
        let namespace = request.begin.captures["namespace"]
        return (runtime.pods ?? []).contains {
            $0.name == pod && (namespace == nil || $0.namespace == namespace) && $0.ready
                && ($0.createdAt.map { $0 >= begun } ?? false)
        }
    }

    private func begin(of signal: Signal) -> RequestBook.Request? {
        guard let pod = signal.reservedFor else { return nil }
        return facts.requests.all(unit: runtime.unit.name).first { request in
            request.begin.concernedPod == pod
        }
    }

    /// Whether the pod was made after that.
    private func isMade(_ signal: Signal) -> Bool {
        let pod = signal.concernedPod ?? signal.reservedFor
        let isOfContainer =
            signal.captures["what"] == "container"
            || signal.captures["name"].map(Signal.nameParts)?.count == 5
        return facts.signals.all(.createSucceeded, unit: nil, since: signal.at.monotonic).contains {
            $0.at.monotonic > signal.at.monotonic && (pod == nil || $0.concernedPod == pod)
                && (isOfContainer || $0.captures["what"] != "start")
        }
    }
}

extension Moment {
    /// The earlier of the two.
    func earlier(_ other: Moment?) -> Moment { other.map { $0.monotonic < monotonic ? $0 : self } ?? self }
}
