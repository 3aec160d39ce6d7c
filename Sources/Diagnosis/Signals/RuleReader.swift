// SPDX-License-Identifier: Apache-2.0
import HealthModel
import TOML

/// Reads rule documents.
enum RuleReader {
    /// A larger document is refused.
    static let sizeLimit = 1 << 20
    /// A document with more rules, or more classes, is refused.
    static let ruleLimit = 2000

    /// One entry of a document.
    enum Entry {
        /// A rule.
        case rule(SignalRule)
        /// A class.
        case classed(SignalClass)
        /// `enabled = false`: the rule or class with this id is switched off.
        case disabled(id: String)
    }

    /// Reads a document; the first fault is thrown.
    static func read(_ document: RuleDocument) throws(RuleError) -> [Entry] {
        let root = try parse(document)
        for key in root.keys where key != "rule" && key != "class" {
            throw RuleError(
                file: document.name, line: 1, key: key, problem: "unknown key", suggestion: "[[rule]]")
        }
        var ids: Set<String> = []
        return try entries(root, document, "rule", &ids) + entries(root, document, "class", &ids)
    }

    private static func entries(
        _ root: TOMLTable, _ document: RuleDocument, _ key: String, _ ids: inout Set<String>
    ) throws(RuleError) -> [Entry] {
        guard let value = root[key] else { return [] }
        let lines = RuleLines(document.text, of: key)
        guard let array = value.array, array.count <= ruleLimit else {
            throw RuleError(
                file: document.name, line: lines.headers.first, key: key,
                problem: "must be written [[\(key)]], at most \(ruleLimit) times")
        }
        var entries: [Entry] = []
        for ordinal in 0..<array.count {
            var place = RuleTable.Place(file: document.name, lines: lines, ordinal: ordinal)
            guard let table = array[ordinal].table else { throw place.error(nil, "must be a table") }
            place.id = table["id"]?.string
            let entry = try entry(key, RuleTable(table: table, path: "", place: place))
            guard ids.insert(place.id ?? "").inserted else {
                throw place.error("id", "this id is used twice")
            }
            entries.append(entry)
        }
        return entries
    }

    private static func parse(_ document: RuleDocument) throws(RuleError) -> TOMLTable {
        guard document.text.utf8.count <= sizeLimit else {
            throw RuleError(file: document.name, problem: "larger than \(sizeLimit) bytes")
        }
        guard !document.text.utf8.contains(0) else {
            throw RuleError(file: document.name, problem: "holds a NUL byte")
        }
        do {
            return try TOMLTable(string: document.text)
        } catch {
            throw RuleError(file: document.name, line: error.line, problem: error.description)
        }
    }

    private static func entry(_ key: String, _ table: RuleTable) throws(RuleError) -> Entry {
        try table.check(known: key == "rule" ? RuleKeys.all : RuleKeys.ofClass)
        let id = try table.required("id")
        guard RuleKeys.isKebab(id) else {
            throw table.error("id", "must be small letters, digits and dashes, at most 80")
        }
        if try table.bool("enabled") == false { return .disabled(id: id) }
        return key == "rule" ? .rule(try rule(id, table)) : .classed(try ClassReader.read(id, table))
    }

    private static func rule(_ id: String, _ table: RuleTable) throws(RuleError) -> SignalRule {
        let name = try table.required("signal")
        guard RuleKeys.isKebab(name) else {
            throw table.error("signal", "must be small letters, digits and dashes, at most 80")
        }
        let emitter = try table.string("emitter") ?? "application"
        guard let defaults = Emitter.named(emitter) else {
            throw table.error(
                "emitter", "\"\(emitter)\" is none of \(Emitter.names.joined(separator: ", "))",
                suggestion: EditDistance.nearest(to: emitter, among: Emitter.names))
        }
        let conditions = try RuleConditions.read(table)
        let benign = try table.bool("benign") ?? (name == SignalName.benign.rawValue)
        let rule = SignalRule(
            id: id, signal: SignalName(rawValue: name), noted: try table.string("noted"), emitter: emitter,
            sources: try sources(table) ?? defaults.sources,
            units: table.keys.contains("units") ? try table.strings("units") : defaults.units,
            identifiers: try table.strings("identifiers"), messageID: try messageID(table),
            fields: try table.dictionary("fields"), conditions: conditions.match, unless: conditions.unless,
            levels: Set(try table.strings("level")), needs: try table.strings("needs"),
            isFallback: try table.bool("fallback") ?? false, constants: try table.dictionary("set"),
            severity: try table.word("severity", Severity.self) ?? .info, isBenign: benign,
            meaning: try table.string("meaning") ?? "", clears: try table.string("clears"),
            examples: try table.strings("examples"), counterExamples: try table.strings("counter-examples"),
            reference: try table.string("reference"), versions: try table.string("versions"),
            incident: try RuleIncident.read(table, conditions.match), file: table.place.file,
            line: table.place.lines.line(ofRule: table.place.ordinal))
        guard rule.messageID != nil || !rule.conditions.isEmpty else {
            throw table.place.error(nil, "needs \"template\", \"match\" or \"message-id\"")
        }
        return rule
    }

    private static func sources(_ table: RuleTable) throws(RuleError) -> Set<JournalEntry.Source>? {
        guard table.keys.contains("source") else { return nil }
        var sources: Set<JournalEntry.Source> = []
        for text in try table.strings("source") {
            guard let source = JournalEntry.Source(rawValue: text) else {
                let all = JournalEntry.Source.precedence.map(\.rawValue)
                throw table.error(
                    "source", "\"\(text)\" is none of \(all.joined(separator: ", "))",
                    suggestion: EditDistance.nearest(to: text, among: all))
            }
            sources.insert(source)
        }
        return sources
    }

    private static func messageID(_ table: RuleTable) throws(RuleError) -> String? {
        guard let id = try table.string("message-id") else { return nil }
        guard id.utf8.count == 32, id.utf8.allSatisfy({ $0.isDigit || (0x61...0x66).contains($0) }) else {
            throw table.error("message-id", "must be 32 small hex digits")
        }
        return id
    }
}
