// SPDX-License-Identifier: Apache-2.0
import HealthModel
import TOML

/// The rows of `[[setting]]`, `[[pair]]`, `[[step]]` and `[[finding]]`.
extension AdvisoryReader {
    static func pair(_ entry: AdvisoryEntry, _ part: inout Part) throws(RuleError) {
        try entry.check(["kubelet", "versions", "source"])
        guard let kubelet = try entry.version("kubelet") else {
            throw entry.problem("kubelet", "is missing")
        }
        let pair = SupportedPair(
            kubelet: kubelet, versions: try some(entry, "versions"), source: try entry.string("source"))
        part.pairs.append(pair)
        let line = kubelet.line.map(String.init).joined(separator: ".")
        part.rows.append(
            entry.row(
                "kubelet", "kubelet \(line)", "compatibility", versions: line,
                "upstream lists containerd \(pair.versions.listed), each or later of its line",
                source: pair.source))
    }

    static func step(_ entry: AdvisoryEntry, _ part: inout Part) throws(RuleError) {
        try entry.check(["id", "component", "at", "sentence", "source", "enabled"])
        let step = UpgradeStep(
            id: try entry.string("id"), component: try entry.string("component"),
            at: try some(entry, "at"), sentence: try entry.string("sentence"),
            source: try entry.string("source"))
        part.steps.append(step)
        part.rows.append(
            entry.row(
                step.component, step.id, "step", versions: "from \(step.at.listed)", step.sentence,
                source: step.source))
    }

    static func setting(_ entry: AdvisoryEntry, _ part: inout Part) throws(RuleError) {
        try entry.check([
            "id", "component", "keys", "values", "elements", "beside", "since", "until", "effect",
            "serves-cri", "sentence", "do", "source", "enabled",
        ])
        guard let effect = SettingRule.Effect(rawValue: try entry.string("effect")) else {
            throw entry.problem("effect", "is none of refused, ignored, deprecated")
        }
        let keys = try entry.strings("keys")
        guard !keys.isEmpty else { throw entry.problem("keys", "is missing") }
        if entry.table["values"] != nil, entry.table["values"]?.array == nil {
            throw entry.problem("values", "must be a list")
        }
        let rule = SettingRule(
            id: try entry.string("id"), component: try entry.string("component"), keys: keys,
            values: entry.table["values"]?.array?.map { FileStamp.digest(ofValue: "\($0)") },
            elements: try entry.strings("elements").map { FileStamp.digest(ofValue: "string(\"\($0)\")") },
            beside: try entry.strings("beside"), since: try entry.version("since"),
            until: try entry.version("until"), effect: effect,
            servesCRI: try entry.flag("serves-cri", else: false), sentence: try entry.string("sentence"),
            first: try entry.string("do"), source: try entry.string("source"))
        part.settings.append(rule)
        if let since = rule.since, let until = rule.until { part.bounds.append((rule.id, since, until)) }
        let bounds = [rule.since.map { "from \($0)" }, rule.until.map { "before \($0)" }]
        part.rows.append(
            entry.row(
                rule.component, rule.id, effect.rawValue,
                versions: bounds.compactMap(\.self).joined(separator: ", "), rule.sentence,
                first: rule.first, source: rule.source))
    }

    /// What preflight finds by itself, in words.
    static func finding(_ entry: AdvisoryEntry, _ part: inout Part) throws(RuleError) {
        try entry.check(["id", "sentence", "do", "source", "enabled"])
        part.rows.append(
            entry.row(
                "", try entry.string("id"), "finding", versions: "", try entry.string("sentence"),
                first: try entry.string("do"), source: try entry.optional("source") ?? ""))
    }

    private static func some(_ entry: AdvisoryEntry, _ key: String) throws(RuleError) -> [SoftwareVersion] {
        let versions = try entry.versions(key)
        guard !versions.isEmpty else { throw entry.problem(key, "is missing") }
        return versions
    }
}
