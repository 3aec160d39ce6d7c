// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The steps of an incident.
enum StepText {
    /// Most steps of the whole text.
    static let limit = 32

    /// Each with its number and its command on a line of its own; with a limit, those of a summary.
    static func write(_ incident: Incident, limit shown: Int?, to writer: inout TextWriter) {
        let all = Array(incident.nextSteps.prefix(limit))
        let chosen = shown.map { Self.chosen(all, $0) } ?? Array(all.indices)
        for (n, index) in chosen.enumerated() {
            let step = all[index]
            let lead = chosen.count > 1 ? "\(n + 1). " : ""
            writer.field(n == 0 ? "do" : "", lead + (step.purpose.isEmpty ? "then" : step.purpose) + ":")
            writer.command(step.command, indent: TextWriter.fieldIndent + lead.utf8.count)
        }
        let left = incident.nextSteps.count - chosen.count
        if left > 0 { writer.field("", "and \(TimeText.count(UInt64(left), "more step"))") }
    }

    /// Those of a summary, by their place: what changes something comes before what only looks, and what looks at a unit
    /// that the page shows comes last.
    static func chosen(_ steps: [NextStep], _ shown: Int) -> [Int] {
        func rank(_ step: NextStep) -> Int {
            guard step.onlyLooks else { return 0 }
            return step.command.hasPrefix("systemctl status") ? 2 : 1
        }
        let ranked = steps.indices.sorted { (rank(steps[$0]), $0) < (rank(steps[$1]), $1) }
        return ranked.prefix(shown).sorted()
    }
}
