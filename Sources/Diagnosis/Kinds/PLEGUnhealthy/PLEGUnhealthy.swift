// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The kubelet runs and cannot relist its pods (its Pod Lifecycle Event Generator), or waits for its first look at the
/// runtime: it sees no pod end or start.
///
/// Its complaint is a symptom. What hangs is told by other lines (the call for one sandbox, a relist as a whole, a task in
/// the kernel) or by the runtime, which answers us or does not.
struct PLEGUnhealthy: Diagnosis {
    static let kind = IncidentKind.plegUnhealthy

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        let complaints = facts.signals.all(.kubeletPLEG) + facts.signals.all(.kubeletWaits)
        let units = Set(complaints.map { $0.unit ?? "kubelet.service" })
        return units.sorted().map { unit in
            let one = PLEGCase(unit: unit, facts: facts, configuration: configuration)
            return (one.subject, one.assess())
        }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        facts.signals.last(.kubeletPLEG).map { $0.at.monotonic + configuration.symptomWindow }.flatMap {
            $0 > facts.now.monotonic ? $0 : nil
        }
    }
}

/// One kubelet's complaints, looked at once.
struct PLEGCase: Sendable {
    let unit: String
    let facts: NodeFacts
    let configuration: EngineConfiguration

    var subject: String { unit.hasSuffix(".service") ? String(unit.dropLast(8)) : unit }
    var now: Moment { facts.now }

    /// What hangs, and the line that says so.
    enum Culprit {
        case storage(Signal)
        case sandbox(Signal)
        case runtime(Signal?)
        case unknown
    }

    func assess() -> Assessment {
        guard let last = complaint else { return .unknown(inquiries: []) }
        if let ready = facts.signals.last(.kubeletNodeReady, unit: last.unit, since: last.at.monotonic) {
            return .cleared(.journal(ready, "the kubelet calls its node ready"))
        }
        if let started = facts.unit(unit)?.startedAt, started.monotonic > last.at.monotonic {
            return .expired("\(unit) was restarted, and has not complained since")
        }
        if now.monotonic - last.at.monotonic >= configuration.symptomWindow {
            return .expired("the kubelet has not complained for \(configuration.symptomWindow.brief)")
        }
        if let other = explanation {
            return .explained(by: other.kind, subject: other.subject, summary: last.excerpt.bounded(200))
        }
        return .holds(finding(last, culprit(since: since(last))))
    }

    /// The latest complaint. One of a kubelet that has just started says nothing before it has gone on for long.
    private var complaint: Signal? {
        let relist = facts.signals.all(.kubeletPLEG).last { ($0.unit ?? "kubelet.service") == unit }
        let waits = facts.signals.all(.kubeletWaits).filter { ($0.unit ?? "kubelet.service") == unit }
        let restarted = facts.unit(unit)?.startedAt?.monotonic
        let current = waits.filter { signal in restarted.map { signal.at.monotonic >= $0 } ?? true }
        guard let first = current.first, let last = current.last,
            last.at.monotonic - first.at.monotonic >= configuration.symptomWindow
        else { return relist }
        return relist.map { $0.at.monotonic > last.at.monotonic ? $0 : last } ?? last
    }

    /// Since when it has seen nothing: the complaint tells how long that is.
    func since(_ complaint: Signal) -> Moment {
        let waits = facts.signals.all(.kubeletWaits).first { $0.unit == complaint.unit }
        guard complaint.name == .kubeletPLEG else { return waits?.at ?? complaint.at }
        guard let age = complaint.captures["since"].flatMap(GoDuration.parse) else { return complaint.at }
        return Moment(wall: complaint.at.wall + (.zero - age), monotonic: complaint.at.monotonic - age)
    }

    // MARK: What hangs

    private func culprit(since: Moment) -> Culprit {
        let from = since.monotonic - configuration.symptomWindow
        if let task = facts.signals.all(.nodeFault, unit: nil, since: from).last(where: {
            $0.cause == .storageHangs
        }) {
            return .storage(task)
        }
        // CRI-O looks at the state of what it cannot stop.
        if let task = facts.signals.all(.stopStuck, unit: nil, since: from).last(where: {
            $0.captures["hangs"] == "kernel"
        }) {
            return .storage(task)
        }
        if let line = facts.signals.all(.kubeletSandboxHangs, unit: nil, since: from).last {
            return .sandbox(line)
        }
        let relist = facts.signals.all(.kubeletRelistFailed, unit: nil, since: from)
            .last { $0.captures["code"] == "DeadlineExceeded" }
        if let relist { return .runtime(relist) }
        if facts.runtimes.contains(where: { $0.api.failing?.failure.reason == .timedOut }) {
            return .runtime(nil)
        }
        return .unknown
    }

    /// The incident that this is part of: a runtime that is down or hangs, or a Status call that does.
    private var explanation: (kind: IncidentKind, subject: String)? {
        for runtime in facts.runtimes {
            let down = RuntimeCase<RuntimeDown>(runtime: runtime, facts: facts, configuration: configuration)
            if case .holds(let finding) = down.assess(), finding.severity == .critical {
                return (RuntimeDown.kind, runtime.name)
            }
        }
        return nil
    }
}

/// Durations as Go prints them: `3m57.160784417s`, `1h2m3s`, `850ms`.
enum GoDuration {
    /// Nil for what is none.
    static func parse(_ text: String) -> Duration? {
        var total = Duration.zero
        var rest = text[...]
        var isEmpty = true
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let value = Double(number), value < 1e9 else { return nil }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "h": total += .seconds(value * 3600)
            case "m": total += .seconds(value * 60)
            case "s": total += .seconds(value)
            case "ms": total += .milliseconds(value)
            case "us", "µs": total += .microseconds(value)
            case "ns": total += .nanoseconds(Int64(value))
            default: return nil
            }
            isEmpty = false
        }
        return isEmpty ? nil : total
    }
}
