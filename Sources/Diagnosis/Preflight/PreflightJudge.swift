// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Holds a node's facts and the versions that are wanted against the tables. Pure; what no fact tells is not judged, and
/// is named.
struct PreflightJudge {
    static let cgroups = "/sys/fs/cgroup"
    private static let (findingLimit, evidenceLimit) = (64, 6)

    let facts: NodeFacts
    /// Files as they were looked at last; nil: they never were.
    let files: [String: FileStamp]?
    let open: [Incident]
    let table: AdvisoryTable
    /// The versions that are to come; none after the upgrade.
    let targets: [UpgradeTarget]
    let packages: [UpgradePackage]
    let told: [String: String]
    /// Whether the upgrade has been, and the versions that are to run then.
    let isAfter: Bool
    let expected: [UpgradeTarget]
    /// What the node was like before it.
    let before: PreflightState?
    let certificates: [CertificateValidity]

    private(set) var findings: [PreflightFinding] = []
    private var examined: [String] = []
    private var unread: [String] = []

    init(
        facts: NodeFacts, files: [String: FileStamp]?, open: [Incident], table: AdvisoryTable,
        plan: PreflightPlan
    ) {
        self.facts = facts
        self.files = files
        self.open = open
        self.table = table
        let planned = plan.targets + plan.packages.compactMap(\.target)
        isAfter = plan.isAfter
        before = plan.before
        certificates = plan.certificates
        unread = plan.unread
        told = plan.told
        packages = plan.packages
        targets = isAfter ? [] : planned
        let saved = before?.targets.compactMap { UpgradeTarget("\($0.key)=\($0.value)") } ?? []
        expected = isAfter ? (planned.isEmpty ? saved : planned) : []
    }

    mutating func report() -> PreflightReport {
        judgeSenses()
        judgeVersions()
        judgeCRI()
        judgeOCIRuntimes()
        judgeScopes()
        judgeBinaries()
        judgePackages()
        judgeSettings()
        judgeCgroups()
        judgeSpace()
        judgeCertificates()
        judgeNotRead()
        judgeIncidents()
        judgeAfter()
        let ranks = PreflightFinding.Severity.allCases
        let sorted = ranks.flatMap { rank in findings.filter { $0.severity == rank } }
        let verdict: PreflightReport.Verdict =
            switch sorted.first?.severity {
            case .blocker: .blockers
            case .warning: .warnings
            default: unread.isEmpty ? .clear : .unknown
            }
        return PreflightReport(
            verdict: verdict, node: facts.hostname, at: "\(facts.now.wall.date)T\(facts.now.wall.clock)Z",
            data: table.date,
            components: components, findings: Array(sorted.prefix(Self.findingLimit)), examined: examined,
            unread: unread, state: state)
    }

    // MARK: Versions

    /// The versions of a component that run, by its own word.
    func running(_ name: String) -> [String] {
        var found: [String] = []
        for runtime in facts.runtimes where runtime.endpoint.runtime.rawValue == name {
            if let version = facts.runningVersion(of: runtime)?.text { found.append(version) }
        }
        if name == "kubelet", let said = facts.signals.last(.kubeletVersion)?.captures["version"] {
            found.append(said.hasPrefix("v") ? String(said.dropFirst()) : said)
        }
        for version in facts.containers.versions.values where version.value.name == name {
            found.append(version.value.version)
        }
        if found.isEmpty, let version = told[name] { found.append(version) }
        return Set(found.filter { SoftwareVersion($0) != nil }).sorted()
    }

    /// The version that is to come.
    func target(_ name: String) -> UpgradeTarget? { targets.last { $0.component == name } }

    /// The version after the upgrade: the target, else the one that runs; the oldest of several.
    func coming(_ name: String) -> SoftwareVersion? {
        target(name)?.number ?? running(name).compactMap { SoftwareVersion($0) }.min()
    }

    var components: [PreflightReport.Component] {
        UpgradeTarget.components.compactMap { name in
            let versions = running(name)
            let target = (target(name) ?? expected.last { $0.component == name })?.version
            guard !versions.isEmpty || target != nil else { return nil }
            return .init(
                name: name, running: versions.isEmpty ? nil : versions.joined(separator: ", "), target: target
            )
        }
    }

    /// Whether it is upgraded, or runs here.
    func concerns(_ runtime: RuntimeName) -> Bool {
        target(runtime.rawValue) != nil || facts.runtimes.contains { $0.endpoint.runtime == runtime }
    }

    // MARK: Telling

    mutating func saw(_ what: String) { examined.append(what) }

    mutating func missed(_ what: String) { unread.append(what.bounded(200)) }

    mutating func find(
        _ severity: PreflightFinding.Severity, _ id: String, _ subject: String, _ sentence: String,
        _ evidence: [String] = [], then consequence: String = "", first: String = "", source: String = ""
    ) {
        let more = evidence.count - Self.evidenceLimit
        let shown = evidence.prefix(Self.evidenceLimit).map { $0.bounded(240) }
        findings.append(
            PreflightFinding(
                severity: severity, id: id, subject: subject.bounded(120), sentence: sentence,
                evidence: shown + (more > 0 ? ["and \(more) more"] : []), consequence: consequence,
                first: first, source: source))
    }

    func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    // MARK: Now

    /// Whether there is anything to judge by.
    private mutating func judgeSenses() {
        if facts.runtimes.isEmpty { missed("container runtimes: none was found") }
        for runtime in facts.runtimes where runtime.api.answeredAt == nil && runtime.endpoint.hasSocket {
            missed("\(runtime.name): it was not, or could not be, asked through CRI")
        }
    }

    /// Findings that say of a kind what it says.
    private static let same: [(kind: IncidentKind, ids: Set<String>)] = [
        (.shutdownNotGraceful, ["scopes-exposed"]), (.criVersionUnsupported, ["cri-v1"]),
        (.upgradeIncomplete, ["binary-replaced", "binary-missing", "unit-starts-another", "two-installs"]),
    ]

    /// What is wrong already.
    private mutating func judgeIncidents() {
        switch facts.monitoring.journal {
        case .failed, .noFiles: missed("the journal, and what went wrong before")
        default: saw("open incidents")
        }
        for incident in open where incident.severity >= .warning {
            let isSure = incident.status == .confirmed
            let name = "\(incident.kind.rawValue)/\(incident.cause)"
            guard incident.kind != .monitoringImpaired else {
                missed("\(name): \(incident.sentence)")
                continue
            }
            let severity: PreflightFinding.Severity =
                isSure && incident.severity == .critical ? .blocker : .warning
            let isSaid = Self.same.contains { kind, ids in
                kind == incident.kind
                    && findings.contains {
                        ids.contains($0.id) && ($0.severity == .blocker || severity != .blocker)
                    }
            }
            guard !isSaid else { continue }
            find(
                severity, "open-incident", incident.subject,
                "\(name) is \(isSure ? "open" : "suspected"): \(incident.sentence)",
                compared(incident).map { [$0] } ?? [],
                then: "What comes next cannot be told from what is broken already.",
                first: "see `crihealthd explain \(name)`")
        }
    }
}
