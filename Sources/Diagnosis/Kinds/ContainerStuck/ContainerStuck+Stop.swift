// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension RuntimeCase<ContainerStuck> {
    /// Stops that do not end.
    struct Stop {
        var cause: Cause
        /// The container or sandbox.
        var id: String?
        /// `shop/web-1`, where a line or the lists tell.
        var pod: String?
        var since: Moment
        /// The lines, oldest first; not empty.
        var proofs: [Signal]
        /// How many containers and sandboxes.
        var count: Int
        /// Somebody wants it stopped.
        var isAskedFor: Bool
    }

    /// Failed stops whose text is a hang's; two of one container, or one whose words prove it, or a request without an end.
    var stop: Stop? {
        let failed =
            recent([.stopFailed]).filter { $0.kind == ContainerStuck.kind && !isStopped($0) } + silent
        let stuck = recent([.stopStuck]).filter {
            $0.unit == runtime.unit.name && $0.captures["id"] != nil && !isStopped($0)
        }
        let old = overdueStops.map(\.begin)
        for told in Told.all(ContainerStuck.kind, failed) {
            let isSure = told.isOfNode || told.signals.count >= 2 || isAskedInVain(told)
            guard isSure else { continue }
            return stop(told.cause, told.signals + old.filter { !told.signals.contains($0) })
        }
        // What a failed stop says of itself in other words, and CRI-O of a task that waits in the kernel.
        let dead = stuck.filter { $0.captures["hangs"] != nil }
        if let last = dead.last, dead.filter({ $0.captures["id"] == last.captures["id"] }).count >= 1 {
            return stop(.stopHangs, dead)
        }
        return old.isEmpty ? nil : stop(.stopHangs, old)
    }

    /// A call that a shim did not answer in time proves nothing on a busy node; another of the same one does, seconds later and
    /// within a minute.
    private var silent: [Signal] {
        let lines = recent([.stopStuck]).filter {
            $0.kind == ContainerStuck.kind && $0.unit == runtime.unit.name && !isStopped($0)
        }
        return lines.filter { line in
            lines.contains {
                $0.captures["id"] == line.captures["id"]
                    && (3...60).contains(abs(($0.at.monotonic - line.at.monotonic).seconds))
            }
        }
    }

    /// Whether the kubelet got no answer either when it asked for the state of what does not stop.
    private func isAskedInVain(_ told: Told) -> Bool {
        let ids = Set(told.signals.compactMap { $0.captures["sandbox"] ?? $0.captures["id"] })
        return recent([.kubeletSandboxHangs]).contains { $0.captures["sandbox"].map(ids.contains) == true }
    }

    private func stop(_ cause: Cause, _ proofs: [Signal]) -> Stop? {
        let proofs = proofs.sorted { $0.at.monotonic < $1.at.monotonic }
        guard let first = proofs.first, let last = proofs.last else { return nil }
        let ids = Set(proofs.compactMap { $0.captures["id"] ?? $0.captures["sandbox"] })
        let id = proofs.last { $0.captures["id"] != nil }?.captures["id"] ?? last.captures["sandbox"]
        let begin = facts.requests.all(unit: runtime.unit.name).first { request in
            request.operation.hasPrefix("Stop") && ids.contains(request.begin.captures["id"] ?? "")
        }
        return Stop(
            cause: cause, id: id, pod: proofs.last { $0.concernedPod != nil }?.concernedPod ?? listed(id),
            since: first.at.earlier(begin?.begin.at), proofs: proofs, count: max(ids.count, 1),
            isAskedFor: begin != nil || proofs.contains { $0.name != .stopStuck })
    }

    private func listed(_ id: String?) -> String? {
        guard let id else { return nil }
        if let container = runtime.containers?.first(where: { $0.id == id }) { return container.label }
        return runtime.pods?.first { $0.id == id }.map { "\($0.namespace)/\($0.name)" }
    }

    /// Stops that have gone on far beyond their grace period.
    private var overdueStops: [RequestBook.Request] {
        guard isServing, facts.monitoring.journal != .catchingUp else { return [] }
        return facts.requests.all(unit: runtime.unit.name).filter { request in
            let begun = request.begin.at.monotonic
            return request.operation == "StopContainer"
                && now.monotonic - begun >= request.grace + Self.stopPatience
                && (facts.monitoring.lastBlindAt.map { $0.monotonic < begun } ?? true)
        }
    }

    /// Whether it was stopped after that, or is no longer listed as running.
    private func isStopped(_ signal: Signal) -> Bool {
        let ids = Set([signal.captures["id"], signal.captures["sandbox"]].compactMap { $0 })
        guard !ids.isEmpty else { return isGone(signal) }
        let isTold = facts.signals.all(.requestEnded, unit: nil, since: signal.at.monotonic).contains {
            $0.at.monotonic > signal.at.monotonic
                && (ids.contains($0.captures["id"] ?? "") || ids.contains($0.captures["sandbox"] ?? ""))
        }
        if isTold { return true }
        guard let at = runtime.containersAt, let podsAt = runtime.podsAt,
            min(at.monotonic, podsAt.monotonic) > signal.at.monotonic
        else { return false }
        let isRunning = (runtime.containers ?? []).contains { ids.contains($0.id) && $0.state != .exited }
        return !isRunning && !(runtime.pods ?? []).contains { ids.contains($0.id) && $0.ready }
    }

    /// Of a line that names the pod alone, by its UID: no sandbox of it is listed as ready any more.
    private func isGone(_ signal: Signal) -> Bool {
        guard let uid = signal.captures["uid"].map({ $0.filter { $0 != "\"" && $0 != "\\" } }),
            let pods = runtime.pods, let at = runtime.podsAt, at.monotonic > signal.at.monotonic
        else { return false }
        return !pods.contains { $0.uid == uid && $0.ready }
    }

    // MARK: Starts that a restart of the runtime lost

    /// Containers that are listed as created, and were so before the runtime's start ended their shims.
    var startLost: [(container: Container, proof: Signal)] {
        guard let containers = runtime.containers, let at = runtime.containersAt else { return [] }
        let cleaned = facts.signals.all(.shimCleaned).filter { $0.unit == runtime.unit.name }
        return cleaned.compactMap { signal in
            guard at.monotonic - signal.at.monotonic >= .seconds(60),
                let container = containers.first(where: {
                    $0.id == signal.captures["id"] && $0.state == .created
                })
            else { return nil }
            return (container, signal)
        }
    }
}
