// SPDX-License-Identifier: Apache-2.0
import HealthModel
import TOML

/// The rows of `[[setting]]`, `[[pair]]` and `[[step]]`.
extension AdvisoryReader {
    func readPreflight(_ root: TOMLTable, _ part: inout Part) throws(RuleError) {
        for table in try tables(root, "setting") {
            let id = try string(table, "id", nil)
            if table["enabled"]?.bool == false {
                part.dropped.append(id)
            } else {
                part.settings.append(try setting(table, id))
            }
        }
        for table in try tables(root, "pair") {
            try check(table, ["kubelet", "versions", "source"], nil)
            let kubelet = try string(table, "kubelet", nil)
            part.pairs.append(
                SupportedPair(
                    kubelet: try version(kubelet, "kubelet", kubelet),
                    versions: try versions(table, "versions", kubelet),
                    source: try string(table, "source", kubelet)))
        }
        for table in try tables(root, "step") {
            let id = try string(table, "id", nil)
            if table["enabled"]?.bool == false {
                part.dropped.append(id)
                continue
            }
            try check(table, ["id", "component", "at", "sentence", "source", "enabled"], id)
            part.steps.append(
                UpgradeStep(
                    id: id, component: try string(table, "component", id),
                    at: try versions(table, "at", id), sentence: try string(table, "sentence", id),
                    source: try string(table, "source", id)))
        }
    }

    private func setting(_ table: TOMLTable, _ id: String) throws(RuleError) -> SettingRule {
        let known = [
            "id", "component", "keys", "values", "beside", "since", "until", "effect", "serves-cri",
            "sentence", "do", "source", "enabled",
        ]
        try check(table, known, id)
        guard let effect = SettingRule.Effect(rawValue: try string(table, "effect", id)) else {
            throw problem(id, "effect", "is none of refused, ignored, deprecated")
        }
        let keys = try strings(table, "keys", id)
        guard !keys.isEmpty else { throw problem(id, "keys", "is missing") }
        var bounds: [SoftwareVersion?] = []
        for key in ["since", "until"] {
            guard table[key] != nil else {
                bounds.append(nil)
                continue
            }
            bounds.append(try version(try string(table, key, id), key, id))
        }
        if table["values"] != nil, table["values"]?.array == nil {
            throw problem(id, "values", "must be a list")
        }
        if table["serves-cri"] != nil, table["serves-cri"]?.bool == nil {
            throw problem(id, "serves-cri", "must be true or false")
        }
        return SettingRule(
            id: id, component: try string(table, "component", id), keys: keys,
            values: table["values"]?.array?.map { FileStamp.digest(ofValue: "\($0)") },
            beside: try strings(table, "beside", id), since: bounds[0], until: bounds[1], effect: effect,
            servesCRI: table["serves-cri"]?.bool ?? false, sentence: try string(table, "sentence", id),
            first: try string(table, "do", id), source: try string(table, "source", id))
    }

    private func check(_ table: TOMLTable, _ known: [String], _ id: String?) throws(RuleError) {
        for key in table.keys where !known.contains(key) { throw problem(id, key, "unknown key") }
    }

    private func versions(_ table: TOMLTable, _ key: String, _ id: String) throws(RuleError)
        -> [SoftwareVersion]
    {
        var versions: [SoftwareVersion] = []
        for text in try strings(table, key, id) { versions.append(try version(text, key, id)) }
        guard !versions.isEmpty else { throw problem(id, key, "is missing") }
        return versions
    }
}
