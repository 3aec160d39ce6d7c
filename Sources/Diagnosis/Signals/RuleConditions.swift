// SPDX-License-Identifier: Apache-2.0
import TOML

/// Reads `template`, `match` and `unless`.
enum RuleConditions {
    static func read(
        _ table: RuleTable
    ) throws(RuleError) -> (match: [SignalRule.Condition], unless: [SignalRule.Condition]) {
        var match = try condition(table, "template", field: "message").map { [$0] } ?? []
        if let below = try table.below("match") { match += try conditions(below) }
        let unless: [SignalRule.Condition]
        if table.table["unless"]?.table != nil {
            unless = try table.below("unless").map { below throws(RuleError) in try conditions(below) } ?? []
        } else {
            unless = try condition(table, "unless", field: "message").map { [$0] } ?? []
        }
        return (match, unless)
    }

    private static func conditions(_ table: RuleTable) throws(RuleError) -> [SignalRule.Condition] {
        var all: [SignalRule.Condition] = []
        for key in table.keys.sorted() {
            if let one = try condition(table, key, field: key) { all.append(one) }
        }
        return all
    }

    private static func condition(
        _ table: RuleTable, _ key: String, field: String
    ) throws(RuleError) -> SignalRule.Condition? {
        let templates = try templates(table, key)
        return templates.isEmpty ? nil : SignalRule.Condition(field: field, templates: templates)
    }

    /// The templates of a key; empty where it is missing.
    static func templates(_ table: RuleTable, _ key: String) throws(RuleError) -> [Template] {
        let sources = try table.strings(key)
        guard table.keys.contains(key) else { return [] }
        guard !sources.isEmpty else { throw table.error(key, "holds no template") }
        var templates: [Template] = []
        for source in sources {
            do {
                templates.append(try Template(source))
            } catch {
                throw table.error(key, "template \"\(source.prefix(60))\": \(error)")
            }
        }
        return templates
    }
}

extension Template.Fault: CustomStringConvertible {
    /// In words.
    public var description: String {
        switch self {
        case .noLiteral: "needs some plain text"
        case .unclosed: "{ without }; write {{ for a brace"
        case .unopened: "} without {; write }} for a brace"
        case .adjacent: "two captures need plain text between them"
        case .name(let name): "\"\(name)\" is no name; write letters, digits and _"
        case .kind(let kind):
            "\"\(kind)\" is none of \(Template.Kind.allCases.map(\.rawValue).joined(separator: ", "))"
        case .duplicate(let name): "\"\(name)\" is used twice"
        case .floating: "begins with a bounded capture; write ^ or some text before it"
        case .tooLong: "longer than \(Template.lengthLimit) bytes or more than \(Template.stepLimit) captures"
        }
    }
}
