// SPDX-License-Identifier: Apache-2.0

/// What an incident can be on this node, before there is any: what a metric needs to have a series at 0 from the start.
public struct PossibleIncident: Hashable, Codable, Sendable, Comparable {
    /// Kind.
    public var kind: IncidentKind
    /// CamelCase cause of a diagnosis, or the signal of a rule.
    public var cause: String
    /// One that it can have. A cause of several severities is there once for each.
    public var severity: Severity

    /// Makes one.
    public init(kind: IncidentKind, cause: String, severity: Severity) {
        self.kind = kind
        self.cause = cause
        self.severity = severity
    }

    /// By kind, cause and severity.
    public static func < (a: Self, b: Self) -> Bool {
        (a.kind, a.cause, a.severity) < (b.kind, b.cause, b.severity)
    }
}

extension Incident {
    /// What it is, without what is its own.
    public var sort: PossibleIncident { PossibleIncident(kind: kind, cause: cause, severity: severity) }
}
