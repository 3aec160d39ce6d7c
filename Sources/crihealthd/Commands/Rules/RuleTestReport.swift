// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthEndpoint
import HealthModel
import Node
import Systemd

/// Takes lines or an export stream, and says which rules know them.
struct RuleTestReport {
    private enum Form {
        case undecided
        case text(TextJournal)
        case export(JournalExport)
    }

    private let rules: SignalRules
    private let own: [SignalRule]
    private let trial: RuleTrial
    private let isOwn: Set<String>
    private var form = Form.undecided
    private var hits: [String: Int] = [:]
    private let write: (String) -> Void
    /// Lines or entries that came.
    private(set) var total = 0
    /// Those of them that a rule knows.
    private(set) var known = 0

    init(rules: SignalRules, own: [SignalRule], write: @escaping (String) -> Void = { Output.write($0) }) {
        self.rules = rules
        self.own = own
        self.write = write
        let files = Set(own.map(\.file))
        trial = RuleTrial(rules, where: files.contains)
        isOwn = Set(own.map(\.id))
    }

    /// Takes bytes, however they are cut.
    mutating func take(_ bytes: [UInt8]) throws {
        switch form {
        case .undecided:
            guard let first = bytes.first else { return }
            form =
                first == UInt8(ascii: "_")
                ? .export(JournalExport()) : .text(TextJournal(now: Moment.now().wall))
            try take(bytes)
        case .text(var journal):
            var entries: [JournalEntry] = []
            journal.feed(bytes.span) { entries.append($0) }
            form = .text(journal)
            for entry in entries { spoken(entry) }
        case .export(var parser):
            var entries: [JournalEntry] = []
            try parser.feed(bytes.span) { entries.append($0) }
            form = .export(parser)
            for entry in entries { self.entry(entry) }
        }
    }

    /// Takes a last line without its end.
    mutating func finish() throws {
        guard case .text(var journal) = form else { return }
        var entries: [JournalEntry] = []
        journal.finish { entries.append($0) }
        for entry in entries { spoken(entry) }
    }

    /// Of a line that says who wrote it, that counts; of one that is a message alone, the words do.
    private mutating func spoken(_ entry: JournalEntry) {
        if entry.identifier != nil || entry.source == .kernel {
            self.entry(entry)
        } else {
            line(entry.message)
        }
    }

    /// The last lines: how many were known, and which rules knew none.
    var summary: String {
        let unused = own.map(\.id).filter { hits[$0] == nil }
        var text = "\(known) of \(total) known"
        if !unused.isEmpty, unused.count <= 20 { text += "; no line for: \(unused.joined(separator: ", "))" }
        return text + "\n"
    }

    private mutating func line(_ text: String) {
        total += 1
        tell(text, trial.hits(text).map { ($0.rule.id, $0.rule.signal.rawValue, $0.captures) })
    }

    private mutating func entry(_ entry: JournalEntry) {
        total += 1
        let signals = rules.recognize(entry).filter { isOwn.contains($0.rule) }
        tell(entry.message, signals.map { ($0.rule, $0.name.rawValue, $0.captures) })
    }

    private mutating func tell(
        _ text: String, _ found: [(rule: String, signal: String, captures: [String: String])]
    ) {
        guard !found.isEmpty else { return }
        known += 1
        write(TerminalText.line(text) + "\n")
        for hit in found {
            hits[hit.rule, default: 0] += 1
            let captures = hit.captures.sorted { $0.key < $1.key }.map { " \($0.key)=\"\($0.value)\"" }
            write("    " + TerminalText.line("\(hit.rule): \(hit.signal)\(captures.joined())") + "\n")
        }
    }
}
