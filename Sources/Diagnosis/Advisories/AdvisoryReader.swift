// SPDX-License-Identifier: Apache-2.0
import HealthModel
import TOML

/// Reads one file of advisories; every complaint names the file, the entry and the key.
struct AdvisoryReader {
    /// What one file says.
    struct Part {
        var date = ""
        var advisories: [Advisory] = []
        var lines: [SupportedLine] = []
        /// Ids that it switches off.
        var dropped: [String] = []
        var settings: [SettingRule] = []
        var pairs: [SupportedPair] = []
        var steps: [UpgradeStep] = []
    }

    private let file: String
    private let text: String

    init(_ document: RuleDocument) {
        file = document.name
        text = document.text
    }

    func read() throws(RuleError) -> Part {
        let root: TOMLTable
        do { root = try TOMLTable(string: text) } catch {
            throw RuleError(file: file, line: error.line, problem: "not TOML: \(error)")
        }
        var part = Part()
        for key in root.keys where !["date", "advisory", "line", "setting", "pair", "step"].contains(key) {
            throw problem(nil, key, "unknown key")
        }
        part.date = root["date"]?.string ?? ""
        for table in try tables(root, "advisory") {
            let id = try string(table, "id", nil)
            if table["enabled"]?.bool == false {
                part.dropped.append(id)
            } else {
                part.advisories.append(try advisory(table, id))
            }
        }
        for table in try tables(root, "line") { part.lines.append(try line(table)) }
        try readPreflight(root, &part)
        return part
    }

    private func advisory(_ table: TOMLTable, _ id: String) throws(RuleError) -> Advisory {
        let known = [
            "id", "component", "category", "sentence", "since", "fixed-in", "explains", "source", "enabled",
        ]
        for key in table.keys where !known.contains(key) { throw problem(id, key, "unknown key") }
        guard let category = Advice.Category(rawValue: try string(table, "category", id)) else {
            let all = Advice.Category.allCases.map(\.rawValue).joined(separator: ", ")
            throw problem(id, "category", "is none of \(all)")
        }
        var since: SoftwareVersion?
        if let text = table["since"]?.string { since = try version(text, "since", id) }
        var fixed: [SoftwareVersion] = []
        for text in try strings(table, "fixed-in", id) { fixed.append(try version(text, "fixed-in", id)) }
        return Advisory(
            id: id, component: try string(table, "component", id), category: category,
            sentence: try string(table, "sentence", id), since: since, fixedIn: fixed,
            explains: try strings(table, "explains", id).map(IncidentKind.init(rawValue:)),
            source: try string(table, "source", id))
    }

    private func line(_ table: TOMLTable) throws(RuleError) -> SupportedLine {
        let component = try string(table, "component", nil)
        let name = try string(table, "line", component)
        let end = try string(table, "end", component)
        guard let day = WallTime(rfc3339: end + "T23:59:59Z") else {
            throw problem("\(component) \(name)", "end", "\"\(end)\" is no date; write 2026-11-22")
        }
        return SupportedLine(
            component: component, line: try version(name, "line", component).line, end: day,
            source: try string(table, "source", component))
    }

    // MARK: Values

    func tables(_ root: TOMLTable, _ key: String) throws(RuleError) -> [TOMLTable] {
        guard let value = root[key] else { return [] }
        guard let array = value.array else { throw problem(nil, key, "must be written as [[\(key)]]") }
        var tables: [TOMLTable] = []
        for index in 0..<array.count {
            guard let table = array[index].table else { throw problem(nil, key, "must hold tables") }
            tables.append(table)
        }
        return tables
    }

    func string(_ table: TOMLTable, _ key: String, _ id: String?) throws(RuleError) -> String {
        guard let text = table[key]?.string, !text.isEmpty else {
            throw problem(id, key, "is missing, or not a string")
        }
        return text
    }

    func strings(_ table: TOMLTable, _ key: String, _ id: String) throws(RuleError) -> [String] {
        guard let value = table[key] else { return [] }
        guard let array = value.array else { throw problem(id, key, "must be a list of strings") }
        var strings: [String] = []
        for index in 0..<array.count {
            guard let text = array[index].string else { throw problem(id, key, "must hold strings only") }
            strings.append(text)
        }
        return strings
    }

    func version(_ text: String, _ key: String, _ id: String) throws(RuleError) -> SoftwareVersion {
        guard let version = SoftwareVersion(text) else {
            throw problem(id, key, "\"\(text)\" is no version")
        }
        return version
    }

    func problem(_ id: String?, _ key: String, _ text: String) -> RuleError {
        RuleError(file: file, rule: id, key: key, problem: text)
    }
}
