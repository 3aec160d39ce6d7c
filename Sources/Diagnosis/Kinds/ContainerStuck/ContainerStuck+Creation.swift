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
        let reserved = recent([.nameReserved, .createStalled]).filter {
            !isMade($0) && !hasFailed(before: $0)
        }
        let taken = recent([.nameTaken]).filter { !isMade($0) }
        if let first = taken.first {
            return Creation(
                pod: first.concernedPod ?? Self.pod(first), stage: nil, since: first.at, proofs: taken,
                count: Set(taken.compactMap { $0.captures["name"] ?? $0.concerned }).count, isStale: true)
        }
        let old = overdue
        let late = deadlines(beside: reserved)
        guard let first = reserved.first ?? old.first?.begin ?? late.first else { return nil }
        let begin = old.first?.begin.at ?? begin(of: first)?.begin.at
        let names = Set(reserved.compactMap { $0.captures["name"].map(Self.plain) })
        let staged = reserved.last { $0.captures["stage"] != nil }
        return Creation(
            pod: reserved.last.flatMap { Self.pod($0) } ?? old.first?.begin.concernedPod
                ?? late.last?.concernedPod,
            stage: staged?.captures["stage"], since: first.at.earlier(begin),
            proofs: !reserved.isEmpty ? reserved : old.isEmpty ? late : old.map(\.begin),
            count: max(names.count, old.count, Set(late.compactMap(\.concernedPod)).count, 1))
    }

    /// The earlier request that holds the name has ended, and not well: it hangs no more, and its failure is told elsewhere.
    private func hasFailed(before reserved: Signal) -> Bool {
        guard let pod = reserved.concernedPod ?? Self.pod(reserved) else { return false }
        let failures = [.createFailed, .sandboxNetworkFailed].flatMap(facts.signals.all)
        return failures.contains { failure in
            failure.kind != .containerStuck && failure.cursor != reserved.cursor
                && failure.at.monotonic < reserved.at.monotonic
                && (failure.concernedPod ?? Self.pod(failure)) == pod
        }
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
        guard let pod = Self.pod(signal) else { return nil }
        return facts.requests.all(unit: runtime.unit.name).first { request in
            request.begin.concernedPod == pod
        }
    }

    /// Whether the pod was made after that.
    private func isMade(_ signal: Signal) -> Bool {
        let pod = signal.concernedPod ?? Self.pod(signal)
        let isOfContainer =
            signal.captures["what"] == "container" || signal.captures["name"].map(Self.parts)?.count == 5
        return facts.signals.all(.createSucceeded, unit: nil, since: signal.at.monotonic).contains {
            $0.at.monotonic > signal.at.monotonic && (pod == nil || $0.concernedPod == pod)
                && (isOfContainer || $0.captures["what"] != "start")
        }
    }

    // MARK: The runtimes' names

    /// Without quotes and what stands behind.
    private static func plain(_ name: String) -> String {
        name.filter { $0 != "\"" && $0 != "\\" && $0 != ":" }
    }

    /// `k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT` or without the container (CRI-O, dockershim), without `k8s` (containerd).
    private static func parts(_ name: String) -> [Substring] {
        let parts = plain(name).split(separator: "_")
        return parts.first == "k8s" || parts.first == "/k8s" ? Array(parts.dropFirst()) : parts
    }

    /// `shop/web-1`, where the name has its parts.
    static func pod(_ signal: Signal) -> String? {
        guard let name = signal.captures["name"] else { return nil }
        let parts = parts(name)
        guard parts.count >= 4 else { return nil }
        return "\(parts[parts.count - 3])/\(parts[parts.count - 4])"
    }
}

extension Moment {
    /// The earlier of the two.
    func earlier(_ other: Moment?) -> Moment { other.map { $0.monotonic < monotonic ? $0 : self } ?? self }
}
