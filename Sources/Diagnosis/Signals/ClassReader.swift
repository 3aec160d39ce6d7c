// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Reads one `[[class]]`.
enum ClassReader {
    static func read(_ id: String, _ table: RuleTable) throws(RuleError) -> SignalClass {
        let signals = try table.strings("of")
        guard !signals.isEmpty, signals.allSatisfy(RuleKeys.isKebab) else {
            throw table.error("of", "must name signals: small letters, digits and dashes")
        }
        let templates = try RuleConditions.templates(table, "template")
        guard !templates.isEmpty else { throw table.place.error(nil, "needs \"template\"") }
        return SignalClass(
            id: id, signals: Set(signals.map(SignalName.init(rawValue:))),
            kind: IncidentKind(rawValue: try table.required("kind")), cause: try table.required("cause"),
            scope: try table.word("scope", SignalClass.Scope.self) ?? .many, templates: templates,
            unless: try RuleConditions.templates(table, "unless"), constants: try table.dictionary("set"),
            meaning: try table.string("meaning") ?? "", examples: try table.strings("examples"),
            counterExamples: try table.strings("counter-examples"),
            reference: try table.string("reference"), versions: try table.string("versions"),
            file: table.place.file, line: table.place.lines.line(ofRule: table.place.ordinal))
    }
}
