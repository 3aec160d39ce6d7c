// SPDX-License-Identifier: Apache-2.0
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

    /// In the order of their documents; the first that knows a text wins.
    public var classes: [SignalClass] { storage.classes }

    /// Compiles rules and classes.
    init(rules: [SignalRule], classes: [SignalClass] = []) throws(RuleError) {
        storage = try Storage(rules, classes)
    }

    /// Whether any rule could know this message. Allocates nothing. A no is final, but for entries whose
    /// `MESSAGE_ID` is in ``messageIDs``; a yes only means that ``recognize(_:)`` must look.
    public func mightMatch(_ message: Span<UInt8>) -> Bool { storage.mightMatch(message) }

    /// Whether an engine has use for this message: a rule could know it, or it says that something failed, which is told
    /// even where no rule does.
    public func wants(_ message: Span<UInt8>) -> Bool {
        storage.mightMatch(message) || ErrorLevel.isError(message)
    }

    /// The same of an entry, its `MESSAGE_ID` included.
    public func mightMatch(_ entry: JournalEntry) -> Bool {
        if let id = entry.messageID, messageIDs.contains(id) { return true }
        return storage.mightMatch(entry.message.utf8.span)
    }

    /// All that this entry means, in the order of the rules; empty where no rule knows it.
    public func recognize(_ entry: JournalEntry) -> [Signal] { recognize(entry, of: entry.unit) }

    /// The same of a unit whose name tells nothing: rules hear it as `unit`, and the signals are its own.
    func recognize(_ spoken: JournalEntry, of unit: String?) -> [Signal] {
        var entry = spoken
        if unit != spoken.unit { entry.unit = unit }
        var line: LogLine?
        var excerpt: String?
        var signals: [Signal] = []
        // Those of fallbacks, by their place, and whether another rule made them needless.
        var fallbacks: [Int] = []
        var isExplained = false
        storage.forEachCandidate(entry) { rule in
            var parsed = line.take() ?? LogLine(entry.message)
            defer { line = parsed }
            guard var match = rule.read(entry, &parsed) else { return }
            classify(&match, rule.rule.signal)
            // The end of a line can take back what its beginning says: one that is cut off is never proof by itself.
            if !entry.fields.isEmpty, entry.fields[JournalField.cutOff] != nil,
                match.captures["scope"] == SignalClass.Scope.node.rawValue
            {
                match.captures["scope"] = SignalClass.Scope.many.rawValue
            }
            // Any program can end so: that it was a runtime is known by what it says.
            if !entry.fields.isEmpty, rule.rule.signal == .runtimeFatal, match.captures["cause"] == nil,
                entry.fields[JournalField.guessed] != nil
            {
                return
            }
            if rule.rule.isFallback {
                fallbacks.append(signals.count)
            } else if !rule.rule.isBenign {
                isExplained = true
            }
            let said = excerpt ?? PlainText.clean(parsed.text.span, limit: Self.excerptLimit)
            excerpt = said
            signals.append(
                Signal(
                    rule: rule.rule.id, name: rule.rule.signal, at: entry.at, unit: spoken.unit,
                    cursor: entry.cursor, captures: match.captures, excerpt: said))
        }
        if isExplained { for place in fallbacks.reversed() { signals.remove(at: place) } }
        return signals
    }

    /// Adds what the classes make of the text; what a rule says itself stands.
    func classify(_ match: inout CompiledRule.Match, _ signal: SignalName) {
        guard match.captures["kind"] == nil else { return }
        storage.readers.classify(&match.captures, signal, in: match.text)
    }
}
