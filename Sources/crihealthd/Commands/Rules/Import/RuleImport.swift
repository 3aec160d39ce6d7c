// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthEndpoint

/// Rules of node-problem-detector as rules of ours, and what of them could not be carried over.
///
/// There a pattern must reach the end of the line (`CompilePattern` of its log_buffer.go), an event has no end, and a
/// condition lasts until the detector restarts. Here a template is tied to the end in its place, and every incident ends.
struct RuleImport {
    /// Quiet after which what was an event, or a condition, ends.
    static let (eventQuiet, conditionQuiet) = ("5m", "1d")

    /// One rule of ours: rules of the same type, condition and reason are one.
    private struct Imported {
        var id: String
        var type: String
        var kind: String
        var reason: String
        var templates: [String] = []
        var patterns: [String] = []
        var notes: [String] = []
    }

    /// The rules, as a file of rules.d.
    private(set) var toml = ""
    /// How many rules were read, and how many patterns of them are in ``toml``.
    private(set) var (read, carried) = (0, 0)
    /// What differs, and what is missing.
    private(set) var remarks: [String] = []

    private let monitor: ProblemDetectorMonitor
    private let name: String
    private let emitter: String
    private let identifier: String?

    /// Imports; `name` is that of the file, for people.
    init(_ monitor: ProblemDetectorMonitor, name: String) {
        self.monitor = monitor
        self.name = name
        (emitter, identifier) = Self.speaker(monitor)
        read = monitor.rules.count
        var imported: [Imported] = []
        for rule in monitor.rules { take(rule, &imported) }
        toml = header + imported.compactMap { block($0) }.joined()
        describe()
    }

    /// Who writes the lines: an emitter of ours, and an identifier where we have none for it.
    private static func speaker(_ monitor: ProblemDetectorMonitor) -> (emitter: String, identifier: String?) {
        let source = (monitor.pluginConfig?.source ?? monitor.source).lowercased()
        if monitor.plugin == ProblemDetectorMonitor.Plugin.kmsg.rawValue { return ("kernel", nil) }
        let known = [
            "kernel": "kernel", "systemd": "systemd", "kubelet": "kubelet", "dockerd": "docker",
            "docker": "docker",
            "containerd": "containerd", "crio": "cri-o",
        ]
        if let emitter = known[source] { return (emitter, nil) }
        if let near = known.keys.sorted().first(where: { source.hasPrefix($0) }) {
            return (known[near] ?? "", nil)
        }
        return ("application", source)
    }

    private mutating func take(_ rule: ProblemDetectorMonitor.Rule, _ imported: inout [Imported]) {
        let kind = Self.camelCase(rule.type == "permanent" ? rule.condition ?? rule.reason : rule.reason)
        if !["temporary", "permanent"].contains(rule.type) {
            remarks.append("\(rule.reason): type \"\(rule.type)\" is taken for temporary")
        }
        guard let pattern = rule.pattern, !kind.isEmpty else {
            return remarks.append("\(rule.reason): not carried over: it has no pattern, or no name")
        }
        do throws(RegexTemplates.Problem) {
            let regex = try RegexTemplates(pattern, tiesEnd: true)
            if let fault = Self.fault(regex.templates) {
                return remarks.append("\(rule.reason): not carried over: \(fault): \(pattern)")
            }
            carried += 1
            let id = "npd-" + Self.kebab(monitor.source) + "-" + Self.kebab(rule.reason)
            let index =
                imported.firstIndex { $0.id == id && $0.type == rule.type && $0.kind == kind }
                ?? {
                    let isTaken = imported.contains { $0.id == id }
                    let own = isTaken ? "\(id)-\(imported.count + 1)" : id
                    imported.append(Imported(id: own, type: rule.type, kind: kind, reason: rule.reason))
                    return imported.count - 1
                }()
            imported[index].templates += regex.templates.filter { !imported[index].templates.contains($0) }
            imported[index].patterns.append(pattern)
            imported[index].notes += regex.notes.filter { !imported[index].notes.contains($0) }
            remarks += regex.notes.map { "\(rule.reason): \($0): \(pattern)" }
        } catch {
            remarks.append("\(rule.reason): not carried over: \(error.description): \(pattern)")
        }
    }

    /// Why the rules' reader would refuse these templates; nil when it takes them.
    private static func fault(_ templates: [String]) -> String? {
        let text = "[[rule]]\nid = \"x\"\nsignal = \"x\"\n\(TOMLText.list("template", templates))\n"
        do throws(RuleError) {
            _ = try SignalRules(documents: [RuleDocument(name: "", text: text)])
            return nil
        } catch {
            return error.problem
        }
    }

    private mutating func describe() {
        if emitter == "application" {
            remarks.append(
                "lines of \"\(identifier ?? "")\" are read only if its unit is in the configuration's journal.units"
            )
        }
        if monitor.plugin == ProblemDetectorMonitor.Plugin.filelog.rawValue {
            remarks.append(
                "it read the file \(monitor.logPath ?? ""); crihealthd reads the journal, not files")
        }
        if monitor.rules.contains(where: { $0.type == "permanent" }) {
            remarks.append(
                "a permanent problem lasted until a restart; here its incident ends after \(Self.conditionQuiet) of quiet"
                    + ": give it `clear`, a signal that proves its end, where there is one")
        }
    }

    // MARK: Text

    private var header: String {
        """
        # Rules of node-problem-detector's \(Self.plain(name)) (source \(Self.plain(monitor.source))), by `crihealthd rules import`.
        # Check them: crihealthd rules lint FILE; try them: journalctl -b -o export | crihealthd rules test FILE

        """
    }

    private func block(_ rule: Imported) -> String? {
        let isCondition = rule.type == "permanent"
        let severity = isCondition ? "warning" : "info"
        var lines = [
            "", "[[rule]]", "id = \"\(rule.id)\"", "signal = \"\(rule.id)\"", "emitter = \"\(emitter)\"",
        ]
        if let identifier { lines.append("identifiers = [\(TOMLText.string(identifier))]") }
        lines.append("severity = \"\(severity)\"")
        lines.append("meaning = \(TOMLText.string("what node-problem-detector calls \(rule.reason)"))")
        lines += rule.patterns.map { "# was: \(Self.plain($0))" } + rule.notes.map { "# note: \($0)" }
        lines.append(TOMLText.list("template", rule.templates))
        lines += [
            "[rule.incident]", "kind = \"\(rule.kind)\"", "severity = \"\(severity)\"",
            "sentence = \(TOMLText.string("The log says what node-problem-detector calls \(rule.reason)."))",
            "quiet = \"\(isCondition ? Self.conditionQuiet : Self.eventQuiet)\"", "",
        ]
        return lines.joined(separator: "\n")
    }

    /// Fit for a comment.
    private static func plain(_ text: String) -> String { TerminalText.line(text) }

    private static func camelCase(_ text: String) -> String {
        let parts = text.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let name = parts.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined().drop { !$0.isLetter }
        return String(name.prefix(64))
    }

    private static func kebab(_ text: String) -> String {
        var name = ""
        var previous: Character = "-"
        for character in text where character.isASCII {
            if character.isUppercase, previous.isLowercase || previous.isNumber { name += "-" }
            previous = character
            if character.isLetter || character.isNumber {
                name += character.lowercased()
            } else if !name.hasSuffix("-") {
                name += "-"
            }
        }
        return String(name.drop { $0 == "-" }.prefix(36))
    }
}
