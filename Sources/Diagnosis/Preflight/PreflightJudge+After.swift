// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// After the upgrade: whether it is in force, and what is worse than before.
extension PreflightJudge {
    /// What a later look is compared with.
    var state: PreflightState {
        PreflightState(
            node: facts.hostname, at: facts.now.wall,
            targets: Dictionary(targets.map { ($0.component, $0.version) }) { _, last in last },
            incidents: open.filter { $0.severity >= .warning }.map(Self.name),
            unexplained: facts.unexplained.lines.groups.map(Self.name),
            readyPods: Dictionary(
                facts.runtimes.compactMap { runtime in runtime.readyPods.map { (runtime.name, $0) } }
            ) { first, _ in first })
    }

    private static func name(_ incident: Incident) -> String {
        "\(incident.kind.rawValue)/\(incident.cause) \(incident.subject)"
    }

    private static func name(_ group: UnexplainedLines.Group) -> String { "\(group.unit): \(group.shape)" }

    /// How an incident stood before; nil: there is nothing to compare with.
    func compared(_ incident: Incident) -> String? {
        before.map { before in
            before.incidents.contains(Self.name(incident))
                ? "it was open before the upgrade, too (\(before.at))"
                : "it was not open before the upgrade (\(before.at))"
        }
    }

    mutating func judgeAfter() {
        guard isAfter else { return }
        for target in expected { judge(target) }
        judgeOldShims()
        guard let before else { return }
        judgePods(before)
        judgeLines(before)
    }

    private mutating func judge(_ target: UpgradeTarget) {
        let running = running(target.component)
        let others = running.filter { SoftwareVersion($0) != target.number }
        guard !running.isEmpty else {
            missed("\(target.component): whether \(target.version) runs now")
            return
        }
        guard !others.isEmpty else {
            // A daemon names upstream's version: which build of it runs, the binaries tell.
            saw("that \(target.component) runs as upstream's \(target.number)")
            return
        }
        find(
            .warning, "not-in-force", target.component,
            "\(target.version) was to come, and \(others.joined(separator: ", ")) runs",
            then: "The upgrade is not, or not everywhere, in force.",
            first:
                "see which binary the unit starts, and restart it when the node is drained: the other findings say what is in the way"
        )
    }

    /// They live as long as their containers.
    private mutating func judgeOldShims() {
        for report in facts.answers.runtimeBinaries.values.map(\.value).sorted(by: { $0.unit < $1.unit }) {
            guard !report.oldShims.isEmpty, report.unit != kubeletBinaries?.unit else { continue }
            find(
                .note, "shims-old", report.unit,
                "\(report.oldShims.count) of \(report.shims) shims and monitors run\(report.oldShims.count == 1 ? "s" : "") a binary that is not on the disk any more",
                report.oldShims.map { "pid \($0.pid) runs \($0.path) as it was before" },
                then: "A fix in them reaches a container when it is made anew.",
                first: "drain the node where that matters")
        }
    }

    private mutating func judgePods(_ before: PreflightState) {
        for (name, then) in before.readyPods.sorted(by: { $0.key < $1.key }) {
            guard let now = facts.runtimes.first(where: { $0.name == name })?.readyPods else {
                missed("how many pods of \(name) are ready: \(then) were before")
                continue
            }
            saw("the pods of \(name) against those before")
            guard now < then else { continue }
            find(
                .warning, "fewer-pods", name,
                "\(count(now, "pod")) \(now == 1 ? "is" : "are") ready, and \(then) were at \(before.at)",
                first: "see `crictl pods --state notready`, and whether the node was drained on purpose")
        }
    }

    private mutating func judgeLines(_ before: PreflightState) {
        switch facts.monitoring.journal {
        case .failed, .noFiles: return
        default: break
        }
        let known = Set(before.unexplained)
        let new = facts.unexplained.lines.groups.filter {
            $0.last > before.at && !known.contains(Self.name($0))
        }
        saw("error lines that no rule knows against those before")
        guard !new.isEmpty else { return }
        find(
            .note, "new-lines", "journal",
            "error lines that no rule knows, of a kind that was not there before: \(new.count)",
            new.map { "\($0.unit), \($0.count) times: \($0.example)" },
            first: "read them, and compare with the release notes")
    }
}
