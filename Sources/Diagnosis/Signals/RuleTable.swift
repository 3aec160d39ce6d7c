// SPDX-License-Identifier: Apache-2.0
import TOML

/// One table of a rule file, read key by key; every complaint names its place.
struct RuleTable {
    let table: TOMLTable
    /// Where this table is below the rule (`match`), for messages; empty for the rule itself.
    let path: String
    let place: Place

    /// What an error says about where.
    struct Place {
        let file: String
        let lines: RuleLines
        let ordinal: Int
        var id: String?

        func error(_ key: String?, _ problem: String, suggestion: String? = nil) -> RuleError {
            let line = key.map { lines.line(ofKey: $0, inRule: ordinal) } ?? lines.line(ofRule: ordinal)
            return RuleError(
                file: file, line: line, rule: id, key: key, problem: problem, suggestion: suggestion)
        }
    }

    var keys: [String] { table.keys }

    func name(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

    /// Refuses keys that nobody reads.
    func check(known: [String]) throws(RuleError) {
        for key in keys where !known.contains(key) {
            throw place.error(
                name(key), "unknown key", suggestion: EditDistance.nearest(to: key, among: known))
        }
    }

    func error(_ key: String, _ problem: String, suggestion: String? = nil) -> RuleError {
        place.error(name(key), problem, suggestion: suggestion)
    }

    func string(_ key: String) throws(RuleError) -> String? {
        guard let value = table[key] else { return nil }
        guard let string = value.string else { throw error(key, "must be a string") }
        return string
    }

    func required(_ key: String) throws(RuleError) -> String {
        guard let value = try string(key), !value.isEmpty else {
            throw place.error(nil, "key \"\(name(key))\" is missing")
        }
        return value
    }

    func bool(_ key: String) throws(RuleError) -> Bool? {
        guard let value = table[key] else { return nil }
        guard let bool = value.bool else { throw error(key, "must be true or false") }
        return bool
    }

    func int(_ key: String) throws(RuleError) -> Int? {
        guard let value = table[key] else { return nil }
        guard let int = value.int else { throw error(key, "must be a whole number") }
        return int
    }

    /// A string or a list of strings; empty where the key is missing.
    func strings(_ key: String) throws(RuleError) -> [String] {
        guard let value = table[key] else { return [] }
        if let one = value.string { return [one] }
        guard let array = value.array else { throw error(key, "must be a string or a list of strings") }
        var strings: [String] = []
        for index in 0..<array.count {
            guard let string = array[index].string else { throw error(key, "must hold strings only") }
            strings.append(string)
        }
        return strings
    }

    /// A table of strings; empty where the key is missing.
    func dictionary(_ key: String) throws(RuleError) -> [String: String] {
        guard let below = try self.below(key) else { return [:] }
        var result: [String: String] = [:]
        for key in below.keys { result[key] = try below.required(key) }
        return result
    }

    func below(_ key: String) throws(RuleError) -> RuleTable? {
        guard let value = table[key] else { return nil }
        guard let table = value.table else { throw error(key, "must be a table") }
        return RuleTable(table: table, path: name(key), place: place)
    }

    /// One of the words of an enumeration; nil where the key is missing.
    func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Word.Type
    ) throws(RuleError) -> Word? where Word.RawValue == String {
        guard let text = try string(key) else { return nil }
        return try word(text, key, type)
    }

    func word<Word: RawRepresentable & CaseIterable>(
        _ text: String, _ key: String, _ type: Word.Type
    ) throws(RuleError) -> Word where Word.RawValue == String {
        if let word = Word(rawValue: text) { return word }
        let all = Word.allCases.map(\.rawValue)
        throw error(
            key, "\"\(text)\" is none of \(all.joined(separator: ", "))",
            suggestion: EditDistance.nearest(to: text, among: all))
    }

    /// `500ms`, `30s`, `5m`, `1h30m`, `2d`; nil where the key is missing.
    func duration(_ key: String) throws(RuleError) -> Duration? {
        guard let text = try string(key) else { return nil }
        guard let duration = Self.duration(text) else {
            throw error(key, "\"\(text)\" is no duration; write 500ms, 30s, 5m, 1h30m or 2d")
        }
        return duration
    }

    static func duration(_ text: String) -> Duration? {
        var rest = Substring(text)
        var total = Duration.zero
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Int64(digits), number <= 1_000_000_000, let one = units[String(unit)] else {
                return nil
            }
            total += one * Int(number)
        }
        return total
    }

    private static let units: [String: Duration] = [
        "ms": .milliseconds(1), "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600),
        "d": .seconds(86_400),
    ]
}
