// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// CRI `Status` never answers while `Version` and the lists do.
///
/// The kubelet asks `Status` and calls the runtime down; everything else works, and containerd logs nothing (its handler logs
/// on return only). The known cause is go-cni 1.1.11 in containerd 2.0.1 and 2.0.2: a write to the CNI directory during a
/// CNI ADD deadlocks (go-cni#126). With any other version, a CNI ADD that never returns holds the same lock, and one event
/// of the directory queues the writer before which `Status` waits (containerd#4666).
struct StatusBlocked: Diagnosis {
    static let kind = IncidentKind.statusBlocked

    let advisories: AdvisoryTable

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess(advisories) }
    }
}

extension RuntimeCase<StatusBlocked> {
    private var unit: String { runtime.unit.name }

    func assess(_ advisories: AdvisoryTable) -> Assessment {
        guard let status = api.rungs[.status] else { return .unknown(inquiries: []) }
        if status.succeeded {
            return .cleared(
                Evidence(
                    at: status.at.wall, source: .cri,
                    summary: "\(name) answers Status again (\(status.latency.brief))", command: crictl("info")
                ))
        }
        guard let since = api.statusBlockedSince else { return .unknown(inquiries: []) }
        if let started = runtime.unit.phaseSince, started.monotonic > status.at.monotonic {
            return .expired("the process of \(unit) whose Status was blocked is gone")
        }
        if api.failing != nil { return .expired("\(name) does not answer any call now: see RuntimeDown") }
        // A runtime that hangs as a whole answers nothing after the time-out.
        guard let other = answeredSince(since) else {
            return .unknown(inquiries: [.probe(runtime.endpoint, from: .pods)])
        }
        return .holds(finding(since, other, advisories))
    }

    /// A call that was answered after Status first timed out.
    private func answeredSince(_ since: Moment) -> (rung: ProbeReport.Rung, result: APIFacts.Rung)? {
        [ProbeReport.Rung.pods, .containers, .version].lazy
            .compactMap { rung in api.rungs[rung].map { (rung, $0) } }
            .first { $0.1.succeeded && $0.1.at.monotonic > since.monotonic }
    }

    /// Sandboxes that were asked for before Status blocked, and whose result never came. Not those of an earlier process.
    private var pending: [Signal] {
        let start = facts.signals.last(.runtimeStarting, unit: unit)?.at.monotonic
        let requests = facts.signals.all(
            .sandboxRequested, unit: unit, since: start ?? MonotonicTime(microseconds: .min))
        let results =
            facts.signals.all(.createSucceeded) + facts.signals.all(.createFailed)
            + facts.signals.all(.sandboxNetworkFailed)
        return requests.filter { request in
            !results.contains {
                $0.unit == unit && $0.captures["pod"] == request.captures["pod"]
                    && $0.captures["namespace"] == request.captures["namespace"]
                    && $0.at.monotonic >= request.at.monotonic
            }
        }
    }

    // MARK: Cause

    private func finding(
        _ since: Moment, _ other: (rung: ProbeReport.Rung, result: APIFacts.Rung),
        _ advisories: AdvisoryTable
    ) -> Finding {
        let pending = pending
        let version = facts.runningVersion(of: runtime)
        let defect = version?.number.flatMap {
            advisories.defects(runtime.endpoint.runtime.rawValue, $0, explaining: .statusBlocked).first
        }
        var evidence = [
            Evidence(
                at: since.wall, source: .cri,
                summary: "Status has timed out since \(since.wall.clock) UTC",
                command: crictl("-t 4s info")),
            Evidence(
                at: other.result.at.wall, source: .cri,
                summary:
                    "crictl \(other.rung.rawValue) is answered in \(other.result.latency.brief) meanwhile",
                command: crictl(other.rung == .version ? "version" : "pods")),
        ]
        evidence += pending.suffix(3).map {
            Evidence.journal($0, "a sandbox was asked for and has no result: \($0.excerpt)")
        }
        evidence += [version?.evidence].compactMap { $0 }
        return Finding(
            cause: defect != nil ? .knownDefect : pending.isEmpty ? .statusHangs : .cniAddHangs,
            severity: .critical,
            confirmed: api.statusTimeouts >= 2 || defect != nil || !pending.isEmpty,
            since: since, sentence: "\(name) answers everything but Status, which hangs",
            explanation: explanation(defect, version, pending), impact: impact, evidence: evidence,
            nextSteps: steps(defect),
            clearsWhen: "crictl info gets an answer from \(runtime.endpoint.address)",
            inquiries: [.probe(runtime.endpoint, from: .status)])
    }

    private func explanation(_ defect: Advisory?, _ version: RunningVersion?, _ pending: [Signal]) -> String {
        let text = version?.text.bounded(40) ?? "of unknown version"
        var parts: [String] = []
        if let defect {
            let fixed = defect.fixedIn.map(\.description).joined(separator: ", ")
            parts.append(
                "\(name) \(text) is known for it: \(defect.sentence). Fixed in \(fixed) (\(defect.source)).")
        } else if let first = pending.first {
            parts.append(
                "Network setup for \(Self.pod(first)) has been running since \(first.at.wall.clock) UTC: a CNI ADD that does not return holds the lock that Status waits for."
            )
        } else {
            parts.append("Nothing in the journal says why.")
        }
        if defect == nil, version?.number != nil {
            parts.append("No defect of \(name) \(text) that does this is known.")
        }
        parts.append("It is not hung as a whole: other calls are answered.")
        parts.append(
            "crihealthd asks Status once a minute while it is blocked: each call that hangs stays in \(name)."
        )
        return parts.joined(separator: " ")
    }

    private static func pod(_ signal: Signal) -> String {
        [signal.captures["namespace"], signal.captures["pod"]].compactMap { $0 }.joined(separator: "/")
            .bounded(120)
    }

    private var impact: Impact {
        Impact(
            sentence:
                "The kubelet calls the runtime down after 30 s and the node becomes NotReady; pods that need a network cannot be started or stopped, running ones keep running.",
            pods: runtime.readyPods, runningContainers: runtime.runningContainers)
    }

    private func steps(_ defect: Advisory?) -> [NextStep] {
        var steps: [NextStep] = []
        if hasUnit {
            steps.append(NextStep("see whether a CNI plugin is still running", "systemctl status \(unit)"))
        }
        if let fix = defect?.fixedIn.first {
            steps.append(
                NextStep(
                    "see whether \(fix) or newer is available: without it, the deadlock comes back",
                    "apt-cache policy \(runtime.endpoint.runtime.rawValue)"))
        }
        return steps + dumpGoroutines(" (look for RWMutex and go-cni)")
            + restart("clear the deadlock: restart the runtime (containers keep running)")
    }
}
