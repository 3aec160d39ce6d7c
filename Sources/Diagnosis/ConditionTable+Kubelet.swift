// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The condition of the kubelet.
extension ConditionTable {
    /// Whether the kubelet runs, and sees its pods. One that another program embeds has no unit of its own to tell it by.
    static func kubelet(_ facts: NodeFacts, _ book: IncidentBook) -> Word {
        if let incident = (book.open(.kubeletDown) + book.open(.plegUnhealthy)).first {
            return Word(
                status: incident.status == .suspected ? .unknown : .false, reason: incident.cause,
                message: incident.sentence)
        }
        let kubelets = facts.services.filter { $0.role == .kubelet }.map(\.unit)
        if let unit = kubelets.first(where: { $0.isRunning && $0.troubleSince == nil }) {
            return Word(status: .true, reason: "Running", message: "\(unit.name) runs.")
        }
        if let unit = kubelets.first(where: { $0.phase != .unknown }) {
            let isAbsent = unit.phase == .stopped && !unit.ranThisBoot
            return Word(
                status: .unknown, reason: isAbsent ? "NotStarted" : "Settling",
                message: isAbsent
                    ? "\(unit.name) has not been started." : "\(unit.name) does not run steadily yet.")
        }
        let embedding = facts.runtimes.map(\.unit).first {
            ServiceUnit.embedsKubelet($0.name) && $0.isRunning
        }
        if let embedding {
            return Word(
                status: .unknown, reason: "Embedded",
                message: "\(embedding.name) embeds the kubelet, and has not said that it ended.")
        }
        return Word(status: .unknown, reason: "NotApplicable", message: "No kubelet is known on this node.")
    }
}
