// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// An incident of the rule's own, opened by counting and cleared by a signal or by quiet (`[rule.incident]`).
public struct RuleIncident: Hashable, Sendable {
    /// Which kind it opens; mostly one of the site's own.
    public var kind: IncidentKind
    /// How bad.
    public var severity: Severity
    /// What it says, one sentence; `{name}` stands for a capture.
    public var sentence: String
    /// How many signals within ``within`` open it; at least 1.
    public var count: Int
    /// The window of ``count``.
    public var within: Duration
    /// The signal that clears it.
    public var clear: SignalName?
    /// How long the rule must be silent for it to be cleared; without it, only ``clear`` does.
    public var quiet: Duration?

    /// Makes one.
    public init(
        kind: IncidentKind, severity: Severity, sentence: String, count: Int = 1,
        within: Duration = .seconds(300),
        clear: SignalName? = nil, quiet: Duration? = nil
    ) {
        self.kind = kind
        self.severity = severity
        self.sentence = sentence
        self.count = count
        self.within = within
        self.clear = clear
        self.quiet = quiet
    }
}

extension RuleIncident {
    /// Reads `[rule.incident]`; nil where there is none.
    static func read(_ rule: RuleTable, _ conditions: [SignalRule.Condition]) throws(RuleError)
        -> RuleIncident?
    {
        guard let table = try rule.below("incident") else { return nil }
        try table.check(known: RuleKeys.incident)
        let count = try table.int("count") ?? 1
        guard (1...countLimit).contains(count) else {
            throw table.error("count", "must be 1 to \(countLimit)")
        }
        let within = try table.duration("within") ?? .seconds(300)
        guard within > .zero else { throw table.error("within", "must be above zero") }
        let quiet = try table.duration("quiet")
        if let quiet, quiet < shortestQuiet {
            throw table.error(
                "quiet", "must be 1s or more: a line can be read half a second after it was written")
        }
        let clear = try table.string("clear").map(SignalName.init(rawValue:))
        guard clear != nil || quiet != nil else {
            throw rule.error("incident", "needs \"clear\" or \"quiet\": something must end it")
        }
        let known = Set(conditions.flatMap(\.templates).flatMap(\.captureNames))
            .union(try rule.dictionary("set").keys)
        return RuleIncident(
            kind: try kind(table), severity: try table.word("severity", Severity.self) ?? .warning,
            sentence: try sentence(table, known), count: count, within: within, clear: clear, quiet: quiet)
    }

    /// Quiet is counted from when a line was written. journald announces it up to half a second later (systemd 247 to 262),
    /// and now and then that is when it is first seen: with a shorter quiet its incident would be over before it opened.
    static let shortestQuiet: Duration = .seconds(1)

    /// More signals than this need not be counted.
    static let countLimit = 100

    private static func kind(_ table: RuleTable) throws(RuleError) -> IncidentKind {
        let kind = try table.required("kind")
        let isName = kind.utf8.allSatisfy { $0.isDigit || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) }
        guard isName, kind.first?.isUppercase == true, kind.utf8.count <= 64 else {
            throw table.error("kind", "must be CamelCase, at most 64 letters and digits")
        }
        return IncidentKind(rawValue: kind)
    }

    private static func sentence(_ table: RuleTable, _ known: Set<String>) throws(RuleError) -> String {
        let sentence = try table.required("sentence")
        for piece in sentence.split(separator: "{").dropFirst(sentence.hasPrefix("{") ? 0 : 1) {
            let name = String(piece.prefix { $0 != "}" })
            guard !known.contains(name) else { continue }
            throw table.error(
                "sentence", "\"\(name.prefix(40))\" is no capture of this rule",
                suggestion: EditDistance.nearest(to: name, among: known.sorted()))
        }
        return sentence
    }
}
