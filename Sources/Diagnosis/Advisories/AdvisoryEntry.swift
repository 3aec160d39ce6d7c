// SPDX-License-Identifier: Apache-2.0
import TOML

/// One row of a file, and where it stands; every complaint names the file, the line, the row and the key.
struct AdvisoryEntry {
    let file: String
    /// `advisory`, `line`, `setting`, `pair`, `step`, `finding`.
    let array: String
    let ordinal: Int
    let lines: RuleLines
    let table: TOMLTable

    /// The line of its header, from 1.
    var line: Int { lines.line(ofRule: ordinal) }

    /// What errors call it.
    private var name: String? {
        table["id"]?.string ?? table["kubelet"]?.string ?? table["component"]?.string
    }

    func check(_ known: [String]) throws(RuleError) {
        for key in table.keys.sorted() where !known.contains(key) { throw problem(key, "unknown key") }
    }

    func string(_ key: String) throws(RuleError) -> String {
        guard let text = table[key]?.string, !text.isEmpty else {
            throw problem(key, "is missing, or not a string")
        }
        return text
    }

    /// Nil where the key is not there.
    func optional(_ key: String) throws(RuleError) -> String? {
        table[key] == nil ? nil : try string(key)
    }

    func flag(_ key: String, else fallback: Bool) throws(RuleError) -> Bool {
        guard let value = table[key] else { return fallback }
        guard let flag = value.bool else { throw problem(key, "must be true or false") }
        return flag
    }

    /// Empty where the key is not there.
    func strings(_ key: String) throws(RuleError) -> [String] {
        guard let value = table[key] else { return [] }
        guard let array = value.array else { throw problem(key, "must be a list of strings") }
        var strings: [String] = []
        for index in 0..<array.count {
            guard let text = array[index].string else { throw problem(key, "must hold strings only") }
            strings.append(text)
        }
        return strings
    }

    /// Nil where the key is not there.
    func version(_ key: String) throws(RuleError) -> SoftwareVersion? {
        guard let text = try optional(key) else { return nil }
        return try read(text, key)
    }

    func versions(_ key: String) throws(RuleError) -> [SoftwareVersion] {
        var versions: [SoftwareVersion] = []
        for text in try strings(key) { versions.append(try read(text, key)) }
        return versions
    }

    private func read(_ text: String, _ key: String) throws(RuleError) -> SoftwareVersion {
        guard let version = SoftwareVersion(text) else { throw problem(key, "\"\(text)\" is no version") }
        return version
    }

    func problem(_ key: String, _ text: String) -> RuleError {
        RuleError(
            file: file, line: lines.line(ofKey: key, inRule: ordinal), rule: name, key: key, problem: text)
    }

    /// The row as it is listed.
    func row(
        _ component: String, _ id: String, _ category: String, versions: String, _ sentence: String,
        first: String = "", source: String
    ) -> AdvisoryRow {
        AdvisoryRow(
            table: array, id: id, component: component, category: category, versions: versions,
            sentence: sentence, first: first, source: source, date: "", file: file, line: line)
    }
}
