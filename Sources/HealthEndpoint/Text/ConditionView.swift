// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A condition as people are shown it: beside what is open.
struct ConditionView {
    /// How to read it at a glance.
    enum Standing: String {
        case good, bad, unknown, notice
        /// This node has nothing that the condition could be about.
        case notApplicable

        /// For `[ ]` on the page.
        var mark: String {
            switch self {
            case .good: "+"
            case .bad: "-"
            case .unknown: "?"
            case .notice: "i"
            case .notApplicable: " "
            }
        }
    }

    let condition: Condition
    let standing: Standing
    /// Why it stands so; nil for what is good, which needs no words.
    let words: (reason: String, message: String)?

    init(_ condition: Condition, _ snapshot: Snapshot) {
        self.condition = condition
        let said = (reason: condition.reason, message: condition.message)
        switch condition.status {
        case .true:
            // Something is open that does not make it False, and shall not look as if it were not there.
            let open = snapshot.open.first { HealthChecks.condition(of: $0.kind) == condition.type }
            standing = open == nil ? .good : .notice
            words = open.map { (reason: $0.cause, message: $0.sentence) }
        case .false:
            standing = condition.type.isAdvice ? .notice : .bad
            words = said
        case .unknown:
            standing = condition.isNotApplicable ? .notApplicable : .unknown
            words = said
        }
    }

    /// Reason and message on one line.
    var line: String { words.map { $0.reason + ($0.message.isEmpty ? "" : ": " + $0.message) } ?? "" }
}

extension Condition {
    /// Nobody will ever know, because there is nothing to know on this node.
    var isNotApplicable: Bool { status == .unknown && reason == "NotApplicable" }
}
