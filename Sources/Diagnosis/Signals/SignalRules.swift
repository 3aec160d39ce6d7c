public import HealthModel

/// All rules, ready to be asked: which lines mean what.
///
/// A value, pure, and safe on any thread. Two questions: ``mightMatch(_:)`` (cheap, for every line) and
/// ``recognize(_:)`` (for those that passed).
public struct SignalRules: Sendable {
    /// Longest capture of a signal, in bytes.
    static let captureLimit = 512
    /// Longest excerpt, in bytes.
    static let excerptLimit = 512

    /// One reference, so that a copy of the rules costs nothing.
    private let storage: Storage

    /// In the order of their documents; a rule that was replaced keeps its place.
    public var rules: [SignalRule] { storage.rules }
    /// `MESSAGE_ID`s that rules ask for: an entry with one of them must be recognised even where
    /// ``mightMatch(_:)`` says no.
    public var messageIDs: Set<String> { storage.messageIDs }
    /// One per rule.
    var compiled: [CompiledRule] { storage.compiled }
    /// Over the literals of all rules.
    var automaton: LiteralAutomaton { storage.automaton }

    /// Compiles rules.
    init(rules: [SignalRule]) throws(RuleError) { storage = try Storage(rules) }

    /// Whether any rule could know this message. Allocates nothing. A no is final, but for entries whose
    /// `MESSAGE_ID` is in ``messageIDs``; a yes only means that ``recognize(_:)`` must look.
    public func mightMatch(_ message: UnsafeRawBufferPointer) -> Bool { storage.automaton.matches(message) }

    /// The same of an entry, its `MESSAGE_ID` included.
    public func mightMatch(_ entry: JournalEntry) -> Bool {
        if let id = entry.messageID, messageIDs.contains(id) { return true }
        var message = entry.message
        return message.withUTF8 { storage.automaton.matches(UnsafeRawBufferPointer($0)) }
    }

    /// All that this entry means, in the order of the rules; empty where no rule knows it.
    public func recognize(_ entry: JournalEntry) -> [Signal] {
        let line = LogLine(entry.message)
        var candidates: [Int] = []
        for literal in storage.automaton.found(in: line.raw) {
            for index in storage.owners[literal] where !candidates.contains(index) {
                candidates.append(index)
            }
        }
        if let id = entry.messageID {
            for index in storage.byMessageID[id, default: []] where !candidates.contains(index) {
                candidates.append(index)
            }
        }
        candidates.sort()
        var known: [(rule: SignalRule, captures: [String: String])] = []
        for index in candidates {
            let compiled = storage.compiled[index]
            if let captures = compiled.match(entry, line) { known.append((compiled.rule, captures)) }
        }
        let isKnown = known.contains { !$0.rule.isFallback && !$0.rule.isBenign }
        if isKnown { known.removeAll(where: \.rule.isFallback) }
        return known.map { signal($0.rule, $0.captures, entry, line) }
    }

    private func signal(
        _ rule: SignalRule, _ captures: [String: String], _ entry: JournalEntry, _ line: LogLine
    ) -> Signal {
        Signal(
            rule: rule.id, name: rule.signal, at: entry.at, unit: entry.unit, cursor: entry.cursor,
            captures: captures, excerpt: PlainText.clean(line.text, limit: Self.excerptLimit))
    }
}
