// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension ConditionTable {
    /// What the node itself lacks; True only after it was looked at.
    static func resources(_ facts: NodeFacts, _ book: IncidentBook) -> Word {
        if let incident = book.open(.nodeFault).first {
            return Word(
                status: incident.status == .suspected ? .unknown : .false, reason: incident.cause,
                message: incident.sentence)
        }
        guard facts.answers.resources != nil else {
            return Word(
                status: .unknown, reason: "NotLooked", message: "The node has not been looked at yet.")
        }
        return Word(
            status: .true, reason: "Enough",
            message:
                "File systems are writable, and neither the kernel nor the kubelet reports a fault.")
    }
}
