// SPDX-License-Identifier: Apache-2.0
import HealthModel
import TOML

/// Reads one file of advisories, and goes on behind a row that is wrong: ``faults`` has all of them.
struct AdvisoryReader {
    /// What one file says.
    struct Part {
        var date = ""
        var advisories: [Advisory] = []
        var lines: [SupportedLine] = []
        /// Rows that it switches off, by id and line.
        var dropped: [(id: String, line: Int)] = []
        var settings: [SettingRule] = []
        var pairs: [SupportedPair] = []
        var steps: [UpgradeStep] = []
        /// All of them, in the order of the file.
        var rows: [AdvisoryRow] = []
        /// First version and first without, of rows that have both.
        var bounds: [(id: String, since: SoftwareVersion, until: SoftwareVersion)] = []
    }

    private let file: String
    private let text: String
    private(set) var part = Part()
    private(set) var faults: [RuleError] = []

    /// Reads it.
    init(_ document: RuleDocument) {
        file = document.name
        text = document.text
        do throws(TOMLParseError) {
            let root = try TOMLTable(string: text)
            readRoot(root)
        } catch {
            faults.append(RuleError(file: file, line: error.line, problem: "not TOML: \(error)"))
        }
    }

    /// What the file says, or its first fault.
    static func read(_ document: RuleDocument) throws(RuleError) -> Part {
        let reader = AdvisoryReader(document)
        if let fault = reader.faults.first { throw fault }
        return reader.part
    }

    private mutating func readRoot(_ root: TOMLTable) {
        for key in root.keys.sorted()
        where !["date", "advisory", "line", "setting", "pair", "step", "finding"].contains(key) {
            faults.append(RuleError(file: file, key: key, problem: "unknown key"))
        }
        part.date = root["date"]?.string ?? ""
        if root["date"] != nil, WallTime(rfc3339: part.date + "T00:00:00Z") == nil {
            faults.append(
                RuleError(file: file, key: "date", problem: "is no date; write \"2026-11-22\""))
        }
        each(root, "advisory", Self.advisory)
        each(root, "line", Self.line)
        each(root, "setting", Self.setting)
        each(root, "pair", Self.pair)
        each(root, "step", Self.step)
        each(root, "finding", Self.finding)
        for index in part.rows.indices { part.rows[index].date = part.date }
    }

    private mutating func each(
        _ root: TOMLTable, _ name: String,
        _ read: (AdvisoryEntry, inout Part) throws(RuleError) -> Void
    ) {
        guard let value = root[name] else { return }
        guard let array = value.array else {
            faults.append(RuleError(file: file, key: name, problem: "must be written as [[\(name)]]"))
            return
        }
        let lines = RuleLines(text, of: name)
        for index in 0..<array.count {
            guard let table = array[index].table else {
                faults.append(RuleError(file: file, key: name, problem: "must hold tables"))
                return
            }
            let entry = AdvisoryEntry(
                file: file, array: name, ordinal: index, lines: lines, table: table)
            do throws(RuleError) {
                let id = name == "line" || name == "pair" ? nil : try entry.string("id")
                if let id, try !entry.flag("enabled", else: true) {
                    part.dropped.append((id, entry.line))
                } else {
                    try read(entry, &part)
                }
            } catch {
                faults.append(error)
            }
        }
    }

    private static func advisory(_ entry: AdvisoryEntry, _ part: inout Part) throws(RuleError) {
        try entry.check([
            "id", "component", "category", "sentence", "since", "fixed-in", "explains", "source", "enabled",
        ])
        guard let category = Advice.Category(rawValue: try entry.string("category")) else {
            let all = Advice.Category.allCases.map(\.rawValue).joined(separator: ", ")
            throw entry.problem("category", "is none of \(all)")
        }
        let advisory = Advisory(
            id: try entry.string("id"), component: try entry.string("component"), category: category,
            sentence: try entry.string("sentence"), since: try entry.version("since"),
            fixedIn: try entry.versions("fixed-in"),
            explains: try entry.strings("explains").map(IncidentKind.init(rawValue:)),
            source: try entry.string("source"))
        part.advisories.append(advisory)
        if let since = advisory.since, let newest = advisory.fixedIn.max() {
            part.bounds.append((advisory.id, since, newest))
        }
        let from = advisory.since.map { "from \($0)" }
        let fixed = advisory.fixedIn.isEmpty ? "no fix" : "fixed in " + advisory.fixedIn.listed
        part.rows.append(
            entry.row(
                advisory.component, advisory.id, category.rawValue,
                versions: [from, fixed].compactMap(\.self).joined(separator: ", "), advisory.sentence,
                source: advisory.source))
    }

    private static func line(_ entry: AdvisoryEntry, _ part: inout Part) throws(RuleError) {
        try entry.check(["component", "line", "end", "source"])
        let component = try entry.string("component")
        guard let name = try entry.version("line") else { throw entry.problem("line", "is missing") }
        let end = try entry.string("end")
        guard let day = WallTime(rfc3339: end + "T23:59:59Z") else {
            throw entry.problem("end", "\"\(end)\" is no date; write 2026-11-22")
        }
        let line = SupportedLine(
            component: component, line: name.line, end: day, source: try entry.string("source"))
        part.lines.append(line)
        part.rows.append(
            entry.row(
                component, "\(component) \(line.title)", Advice.Category.endOfLife.rawValue,
                versions: line.title,
                "upstream's last day with fixes for the \(line.title) line is \(day.date)",
                source: line.source))
    }
}
