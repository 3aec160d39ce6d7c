// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The incidents, open and resolved, and the rules by which they open, change, resolve and reopen.
struct IncidentBook: Hashable, Codable, Sendable {
    private(set) var entries: [String: Entry] = [:]
    /// Findings that still have their grace. An incident that was resolved stays so until the grace of a new one is over.
    private(set) var ripening: [String: Entry] = [:]
    private(set) var opened: [String: UInt64] = [:]
    /// Earlier occurrences that a later one, past the time for reopening, took the place of; oldest first, bounded.
    private(set) var history: [Incident] = []

    /// What ripens begins anew with the next word on it.
    private enum CodingKeys: String, CodingKey { case entries, opened, history }

    /// FNV-1a over kind and subject: stable across nodes, restarts and versions.
    static func id(_ kind: IncidentKind, _ subject: String) -> String {
        var hash = FNV1a()
        let name = kind.rawValue.utf8.span
        hash.add(name)
        hash.add(0 as UInt8)
        hash.add(subject.utf8.span)
        var id: [UInt8] = []
        id.reserveCapacity(name.count + 17)
        for index in name.indices { id.append(name[index]) }
        id.append(UInt8(ascii: "-"))
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: hash.value >> UInt64(shift)) & 0xF
            id.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        return String(decoding: id, as: UTF8.self)
    }

    /// Open and shown, worst first, then oldest.
    var open: [Incident] { open { _ in true } }

    /// The open and shown incidents of that kind.
    func open(_ kind: IncidentKind) -> [Incident] { open { $0.kind == kind } }

    private func open(_ isWanted: (Incident) -> Bool) -> [Incident] {
        var found: [Incident] = []
        for entry in entries.values where entry.incident.isOpen && isWanted(entry.incident) {
            found.append(entry.incident)
        }
        return found.sorted {
            if $0.severity != $1.severity { return $0.severity > $1.severity }
            return $0.openedAt == $1.openedAt ? $0.id < $1.id : $0.openedAt < $1.openedAt
        }
    }

    /// Resolved, latest first.
    var resolved: [Incident] {
        (entries.values.map(\.incident).filter { !$0.isOpen } + history).sorted {
            ($0.resolvedAt ?? $0.lastSeenAt, $1.id) > ($1.resolvedAt ?? $1.lastSeenAt, $0.id)
        }
    }

    /// Whether an incident of the runtime is open, or about to be, and was news within `window`: one that stands for
    /// hours is watched at the pace of rest.
    func isAlert(at now: MonotonicTime, within window: Duration) -> Bool {
        [entries, ripening].joined().contains { _, entry in
            entry.incident.isOpen && entry.incident.kind != .monitoringImpaired
                && now - entry.changedAt < window
        }
    }

    /// Most incidents that a checkpoint may bring: many times what a node has.
    private static let entryLimit = 4096

    /// What no book of ours can be; nil: nothing.
    var fault: String? {
        guard entries.count <= Self.entryLimit, history.count <= Self.entryLimit else {
            return "it holds \(entries.count + history.count) incidents"
        }
        let isCounted = entries.values.allSatisfy { (0...1_000_000_000).contains($0.repeats) }
        return isCounted ? nil : "an incident repeats too often"
    }

    /// The latest stamp of any incident.
    var latest: MonotonicTime? {
        entries.values.map { max($0.since, $0.changedAt, $0.resolvedAt ?? $0.changedAt) }.max()
    }

    /// Totals begin with the process, as all counters do: one that goes back a little is a reset to Prometheus, which
    /// would count all of it again.
    mutating func forgetTotals() { opened = [:] }

    // MARK: Changing

    /// Takes a diagnosis' word on one subject; nil if nobody needs to hear of it.
    mutating func take(
        _ assessment: Assessment, kind: IncidentKind, subject: String, at now: Moment,
        _ configuration: EngineConfiguration
    ) -> Transition? {
        take(assessment, Self.id(kind, subject), kind, subject, at: now, configuration)
    }

    /// The same, where the id is at hand.
    mutating func take(
        _ assessment: Assessment, _ id: String, _ kind: IncidentKind, _ subject: String, at now: Moment,
        _ configuration: EngineConfiguration
    ) -> Transition? {
        switch assessment {
        case .holds(let finding): return hold(finding, id, kind, subject, now, configuration)
        case .cleared(let evidence):
            return clear(id, "Resolved: " + evidence.summary, evidence, now, configuration)
        case .expired(let text): return clear(id, "Expired: " + text, nil, now, configuration)
        case .explained(let cause, let other, _):
            return clear(id, "Part of \(Self.id(cause, other)): \(cause.rawValue)", nil, now, configuration)
        case .unknown: return nil
        }
    }

    private mutating func hold(
        _ finding: Finding, _ id: String, _ kind: IncidentKind, _ subject: String, _ now: Moment,
        _ configuration: EngineConfiguration
    ) -> Transition? {
        assert(
            PossibleIncident.allows(finding, of: kind),
            "\(kind.rawValue)/\(finding.cause) cannot be \(finding.severity.rawValue): see Cause.severities(of:)"
        )
        guard var entry = entries[id], entry.incident.isOpen else {
            return ripen(finding, id, kind, subject, now, configuration)
        }
        let before = entry.incident
        entry.take(finding, at: now)
        defer { entries[id] = entry }
        let after = entry.incident
        guard
            before.cause != after.cause || before.severity != after.severity || before.status != after.status
        else {
            return nil
        }
        let text =
            before.cause == after.cause
            ? "Now \(after.status.rawValue), \(after.severity.rawValue)"
            : "Cause is now \(after.cause): \(after.sentence)"
        entry.incident.note(now.wall, text)
        entry.changedAt = now.monotonic
        return Transition(at: now, change: .changed, incident: entry.incident)
    }

    /// A finding on what is not open: it opens, or reopens, when it has stood for its grace.
    private mutating func ripen(
        _ finding: Finding, _ id: String, _ kind: IncidentKind, _ subject: String, _ now: Moment,
        _ configuration: EngineConfiguration
    ) -> Transition? {
        var entry: Entry
        let old = entries[id].flatMap { canReopen($0, at: now, configuration) ? $0 : nil }
        if let known = ripening[id] {
            entry = known
        } else if let old {
            entry = old
            entry.reopen(finding, at: now)
        } else {
            entry = Entry(finding, id: id, kind: kind, subject: subject, at: now)
        }
        entry.ripen(finding, at: now)
        guard now.monotonic >= entry.since + finding.grace else {
            ripening[id] = entry
            return nil
        }
        ripening[id] = nil
        if old == nil { archive(entries[id], configuration) }
        entry.changedAt = now.monotonic
        opened[kind.rawValue, default: 0].increment()
        entry.incident.note(now.wall, "Opened as \(finding.cause): \(finding.sentence)")
        entries[id] = entry
        return Transition(at: now, change: .opened, incident: entry.incident)
    }

    private func canReopen(_ old: Entry, at now: Moment, _ configuration: EngineConfiguration) -> Bool {
        guard let resolved = old.resolvedAt, now.monotonic >= resolved else { return false }
        return now.monotonic - resolved <= configuration.reopenWindow
    }

    private mutating func archive(_ old: Entry?, _ configuration: EngineConfiguration) {
        guard let old, !old.incident.isOpen else { return }
        history.append(old.incident)
        if history.count > configuration.resolvedKept { history.removeFirst() }
    }

    private mutating func clear(
        _ id: String, _ text: String, _ evidence: Evidence?, _ now: Moment,
        _ configuration: EngineConfiguration
    ) -> Transition? {
        ripening[id] = nil
        guard var entry = entries[id], entry.incident.isOpen else { return nil }
        // What came and went three times within minutes, for one cause, is well when it holds.
        if evidence != nil, entry.repeats >= 3,
            now.monotonic - entry.changedAt < configuration.flapWindow
        {
            return nil
        }
        entry.incident.status = .resolved
        entry.incident.resolvedAt = max(now.wall, entry.incident.openedAt)
        entry.incident.cause = entry.deepest.cause
        entry.incident.sentence = entry.deepest.sentence
        entry.incident.explanation = entry.deepest.explanation
        entry.incident.severity = entry.deepest.severity
        entry.incident.impact = entry.deepest.impact
        entry.incident.note(now.wall, text)
        entry.resolvedAt = now.monotonic
        entries[id] = entry
        forget(beyond: configuration.resolvedKept)
        return Transition(at: now, change: .resolved, incident: entry.incident)
    }

    private mutating func forget(beyond limit: Int) {
        let over = entries.values.map(\.incident).filter { !$0.isOpen }
        for incident in over.sorted(by: { $0.lastSeenAt > $1.lastSeenAt }).dropFirst(limit) {
            entries[incident.id] = nil
        }
    }

    /// Folds a symptom under an open incident; false if there is none.
    mutating func fold(_ symptom: Symptom, under id: String) -> Bool {
        guard var entry = entries[id], entry.incident.isOpen else { return false }
        entry.incident.fold(symptom)
        entries[id] = entry
        return true
    }

    /// Folds what would be an incident of its own under the one that explains it; it counts once.
    mutating func fold(_ kind: IncidentKind, _ summary: String, under id: String, at now: Moment) {
        let isKnown = entries[id]?.incident.symptoms.contains { $0.name == kind.rawValue } ?? false
        _ = fold(
            Symptom(
                name: kind.rawValue, summary: summary.bounded(200), firstSeen: now.wall, lastSeen: now.wall,
                count: isKnown ? 0 : 1), under: id)
    }

    /// A new boot: monotonic stamps of the old one mean nothing, so nothing is reopened across it by distance. What is
    /// open gets a line about it.
    mutating func reboot(at now: Moment, lastSeen: WallTime) {
        for id in entries.keys {
            if entries[id]?.incident.isOpen == true {
                entries[id]?.incident.note(
                    now.wall,
                    "The node booted; the boot before was last seen at \(lastSeen.date) \(lastSeen.clock) UTC"
                )
            }
            entries[id]?.since = now.monotonic
            entries[id]?.changedAt = now.monotonic
            if entries[id]?.resolvedAt != nil {
                entries[id]?.resolvedAt = MonotonicTime(microseconds: .min / 2)
            }
        }
        ripening = [:]
    }
}
