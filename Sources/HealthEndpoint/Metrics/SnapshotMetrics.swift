// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A snapshot as metrics. No free text in labels; every series that can be known beforehand exists from the start, but for
/// those of single rules, which are too many; at most 400 of them on a node with one or two runtimes.
enum SnapshotMetrics {
    /// Most kinds, causes and rules that get a series of their own; the rest is added up under `Other`.
    static let kindLimit = 24
    /// The diagnoses' own take some 170; the rest is for rules.d.
    static let incidentLimit = 200
    static let ruleLimit = 64
    /// Most runtimes; a node has one or two.
    static let runtimeLimit = 4

    static func families(_ snapshot: Snapshot, server: ServerCounters) -> [MetricFamily] {
        verdict(snapshot) + incidents(snapshot) + RuntimeMetrics.families(snapshot)
            + monitoring(snapshot) + http(server)
    }

    // MARK: The node

    private static func verdict(_ snapshot: Snapshot) -> [MetricFamily] {
        let verdicts = Snapshot.Verdict.allCases.map { verdict in
            MetricFamily.Sample(
                labels: [.init("state", verdict.rawValue)], value: snapshot.verdict == verdict ? 1 : 0)
        }
        let conditions = snapshot.conditions.flatMap { condition in
            Condition.Status.allCases.map { status in
                MetricFamily.Sample(
                    labels: [.init("condition", condition.type.rawValue), .init("status", status.rawValue)],
                    value: condition.status == status ? 1 : 0)
            }
        }
        let build = MetricFamily.Sample(labels: [.init("version", snapshot.version)], value: 1)
        return [
            MetricFamily(
                name: "crihealthd_build", kind: .info, help: "Version of crihealthd.", samples: [build]),
            MetricFamily(
                name: "crihealthd_verdict", kind: .gauge,
                help: "The node in one word: 1 for the state that holds.", samples: verdicts),
            MetricFamily(
                name: "crihealthd_condition", kind: .gauge,
                help: "Conditions of the node; status True is good.", samples: conditions),
        ]
    }

    private static func incidents(_ snapshot: Snapshot) -> [MetricFamily] {
        let severities = Severity.allCases.map { severity in
            MetricFamily.Sample(
                labels: [.init("severity", severity.rawValue)],
                value: Double(snapshot.open.count { $0.severity == severity }))
        }
        var opened = snapshot.statistics.incidentsOpened
        for kind in IncidentKind.shipped where kind != .knownDefect { opened[kind.rawValue, default: 0] += 0 }
        return [
            MetricFamily(
                name: "crihealthd_incidents_open", kind: .gauge, help: "Open incidents, suspected ones too.",
                samples: severities),
            .gauge(
                "crihealthd_incidents_suspected", "Open incidents that are not confirmed yet.",
                Double(snapshot.open.count { $0.status == .suspected })),
            MetricFamily(
                name: "crihealthd_incident_active", kind: .gauge,
                help: "Confirmed open incidents by kind, cause and severity; 0 for what could be.",
                samples: active(snapshot)),
            MetricFamily(
                name: "crihealthd_incidents_opened", kind: .counter,
                help: "Incidents that were opened, reopenings included.",
                samples: bounded(opened, label: "kind", limit: kindLimit)),
        ]
    }

    /// One series for each kind, cause and severity; two incidents with the same are one series of 2, a suspected one is
    /// 0. What is open comes first, so that it is never left out; beyond the limit it is added up under `Other`.
    private static func active(_ snapshot: Snapshot) -> [MetricFamily.Sample] {
        var counts: [PossibleIncident: Int] = [:]
        for incident in snapshot.open {
            let sort = labelled(incident.sort)
            let isOwn = counts[sort] != nil || counts.count < incidentLimit
            counts[isOwn ? sort : other(sort.severity), default: 0] += incident.status == .suspected ? 0 : 1
        }
        for sort in (snapshot.possible + snapshot.resolved.map(\.sort)).lazy.map(labelled)
        where counts.count < incidentLimit {
            counts[sort, default: 0] += 0
        }
        return counts.sorted { $0.key < $1.key }.map { sort, count in
            MetricFamily.Sample(
                labels: [
                    .init("kind", sort.kind.rawValue), .init("cause", sort.cause),
                    .init("severity", sort.severity.rawValue),
                ],
                value: Double(count))
        }
    }

    private static func labelled(_ sort: PossibleIncident) -> PossibleIncident {
        PossibleIncident(
            kind: IncidentKind(rawValue: word(sort.kind.rawValue)), cause: word(sort.cause),
            severity: sort.severity)
    }

    private static func other(_ severity: Severity) -> PossibleIncident {
        PossibleIncident(kind: IncidentKind(rawValue: "Other"), cause: "Other", severity: severity)
    }

    // MARK: The daemon

    private static func monitoring(_ snapshot: Snapshot) -> [MetricFamily] {
        let (monitoring, statistics) = (snapshot.monitoring, snapshot.statistics)
        let states = ["following", "polling", "catching_up", "failed", "unknown"].map { state in
            MetricFamily.Sample(
                labels: [.init("state", state)],
                value: journalState(monitoring.journal) == state ? 1 : 0)
        }
        let ready = monitoring.journalReady && monitoring.probesReady
        let taken = Double(snapshot.at.wall.microseconds) / 1_000_000
        return [
            .gauge(
                "crihealthd_ready", "Whether the journal was read and every runtime asked once.",
                ready ? 1 : 0),
            .gauge(
                "crihealthd_snapshot_timestamp_seconds",
                "When what is served was found, in seconds since the epoch.",
                taken),
            .gauge(
                "crihealthd_monitoring_problems", "What is wrong with the daemon's own senses.",
                Double(monitoring.problems.count)),
            MetricFamily(
                name: "crihealthd_journal_state", kind: .gauge,
                help: "How the journal is read: 1 for the state that holds.", samples: states),
            .counter("crihealthd_observations", "Observations taken in.", Double(statistics.observations)),
            .counter(
                "crihealthd_journal_entries", "Journal entries read.", Double(statistics.journalEntries)),
            .counter("crihealthd_journal_errors", "Errors of libsystemd.", Double(statistics.journalErrors)),
            .counter(
                "crihealthd_journal_reopens", "Times the journal was reopened.",
                Double(statistics.journalReopens)),
            .counter(
                "crihealthd_blind_windows", "Spans of the journal that could not be seen.",
                Double(statistics.blindWindows)),
            .counter(
                "crihealthd_unexplained_lines", "Error lines of watched units that no rule knew.",
                Double(statistics.unexplainedLines)),
            MetricFamily(
                name: "crihealthd_changes", kind: .counter,
                help: "Changes on the node that became known: packages, files, units, versions, boots.",
                samples: Change.What.allCases.map {
                    .init(
                        labels: [.init("what", $0.rawValue)],
                        value: Double(statistics.changes[$0.rawValue] ?? 0))
                }),
            MetricFamily(
                name: "crihealthd_signals", kind: .counter, help: "Journal lines that a rule recognised.",
                samples: bounded(statistics.signals.filter { $0.value > 0 }, label: "rule", limit: ruleLimit)),
        ]
    }

    private static func http(_ server: ServerCounters) -> [MetricFamily] {
        let answers = server.answers.sorted { $0.key < $1.key }.map { hundred, count in
            MetricFamily.Sample(labels: [.init("code", "\(hundred)xx")], value: Double(count))
        }
        return [
            MetricFamily(
                name: "crihealthd_http_requests", kind: .counter, help: "HTTP answers by status.",
                samples: answers),
            .gauge("crihealthd_http_connections", "Open HTTP connections.", Double(server.connections)),
            .gauge(
                "crihealthd_http_followers", "Open HTTP connections that follow a stream.",
                Double(server.followers)),
            .counter(
                "crihealthd_http_connections_dropped", "HTTP connections dropped: too many, or too slow.",
                Double(server.dropped)),
        ]
    }

    private static func journalState(_ health: JournalHealth?) -> String {
        switch health {
        case nil: "unknown"
        case .following: "following"
        case .polling: "polling"
        case .catchingUp: "catching_up"
        case .failed, .noFiles: "failed"
        }
    }

    // MARK: Bounds

    /// CamelCase and kebab-case words as they are; anything else is `Other`, so that no text gets into a label.
    static func word(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
                || $0 == 95
        }
        return isWord && !text.isEmpty && text.utf8.count <= 64 ? text : "Other"
    }

    /// Counters by a word, ordered by name; beyond the limit the smallest are added up under `Other`.
    static func bounded(_ counts: [String: UInt64], label: String, limit: Int) -> [MetricFamily.Sample] {
        var sums: [String: UInt64] = [:]
        let largestFirst = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        for (n, entry) in largestFirst.enumerated() {
            let name = n < limit ? word(entry.key) : "Other"
            let (sum, overflow) = sums[name, default: 0].addingReportingOverflow(entry.value)
            sums[name] = overflow ? .max : sum
        }
        return sums.sorted { $0.key < $1.key }.map {
            .init(labels: [.init(label, $0.key)], value: Double($0.value))
        }
    }
}
