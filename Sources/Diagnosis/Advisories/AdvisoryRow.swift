// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A row of the tables, for people and for scripts.
public struct AdvisoryRow: Hashable, Sendable, Encodable {
    /// Its table: `advisory`, `line`, `setting`, `pair`, `step`, `finding`.
    public var table: String
    /// Unique in its table: `CVE-2024-21626`, `cri-o 1.30`.
    public var id: String
    /// Whose versions it is about; empty: none's.
    public var component: String
    /// `defect`, `vulnerability`, `endOfLife`; of a setting `refused`, `ignored`, `deprecated`; `compatibility`, `step`,
    /// `finding`.
    public var category: String
    /// Which versions it is about: `from 2.0.1, fixed in 2.0.3`; empty: all.
    public var versions: String
    /// What it says.
    public var sentence: String
    /// What to do first; empty: nothing.
    public var first: String
    /// Who says so; empty: the node itself.
    public var source: String
    /// Day of the file that it stands in (`2026-08-31`); empty: it has none.
    public var date: String
    /// The file, by its path; by its name alone where the binary carries it.
    public var file: String
    /// Line of its header in that file, from 1.
    public var line: Int
}

extension Collection<SoftwareVersion> {
    /// `1.6.36, 2.0.1`.
    var listed: String { map(\.description).joined(separator: ", ") }
}

extension AdvisoryTable {
    /// The row of that id, whatever its case; nil: there is none.
    public func row(_ id: String) -> AdvisoryRow? {
        let wanted = id.lowercased()
        return rows.first { $0.id.lowercased() == wanted }
    }

    /// What is wrong with a file that would be added to this table, or would help nobody: every fault of every row.
    public func faults(_ document: RuleDocument) -> [RuleError] {
        let reader = AdvisoryReader(document)
        guard reader.faults.isEmpty else { return reader.faults }
        let part = reader.part
        func fault(_ row: AdvisoryRow, _ problem: String, _ suggestion: String? = nil) -> RuleError {
            RuleError(
                file: document.name, line: row.line, rule: row.id, problem: problem, suggestion: suggestion)
        }
        var faults: [RuleError] = []
        if part.date.isEmpty, !part.rows.isEmpty {
            faults.append(
                RuleError(file: document.name, line: 1, key: "date", problem: "is missing; write 2026-11-22"))
        }
        var seen: Set<[String]> = []
        for row in part.rows {
            if !seen.insert([row.table, row.id]).inserted {
                faults.append(fault(row, "another row of this file has that id"))
            }
            if !row.component.isEmpty, !UpgradeTarget.components.contains(row.component) {
                faults.append(
                    fault(
                        row,
                        "component \"\(row.component)\" is none of \(UpgradeTarget.components.joined(separator: ", "))",
                        row.component == "crio" ? "cri-o" : nil))
            }
        }
        for (id, since, until) in part.bounds where since >= until {
            guard let row = part.rows.first(where: { $0.id == id }) else { continue }
            faults.append(fault(row, "concerns no version: it begins at \(since), and ends before \(until)"))
        }
        let kinds = Set(IncidentKind.shipped)
        for advisory in part.advisories {
            for kind in advisory.explains where !kinds.contains(kind) {
                guard let row = part.rows.first(where: { $0.id == advisory.id }) else { continue }
                faults.append(fault(row, "explains \"\(kind.rawValue)\": no kind is called so"))
            }
        }
        for dropped in part.dropped where !rows.contains(where: { $0.id == dropped.id }) {
            faults.append(
                RuleError(
                    file: document.name, line: dropped.line, rule: dropped.id,
                    problem: "is switched off, and no row has that id"))
        }
        return faults
    }
}
