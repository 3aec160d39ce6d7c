// SPDX-License-Identifier: Apache-2.0
public import HealthModel

extension Engine {
    /// What an upgrade to these versions meets on the node as it is known now; without one, what its next restart meets.
    /// `told` has versions that somebody else told, by component: they count where none was seen.
    public func preflight(_ targets: [UpgradeTarget], told: [String: String] = [:]) -> PreflightReport {
        preflight(PreflightPlan(targets: targets, told: told))
    }

    /// What the plan meets on the node as it is known now; of one that has been carried out, what is left to do.
    public func preflight(_ plan: PreflightPlan) -> PreflightReport {
        var judge = PreflightJudge(
            facts: state.facts, files: state.changes.files, open: state.book.open, table: advisor.table,
            plan: plan)
        return judge.report()
    }

    /// What to ask a node for it, and to feed back before ``preflight(_:told:)``: some questions follow from the answers to
    /// others, so ask twice.
    public var preflightQuestions: [Inquiry] {
        let facts = state.facts
        let node = NodeCase(facts: facts, configuration: configuration)
        var asked: [Inquiry] = [
            .kubelet, .runtimeConfiguration, .containerProcesses,
            .resources(paths: node.writtenTo + [PreflightJudge.cgroups], units: []),
            .fileSystems(paths: ["/"] + facts.runtimes.flatMap(\.directories)),
        ]
        for directory in Set(facts.runtimes.map(\.cniDirectory)).sorted() {
            asked.append(.cni(directory: directory))
        }
        for runtime in facts.runtimes {
            guard let unit = runtime.unit.state, let pid = unit.mainPID else { continue }
            asked.append(.binaries(unit: runtime.unit.name, pid: pid, execStart: unit.execStart))
        }
        if let kubelet = facts.answers.kubelet?.value, let unit = PreflightJudge.unit(of: kubelet) {
            asked.append(.binaries(unit: unit, pid: kubelet.pid, execStart: nil))
        }
        let paths = Advisor.paths(facts).prefix(8)
        if !paths.isEmpty { asked.append(.ociRuntimes(paths: Array(paths))) }
        return asked + ContainerQuestions(facts, configuration).scopes
    }
}
