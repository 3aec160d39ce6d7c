// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// How much of an incident's parts is told.
struct IncidentSize: Hashable {
    /// Lines of the explanation.
    var explanation: Int
    /// Items of evidence.
    var evidence: Int
    /// Steps; what changes something comes before what only looks.
    var steps: Int
    /// Folded symptoms.
    var symptoms: Int
    /// Lines of what changed before.
    var changes = 2

    /// Everything.
    static let full = IncidentSize(
        explanation: 40, evidence: Incident.evidenceLimit, steps: StepText.limit, symptoms: 32, changes: 12)
    /// On a page of the node.
    static let summary = IncidentSize(explanation: 5, evidence: 3, steps: 4, symptoms: 3)
    /// For the first screen, the largest first: proof gives way to what to do.
    static let headlines = [
        summary, IncidentSize(explanation: 4, evidence: 2, steps: 4, symptoms: 1),
        IncidentSize(explanation: 4, evidence: 1, steps: 4, symptoms: 1),
        IncidentSize(explanation: 3, evidence: 1, steps: 4, symptoms: 0),
        IncidentSize(explanation: 3, evidence: 1, steps: 3, symptoms: 0),
        IncidentSize(explanation: 3, evidence: 1, steps: 3, symptoms: 0, changes: 1),
    ]
}
