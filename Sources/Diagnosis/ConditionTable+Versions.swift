// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The conditions that concern what is installed and what runs.
extension ConditionTable {
    /// What runs is what is installed.
    static func upgrade(_ facts: NodeFacts, _ book: IncidentBook) -> Word {
        if let incident = book.open(.upgradeIncomplete).first {
            // What every upgrade leaves behind is worth knowing only.
            return Word(
                status: incident.severity == .info ? .true : .false, reason: incident.cause,
                message: incident.sentence)
        }
        let known = facts.runtimes.filter {
            facts.answers.runtimeBinaries[$0.unit.name]?.value.running != nil
        }
        guard !known.isEmpty else {
            return Word(
                status: .unknown, reason: "NotAsked", message: "No runtime's binary has been looked at yet.")
        }
        let names = known.map(\.name).joined(separator: ", ")
        return Word(
            status: .true, reason: "Complete", message: "What is installed is what runs: \(names).")
    }

    /// Nothing that runs is known to be broken or past its end of life. Advice: it never changes the verdict.
    static func versions(_ advisor: Advisor) -> Word {
        let components = advisor.compared
        guard !components.isEmpty else {
            return Word(status: .unknown, reason: "NotAsked", message: "No version is known yet.")
        }
        let counts: [(category: Advice.Category, reason: String, one: String, many: String)] = [
            (.defect, "KnownDefect", "known defect", "known defects"),
            (.vulnerability, "KnownVulnerability", "vulnerability", "vulnerabilities"),
            (.endOfLife, "EndOfLife", "end of life", "ends of life"),
        ]
        let found = counts.compactMap { row in
            let count = advisor.advice.count { $0.category == row.category }
            return count == 0 ? nil : (row.reason, "\(count) \(count == 1 ? row.one : row.many)")
        }
        guard let first = found.first else {
            let names = components.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
            return Word(
                status: .true, reason: "NothingKnown", message: "Nothing is known against \(names).")
        }
        return Word(
            status: .false, reason: first.0,
            message: found.map(\.1).joined(separator: ", ")
                + " by upstream version; your distribution may have backported fixes.")
    }
}
