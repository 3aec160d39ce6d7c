// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Whom a rule listens to.
struct Audience: Sendable {
    private let sources: Set<JournalEntry.Source>
    private let units: [Glob]
    private let identifiers: [Glob]
    private let messageID: String?
    private let fields: [String: String]
    private let emitter: String

    init(_ rule: SignalRule) {
        sources = rule.sources
        units = rule.units.map(Glob.init)
        identifiers = rule.identifiers.map(Glob.init)
        messageID = rule.messageID
        fields = rule.fields
        emitter = rule.emitter
    }

    /// What is the same of many rules.
    var party: Party { Party(sources: sources, units: units, identifiers: identifiers, emitter: emitter) }

    /// The part of an audience that is the same for many rules, asked once an entry: who speaks of which units. Not to be
    /// kept by unit: who wrote a line of an embedded component is read in the line.
    struct Party: Hashable, Sendable {
        fileprivate let sources: Set<JournalEntry.Source>
        fileprivate let units: [Glob]
        fileprivate let identifiers: [Glob]
        fileprivate let emitter: String

        /// Whether the entry is of one of them.
        func has(_ entry: JournalEntry) -> Bool {
            sources.contains(entry.source) && Self.passes(units, entry.unit)
                && Self.passes(identifiers, entry.identifier) && Emitter.couldWrite(emitter, entry)
        }

        private static func passes(_ globs: [Glob], _ name: String?) -> Bool {
            guard !globs.isEmpty, let name else { return true }
            return globs.contains { $0.matches(name) }
        }
    }

    /// Whether what else the rule asks of an entry holds.
    func wants(_ entry: JournalEntry) -> Bool {
        (messageID == nil || messageID == entry.messageID)
            && (fields.isEmpty || fields.allSatisfy { entry.fields[$0.key] == $0.value })
    }
}
