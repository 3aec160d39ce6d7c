// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// One rule: which line of whom means what. Read from TOML (`README.md` beside this file tells the keys).
public struct SignalRule: Hashable, Sendable {
    /// One condition on the line: any of the templates must be in the named part of it.
    public struct Condition: Hashable, Sendable {
        /// `message` (the raw line), `msg` (what the emitter says), or a field of the line (`error`,
        /// `plugin`, …).
        public var field: String
        /// Any of these.
        public var templates: [Template]
    }

    /// Unique, kebab-case.
    public var id: String
    /// What it says to diagnoses.
    public var signal: SignalName
    /// Why no diagnosis listens to it; nil: one does.
    public var noted: String?
    /// Who writes the line: `containerd`, `cri-o`, `kubelet`, `systemd`, `kernel`, …
    public var emitter: String
    /// Who must speak, by the journal's trusted fields.
    public var sources: Set<JournalEntry.Source>
    /// Names or globs (`k3s*.service`); an entry without a unit passes. Empty: any.
    public var units: [String]
    /// Names or globs of `SYSLOG_IDENTIFIER`; empty: any.
    public var identifiers: [String]
    /// systemd's own entries are known by this and by ``fields``, not by sentence.
    public var messageID: String?
    /// Journal fields and what each must be.
    public var fields: [String: String]
    /// All of these must hold.
    public var conditions: [Condition]
    /// None of these may hold: the near-misses.
    public var unless: [Condition]
    /// Levels that the line may have, in logrus' words; empty: any.
    public var levels: Set<String>
    /// Fields of the line that must be there.
    public var needs: [String]
    /// Speaks only where no other rule but a benign one knew the line.
    public var isFallback: Bool
    /// Captures that every signal of this rule has.
    public var constants: [String: String]
    /// How bad the line is by itself.
    public var severity: Severity
    /// Nothing to worry about.
    public var isBenign: Bool
    /// What it means, one line.
    public var meaning: String
    /// What ends it, one line; nil where nothing needs to.
    public var clears: String?
    /// Lines that the rule must know.
    public var examples: [String]
    /// Lines that look alike and that it must not take.
    public var counterExamples: [String]
    /// Where the fact comes from.
    public var reference: String?
    /// Versions of the emitter that write it.
    public var versions: String?
    /// The incident that it opens by itself.
    public var incident: RuleIncident?
    /// The document it comes from.
    public var file: String
    /// Where in it, from 1.
    public var line: Int

    /// Names of all captures that a signal of this rule may have.
    public var captureNames: Set<String> {
        Set(conditions.flatMap(\.templates).flatMap(\.captureNames)).union(constants.keys)
    }

    /// An entry that has this message and passes the rule's checks of source, unit, identifier, id and
    /// fields: what its examples are tried with.
    public func sample(_ message: String) -> JournalEntry {
        let source = JournalEntry.Source.precedence.first(where: sources.contains) ?? .unit
        return JournalEntry(
            cursor: "",
            at: Moment(wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0)),
            source: source, unit: units.first.map(Self.concrete),
            identifier: identifiers.first.map(Self.concrete),
            messageID: messageID, message: message, fields: fields)
    }

    private static func concrete(_ glob: String) -> String {
        String(glob.filter { $0 != "*" }.map { $0 == "?" ? "0" : $0 })
    }
}

extension JournalEntry.Source {
    /// All, the most usual first.
    static let precedence: [Self] = [.unit, .manager, .kernel, .conmon, .coredump, .journald]
}
