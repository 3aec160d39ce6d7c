// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// `/livez`, `/readyz` and `/healthz`: machines read the status code, 200 or 503.
///
/// `/healthz` is 200 for a healthy and for a degraded node: like Kubernetes' own checks it says whether the thing
/// works, and a degraded node does. It is 503 for an unhealthy node and for one that nothing is known about.
/// Lines are in the shape of `?verbose` at kube-apiserver (Kubernetes' "API health endpoints"): `[+]` passes, `[-]` fails;
/// `[?]`, which kube-apiserver does not have, is not known.
enum HealthChecks {
    /// One line of `?verbose`.
    struct Check {
        var name: String
        /// Why not; nil when it passes.
        var problem: String?
        /// What is told of a check that passes, after `ok`.
        var note = ""
        /// Nobody knows whether it passes; ``problem`` says why.
        var isUnknown = false

        var line: String {
            if isUnknown { return "[?]\(name) unknown: " + Printable.line(problem ?? "") }
            guard let problem else {
                return "[+]\(name) ok" + (note.isEmpty ? "" : ": " + Printable.line(note))
            }
            return "[-]\(name) failed: " + Printable.line(problem)
        }
    }

    /// Whether this process answers. Never a word about the node: a supervisor must not restart the observer for it.
    static func livez(_ request: Request) -> Response {
        report("livez", [Check(name: "ping")], request)
    }

    /// Whether the journal was read and every runtime was asked once.
    static func readyz(_ snapshot: Snapshot, _ request: Request) -> Response {
        let monitoring = snapshot.monitoring
        let checks = [
            Check(
                name: "journal", problem: monitoring.journalReady ? nil : "the journal has not been read yet"),
            Check(
                name: "probes", problem: monitoring.probesReady ? nil : "not every runtime has been asked yet"
            ),
        ]
        return report("readyz", checks, request)
    }

    /// One condition: 200 when it is True, or when this node has nothing that it could be about.
    static func condition(_ condition: Condition, _ snapshot: Snapshot, _ request: Request) -> Response {
        let name = condition.type.rawValue
        guard condition.type.isAdvice, condition.status == .false else {
            return report("healthz/\(name)", [check(condition, snapshot)], request)
        }
        // Who asks for this one by name wants to know.
        let check = Check(name: name, problem: condition.reason + ": " + condition.message)
        return report("healthz/\(name)", [check], request)
    }

    /// The verdict, with the conditions for `?verbose`. `?exclude=CONDITION` judges as if that condition were True.
    static func healthz(_ snapshot: Snapshot, _ request: Request) -> Response {
        let excluded = Set(request.values("exclude").map { $0.lowercased() })
        let conditions = snapshot.conditions.filter { !excluded.contains($0.type.rawValue.lowercased()) }
        let passes = passes(snapshot, excluded: excluded)
        let word = "\(snapshot.verdict.rawValue): \(snapshot.headline)"
        let isUnknown = !passes && snapshot.verdict == .unknown
        let verdict = Check(
            name: "verdict", problem: passes ? nil : isUnknown ? snapshot.headline : word, note: word,
            isUnknown: isUnknown)
        var lines = [verdict.line] + conditions.map { check($0, snapshot).line }
        let known = Set(snapshot.conditions.map { $0.type.rawValue.lowercased() })
        for name in excluded.subtracting(known).sorted() {
            lines.append("warn: nothing to exclude is called \"\(Printable.line(name, limit: 100))\"")
        }
        lines.append("healthz check " + (passes ? "passed" : "failed"))
        let text = passes && !request.flag("verbose") ? "ok\n" : lines.map { $0 + "\n" }.joined()
        return .text(text, status: passes ? 200 : 503)
    }

    /// What is only advice fails nothing, nor does what this node has nothing of.
    private static func check(_ condition: Condition, _ snapshot: Snapshot) -> Check {
        let view = ConditionView(condition, snapshot)
        let name = condition.type.rawValue
        return switch view.standing {
        case .good: Check(name: name)
        case .notice: Check(name: name, note: "worth knowing, \(view.line)")
        case .notApplicable: Check(name: name, note: "not applicable: \(condition.message)")
        case .bad: Check(name: name, problem: view.line)
        case .unknown: Check(name: name, problem: view.line, isUnknown: true)
        }
    }

    private static func report(_ name: String, _ checks: [Check], _ request: Request) -> Response {
        let excluded = Set(request.values("exclude").map { $0.lowercased() })
        let checks = checks.filter { !excluded.contains($0.name.lowercased()) }
        let passes = checks.allSatisfy { $0.problem == nil }
        guard !passes || request.flag("verbose") else { return .text("ok\n") }
        let lines = checks.map { $0.line + "\n" }.joined()
        return .text(
            lines + "\(name) check " + (passes ? "passed\n" : "failed\n"), status: passes ? 200 : 503)
    }

    // MARK: Exclusion

    private static func passes(_ snapshot: Snapshot, excluded: Set<String>) -> Bool {
        let isOut = { (kind: Condition.Kind) in excluded.contains(kind.rawValue.lowercased()) }
        switch snapshot.verdict {
        case .healthy, .degraded: return true
        case .unhealthy:
            let critical = snapshot.open.filter { $0.severity == .critical && $0.status == .confirmed }
            guard !excluded.isEmpty, !critical.isEmpty else { return false }
            return critical.allSatisfy { incident in
                let conditions = conditions(of: incident)
                return !conditions.isEmpty && conditions.allSatisfy(isOut)
            }
        // Nothing is open that hurts the node: it is this condition alone that nobody knows.
        case .unknown: return isOut(.runtimeReady)
        }
    }

    /// The conditions that an incident makes False, or would: a start of CRI-O that cannot end is two.
    private static func conditions(of incident: Incident) -> [Condition.Kind] {
        let own = [condition(of: incident.kind)].compactMap { $0 }
        return incident.kind == .runtimeSwitched && incident.cause == "StartBlocked"
            ? own + [.runtimeReady] : own
    }

    /// The condition that an incident of this kind makes False, or would; nil for kinds that have none. As the catalogue
    /// of the engine has it, which a test compares.
    static func condition(of kind: IncidentKind) -> Condition.Kind? {
        switch kind {
        case .runtimeDown, .createFailing, .storageDamaged, .statusBlocked: .runtimeReady
        case .nodeFault: .nodeResourcesOK
        case .upgradeIncomplete: .upgradeComplete
        case .criVersionUnsupported: .criVersionSupported
        case .networkNotReady, .podNetworkFailing: .networkReady
        case .kubeletDown, .plegUnhealthy: .kubeletReady
        case .runtimeSwitched, .orphanedContainers: .containersTracked
        case .shutdownNotGraceful: .shutdownGraceful
        case .monitoringImpaired: .monitoringHealthy
        default: nil
        }
    }
}
