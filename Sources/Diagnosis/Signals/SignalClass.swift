// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// What the text of a signal means: one cause, written once for every sentence that can carry it (`[[class]]`; `README.md`
/// beside this file tells the keys).
///
/// A rule frames a line (who failed at what, and for whom); a class reads the error chain within that frame. So a cause is
/// bound to who says it, and a new wording of the outer sentence needs no new cause.
public struct SignalClass: Hashable, Sendable {
    /// Whose fault the text alone proves.
    public enum Scope: String, Hashable, Sendable, CaseIterable {
        /// Only the node can cause it: one line is enough.
        case node
        /// Only the pod itself can cause it: never the node's outage.
        case pod
        /// Either: it takes two pods.
        case many
    }

    /// Unique among rules and classes, kebab-case.
    public var id: String
    /// The signals whose text it reads.
    public var signals: Set<SignalName>
    /// The kind of incident that it is evidence of.
    public var kind: IncidentKind
    /// Its cause, one of that kind's.
    public var cause: String
    /// Whose fault it proves.
    public var scope: Scope
    /// Any of these, over the text.
    public var templates: [Template]
    /// None of these: the near-misses.
    public var unless: [Template]
    /// Captures that every signal of this class has.
    public var constants: [String: String]
    /// What it means, one line.
    public var meaning: String
    /// Whole lines that a rule must frame, and this class must win.
    public var examples: [String]
    /// Whole lines that it must not win.
    public var counterExamples: [String]
    /// Where the fact comes from.
    public var reference: String?
    /// Versions that write it.
    public var versions: String?
    /// The document it comes from.
    public var file: String
    /// Where in it, from 1.
    public var line: Int
}

extension Signal {
    /// The cause that it tells.
    public var cause: Cause? { causeName.flatMap(Cause.init(rawValue:)) }
    /// Whose fault it proves; two pods where nobody says.
    public var scope: SignalClass.Scope {
        scopeName.flatMap(SignalClass.Scope.init(rawValue:)) ?? .many
    }
    /// The error chain of the line; else what it says.
    public var text: String { captures["detail"] ?? excerpt }
}
